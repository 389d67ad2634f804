"""Private keys: who may read their files, what becomes of mail meanwhile, and what the process may do."""

import os
import re
import shutil
import subprocess

from harness.deadline import wait_for
from harness.loop import Loop, own_signatures
from harness.messages import USUAL
from harness.sealonce import run
from harness.smtp_client import submit
from harness.workspace import ServerCase

GOOD, BAD = "rsa.example", "both.example"


def message(domain):
    return USUAL.replace(b"DOMAIN", domain.encode()) % (b"key", b"key") + b"\r\nHello\r\n"


class KeyFiles(ServerCase):
    """The keys of one domain lie open; those of the other do not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.loop = Loop(cls, "20-signer.cf")
        cls.paths = [path for _, path in cls.loop.keys[BAD]]

    def setUp(self):
        self.addCleanup(self.mend)

    def mend(self):
        for path in self.paths:
            shutil.chown(path, "root", "root")
            os.chmod(path, 0o600)

    def check(self):
        return run("check", "--config", self.loop.sealonce.config)

    def complaints(self, pattern):
        done = self.check()
        self.assertEqual(done.returncode, 78)
        text = done.stderr.decode()
        self.assertNotIn(f"{GOOD}/", text)
        return re.findall(pattern, text)

    def obey(self, commands):
        """As an administrator would: the words of the message, in a shell."""
        for command in commands:
            subprocess.run(["sh", "-c", command], check=True, timeout=60)

    def test_check_names_the_chmod(self):
        for mode in (0o644, 0o604, 0o660, 0o666, 0o777):
            for path in self.paths:
                os.chmod(path, mode)
            said = self.complaints(rf"its mode {mode:04o} lets others at the key: (chmod 06[04]0 \S+)")
            self.assertEqual(len(said), len(self.paths))
            self.obey(said)
            self.assertEqual(self.check().returncode, 0)

    def test_check_names_the_chown(self):
        for path in self.paths:
            shutil.chown(path, "mail", "mail")
            os.chmod(path, 0o644)
        said = self.complaints(r"the key belongs to mail, .*: (chown root \S+ && chmod 06[04]0 \S+)")
        self.assertEqual(len(said), len(self.paths))
        self.obey(said)
        self.assertEqual(self.check().returncode, 0)

    def test_mail_waits_until_the_key_is_safe(self):
        loop, sealonce = self.loop, self.loop.sealonce
        for path in self.paths:
            os.chmod(path, 0o644)
        sealonce.stop()
        sealonce.start()
        for path in self.paths:
            # The group is root's, and may go on reading.
            self.assertIn(f"{path}: its mode 0644 lets others at the key: chmod 0640 {path}",
                          sealonce.log())
        submit(loop.postfix.front, f"alice@{BAD}", ["waits@rcpt.example"], message(BAD))
        submit(loop.postfix.front, f"alice@{GOOD}", ["goes@rcpt.example"], message(GOOD))
        wait_for(lambda: "451 4.7.5" in loop.postfix.log(), "451 4.7.5",
                 detail=lambda: loop.postfix.log()[-3000:])
        wait_for(lambda: loop.sink.for_recipient("goes@rcpt.example"), "the other domain's mail")
        self.assertEqual(loop.sink.for_recipient("waits@rcpt.example"), [])
        wait_for(lambda: len(loop.postfix.queue()) == 1, "one message in the queue")
        # The keys are root's, and sealonce is not root any more: the log has the rest. (The other
        # domain has its own ones still, and is told the same.)
        self.mend()
        commands = self.reload_and_read(r"cannot open the key: Permission denied .*?: "
                                        r"(chown \S+ \S+ && chmod 0600 [^;\s]+)")
        self.assertEqual(len([c for c in commands if BAD in c]), len(self.paths))
        self.obey(commands)
        self.assertEqual(self.reload_and_read(r"cannot open the key"), [])
        loop.postfix.flush()
        loop.postfix.wait_until_empty()
        delivery, = loop.sink.for_recipient("waits@rcpt.example")
        self.assertEqual(len(own_signatures(delivery.content, BAD)), len(self.paths))
        self.assertEqual(loop.postfix.complaints(), [])

    def reload_and_read(self, pattern):
        mark = len(self.loop.sealonce.log())
        self.loop.sealonce.reload()
        wait_for(lambda: "configuration reloaded" in self.loop.sealonce.log()[mark:], "the reload",
                 detail=self.loop.sealonce.log)
        return re.findall(pattern, self.loop.sealonce.log()[mark:])


class Process(ServerCase):
    """What the running process is, by the kernel."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.loop = Loop(cls, "20-signer.cf", {GOOD: ["rsa"]})
        cls.proc = f"/proc/{cls.loop.sealonce.daemon.pid}"
        with open(f"{cls.proc}/status") as status:
            cls.status = dict(line.split(":", 1) for line in status.read().strip().split("\n"))

    def test_nobody_of_importance(self):
        for kind in ("Uid", "Gid"):
            ids = set(self.status[kind].split())
            self.assertEqual(len(ids), 1, "real, effective, saved and file system id differ")
            self.assertNotEqual(ids, {"0"})
        self.assertNotIn("0", self.status["Groups"].split())

    def test_no_capabilities(self):
        for kind in ("CapEff", "CapPrm", "CapInh"):
            self.assertEqual(int(self.status[kind], 16), 0, kind)

    def test_no_core_files(self):
        with open(f"{self.proc}/limits") as limits:
            self.assertRegex(limits.read(), r"(?m)^Max core file size\s+0\s+0\s")

    def test_nobody_else_of_its_account_can_look_inside(self):
        """Where a process may not be dumped, its /proc entries are root's."""
        self.assertEqual(os.stat(f"{self.proc}/mem").st_uid, 0)
        self.assertNotEqual(self.status["Uid"].split()[0], "0")

    def test_no_key_in_the_log(self):
        submit(self.loop.postfix.front, f"alice@{GOOD}", ["bob@rcpt.example"], message(GOOD))
        self.loop.postfix.wait_until_empty()
        with open(self.loop.keys[GOOD][0][1]) as key:
            secret = [line for line in key.read().split("\n") if line and "-----" not in line]
        self.assertGreater(len(secret), 20)
        self.assertFalse([line for line in secret if line in self.loop.sealonce.log()])
