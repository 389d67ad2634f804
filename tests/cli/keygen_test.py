"""keygen: files, modes, records, and what it never does."""

import glob
import os
import re
import shutil
import stat
import subprocess
import unittest
from unittest import mock

from support import SEALONCE, CommandTest, public_key_of

NSS_WRAPPER = "/usr/lib/*/libnss_wrapper.so"


class Keygen(CommandTest):
    def openssl_public(self, name):
        return subprocess.run(["openssl", "pkey", "-in", self.path(name), "-pubout", "-outform",
                               "DER"], check=True, stdout=subprocess.PIPE).stdout

    def mode(self, name):
        return stat.S_IMODE(os.stat(self.path(name)).st_mode)

    def test_rsa(self):
        result = self.keygen()
        self.assertEqual(sorted(os.listdir(self.dir)), ["mail.private", "mail.txt"])
        self.assertEqual(self.mode("mail.private"), 0o600)
        self.assertEqual(self.mode("mail.txt"), 0o644)
        record = self.record()
        self.assertTrue(record.startswith(b"v=DKIM1; k=rsa; p="))
        self.assertEqual(public_key_of(record), self.openssl_public("mail.private"))
        self.assertIn(b"  value: " + record + b"\n", result.out)
        self.assertIn(b"mail._domainkey.example.com", result.out)

    def test_ed25519(self):
        self.keygen("--type", "ed25519")
        record = self.record()
        self.assertTrue(record.startswith(b"v=DKIM1; k=ed25519; p="))
        self.assertEqual(public_key_of(record), self.openssl_public("mail.private")[-32:])

    def test_bits_and_testing(self):
        result = self.keygen("--bits", "1024", "--testing")
        self.assertIn("weak", result.err)
        self.assertTrue(self.record().startswith(b"v=DKIM1; k=rsa; t=y; p="))
        text = subprocess.run(["openssl", "pkey", "-in", self.path("mail.private"), "-noout",
                               "-text"], check=True, stdout=subprocess.PIPE).stdout
        self.assertIn(b"1024 bit", text)

    def test_nothing_is_overwritten(self):
        self.keygen("--type", "ed25519")
        before = self.read("mail.private"), self.read("mail.txt")
        result = self.keygen("--type", "ed25519", status=73)
        self.assertIn("--force", result.err)
        self.assertEqual((self.read("mail.private"), self.read("mail.txt")), before)
        os.remove(self.path("mail.private"))
        self.keygen("--type", "ed25519", status=73)
        self.assertEqual(os.listdir(self.dir), ["mail.txt"])

    def test_force(self):
        self.write("mail.private", "old", mode=0o644)
        self.keygen("--type", "ed25519", "--force")
        self.assertEqual(self.mode("mail.private"), 0o600)
        self.assertEqual(public_key_of(self.record()), self.openssl_public("mail.private")[-32:])
        self.assertEqual(sorted(os.listdir(self.dir)), ["mail.private", "mail.txt"])

    def test_a_symbolic_link_is_not_followed(self):
        os.symlink("elsewhere", self.path("mail.private"))
        self.keygen("--type", "ed25519", status=73)
        self.assertFalse(os.path.exists(self.path("elsewhere")))
        self.keygen("--type", "ed25519", "--force")
        self.assertFalse(os.path.exists(self.path("elsewhere")))
        self.assertFalse(os.path.islink(self.path("mail.private")))

    def test_the_directory(self):
        self.keygen("--type", "ed25519", "--dir", "keys/example.com")
        self.assertEqual(self.mode("keys/example.com"), 0o750)
        self.assertEqual(self.mode("keys/example.com/mail.private"), 0o600)
        self.write("file", "")
        result = self.keygen("--type", "ed25519", "--dir", "file", status=73)
        self.assertIn("file", result.err)
        self.assertEqual(result.out, b"")

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_a_directory_that_cannot_be_written(self):
        os.mkdir(self.path("closed"), 0o500)
        self.keygen("--type", "ed25519", "--dir", "closed", status=73)

    @unittest.skipUnless(os.geteuid() == 0, "only root can give files away")
    @unittest.skipUnless(glob.glob(NSS_WRAPPER), "libnss-wrapper is not installed")
    @unittest.skipIf("/dev/" in SEALONCE, "the sanitizer's library must be loaded first")
    def test_root_gives_the_key_to_the_service(self):
        account = "sealonce:x:4711:4712::/nonexistent:/usr/sbin/nologin\n"
        with mock.patch.dict(os.environ, {
                "LD_PRELOAD": glob.glob(NSS_WRAPPER)[0],
                "NSS_WRAPPER_PASSWD": self.write("passwd", account),
                "NSS_WRAPPER_GROUP": self.write("group", "sealonce:x:4712:\n")}):
            self.keygen("--type", "ed25519", "--dir", "keys")
        key, record, keys = (os.stat(self.path(f"keys/{n}")) for n in ("mail.private", "mail.txt", ""))
        self.assertEqual((key.st_uid, key.st_gid, stat.S_IMODE(key.st_mode)), (4711, 4712, 0o600))
        self.assertEqual((record.st_uid, stat.S_IMODE(record.st_mode)), (0, 0o644))
        self.assertEqual((keys.st_uid, keys.st_gid, stat.S_IMODE(keys.st_mode)), (0, 4712, 0o750))

    def test_names_are_normalized(self):
        result = self.keygen("--type", "ed25519", domain="B\u00fccher.Example", selector="Mail")
        self.assertIn(b"mail._domainkey.xn--bcher-kva.example", result.out)
        self.assertTrue(os.path.exists(self.path("mail.private")))

    def test_the_printed_lines_are_a_configuration(self):
        result = self.keygen("--type", "ed25519", "--dir", 'odd "dir\\')
        block = result.out[result.out.index(b"[[domain]]"):]
        self.write("x.toml", block)
        self.assertIn(b"domain example.com: mail (ed25519)",
                      self.run_it("check", "--config", "x.toml").out)

    @unittest.skipUnless(shutil.which("nsd-checkzone"), "nsd is not installed")
    def test_the_record_is_a_zone_file_line(self):
        for bits in ("2048", "4096"):
            self.keygen("--bits", bits, "--force")
            zone = (b"$TTL 60\n@ IN SOA ns.example.com. h.example.com. 1 60 60 60 60\n"
                    b"@ IN NS ns.example.com.\nns IN A 192.0.2.1\n" + self.read("mail.txt"))
            self.write("zone", zone)
            done = subprocess.run(["nsd-checkzone", "-p", "example.com", self.path("zone")],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn(b"$ORIGIN _domainkey.example.com.\nmail\t", done.stdout)
            read_back = b"".join(re.findall(rb'"([^"]*)"', done.stdout))
            self.assertEqual(read_back, self.record())
