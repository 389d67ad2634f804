"""sign: what it writes is what a verifier accepts, and nothing else changes."""

import itertools
import re
import time

from support import NEEDS_DKIM, CommandTest

HEADER = (b"From: Alice <alice@example.com>\r\nTo: bob@example.org\r\n"
          b"Subject: hello\r\n\tworld  again\r\nDate: Mon, 20 Nov 2023 10:00:00 +0000\r\n"
          b"Message-ID: <1@example.com>\r\n")
MESSAGE = HEADER + b"\r\nDear Bob,\r\n\r\n.a dot  and  blanks \t\r\n\r\n\r\n"
CANONICALIZATIONS = ["/".join(pair) for pair in itertools.product(("simple", "relaxed"), repeat=2)]


class Sign(CommandTest):
    def setUp(self):
        super().setUp()
        self.keygen("--type", "ed25519", selector="ed")
        self.keygen("--bits", "1024", selector="mail")
        self.records = {"ed._domainkey.example.com": self.record("ed"),
                        "mail._domainkey.example.com": self.record("mail")}

    def refused(self, message, *more, status=65):
        result = self.sign(message, *more, status=status)
        self.assertEqual(result.out, b"")
        self.assertTrue(result.err.startswith("sealonce sign: "), result.err)
        return result.err

    @NEEDS_DKIM
    def test_dkimpy_accepts_it(self):
        for selector, how in itertools.product(("mail", "ed"), CANONICALIZATIONS):
            with self.subTest(selector=selector, canonicalization=how):
                result = self.sign(MESSAGE, "--canonicalization", how, selector=selector,
                                   key=selector + ".private")
                self.assertTrue(result.out.endswith(MESSAGE))
                self.assertTrue(self.verify(result.out, self.records))
                broken = result.out.replace(b"Dear Bob", b"Dear Eve")
                self.assertFalse(self.verify(broken, self.records))
                self.assertIn(b"c=" + how.encode(), re.sub(rb"\s", b"", result.out))

    @NEEDS_DKIM
    def test_odd_bodies(self):
        for body in (b"", b"\r\n", b"\r\n\r\n\r\n", b"no line end", b" \r\n", b"\x00\xff\r\n",
                     b"a\r\n" * 5000):
            for how in CANONICALIZATIONS:
                with self.subTest(body=body[:20], canonicalization=how):
                    message = HEADER + b"\r\n" + body
                    result = self.sign(message, "--canonicalization", how)
                    self.assertTrue(result.out.endswith(message))
                    self.assertTrue(self.verify(result.out, self.records))

    @NEEDS_DKIM
    def test_lf_in_lf_out(self):
        message = MESSAGE.replace(b"\r\n", b"\n")
        result = self.sign(message, "--time", "1700000000")
        self.assertNotIn(b"\r", result.out)
        self.assertTrue(result.out.endswith(message))
        with_crlf = result.out.replace(b"\n", b"\r\n")
        self.assertTrue(self.verify(with_crlf, self.records))
        self.assertEqual(with_crlf, self.sign(MESSAGE, "--time", "1700000000").out)

    def test_mixed_line_ends(self):
        mixed = HEADER + b"\r\na\nb\rc\r\r\n"
        replaced = HEADER + b"\r\na b c \r\n"
        result = self.sign(mixed, "--time", "1")
        self.assertEqual(result.out, self.sign(replaced, "--time", "1").out)
        self.write("x.toml", '[message]\nstray_cr_lf = "reject"\n')
        result = self.run_it("sign", "--config", "x.toml", stdin=mixed, status=65)
        self.assertEqual(result.out, b"")
        self.assertIn("line ends are mixed: 3", result.err)

    def test_a_stray_cr_among_lf(self):
        message = HEADER.replace(b"\r\n", b"\n") + b"\na\rb\n"
        result = self.sign(message)
        self.assertTrue(result.out.endswith(b"\na b\n"))
        self.assertNotIn(b"\r", result.out)

    def test_time(self):
        first = self.sign(MESSAGE, "--time", "1700000000").out
        self.assertIn(b" t=1700000000;", first)
        self.assertEqual(first, self.sign(MESSAGE, "--time", "1700000000").out)
        self.assertNotEqual(first, self.sign(MESSAGE, "--time", "1700000001").out)
        now = int(re.search(rb"\bt=(\d+);", self.sign(MESSAGE).out).group(1))
        self.assertLess(abs(now - time.time()), 60)

    def test_only_complete_fields_go_on_top(self):
        for message in (MESSAGE, MESSAGE.replace(b"\r\n", b"\n")):
            added = self.sign(message).out[:-len(message)]
            self.assertTrue(added.startswith(b"DKIM-Signature:"))
            for line in re.split(rb"\r?\n", added)[1:-1]:
                self.assertRegex(line, rb"^[ \t]+\S")
            for line in added.splitlines():
                self.assertLessEqual(len(line), 78)

    def test_an_mbox_line_stays_on_top(self):
        for end in (b"\r\n", b"\n"):
            mbox = b"From alice Mon Nov 20 10:00:00 2023" + end
            message = mbox + MESSAGE.replace(b"\r\n", end)
            result = self.sign(message)
            self.assertTrue(result.out.startswith(mbox + b"DKIM-Signature:"))
            self.assertTrue(result.out.endswith(message[len(mbox):]))

    def test_what_must_not_be_signed(self):
        self.assertIn("From", self.refused(b"Subject: x\r\n\r\nbody\r\n"))
        self.assertIn("From", self.refused(b"From: x@example.com\r\n" + MESSAGE))
        self.assertIn("NUL", self.refused(MESSAGE.replace(b"hello", b"he\0lo")))
        self.assertIn("limit", self.refused(b"X-Long: " + b"a" * (1 << 20) + b"\r\n" + MESSAGE))
        self.assertIn("limit", self.refused(b"X: y\r\n" * 10001 + MESSAGE))
        self.refused(MESSAGE.replace(b"<alice@example.com>", b"<alice@@example.com"))
        self.refused(b"no field here\r\n" + MESSAGE)
        self.refused(b"")

    def test_any_author_is_signed_for_with_a_key_at_hand(self):
        for author in (b"eve@elsewhere.example", b"a@x.example, b@y.example", b"a@[192.0.2.1]"):
            message = MESSAGE.replace(b"Alice <alice@example.com>", author)
            self.assertIn(b"d=example.com;", self.sign(message).out)

    def test_long_lines_are_signed_with_a_warning(self):
        result = self.sign(MESSAGE + b"x" * 999 + b"\r\n")
        self.assertIn("998", result.err)
        self.assertEqual(self.sign(MESSAGE + b"x" * 998 + b"\r\n").err, "")

    def test_key_files(self):
        result = self.sign(MESSAGE, key="gone", status=66)
        self.assertIn("gone", result.err)
        self.write("none.pem", "nothing")
        self.assertEqual(self.sign(MESSAGE, key="none.pem", status=65).out, b"")
        self.write("open.pem", self.read("mail.private"), mode=0o644)
        self.assertIn("chmod", self.sign(MESSAGE, key="open.pem", status=65).err)

    def test_a_large_message_takes_linear_time(self):
        begin = time.monotonic()
        self.sign(HEADER + b"\r\n" + b"x" * 20_000_000)
        self.sign(HEADER.replace(b"\r\n", b"\n") + b"\n" * 5_000_000)
        self.assertLess(time.monotonic() - begin, 30)


class SignByConfiguration(CommandTest):
    def setUp(self):
        super().setUp()
        self.keygen("--bits", "1024", selector="mail")
        self.keygen("--type", "ed25519", selector="ed")
        self.records = {"ed._domainkey.example.com": self.record("ed"),
                        "mail._domainkey.example.com": self.record("mail")}

    def by_config(self, message, more="", status=0):
        self.write("x.toml", more + '[[domain]]\nname = "example.com"\n'
                   '[[domain.key]]\nselector = "mail"\nfile = "mail.private"\n'
                   '[[domain.key]]\nselector = "ed"\nfile = "ed.private"\n')
        return self.run_it("sign", "--config", "x.toml", stdin=message, status=status)

    @NEEDS_DKIM
    def test_every_key_of_the_domain_signs(self):
        for how in CANONICALIZATIONS:
            result = self.by_config(MESSAGE, '[signing]\ncanonicalization = "%s"\n' % how)
            self.assertEqual(result.err, "")
            self.assertTrue(result.out.endswith(MESSAGE))
            self.assertEqual(result.out.count(b"DKIM-Signature:"), 2)
            self.assertTrue(self.verify(result.out, self.records))

    def test_lifetime(self):
        result = self.by_config(MESSAGE, '[signing]\nlifetime = "7d"\n')
        signed, expires = (int(re.search(rb"\b%s=(\d+);" % tag, result.out).group(1))
                           for tag in (b"t", b"x"))
        self.assertEqual(expires - signed, 7 * 86400)

    def test_foreign_mail_passes_as_it_is(self):
        message = MESSAGE.replace(b"alice@example.com", b"eve@elsewhere.example")
        for written in (message, message.replace(b"\r\n", b"\n")):
            result = self.by_config(written, status=1)
            self.assertEqual(result.out, written)
            self.assertIn("not signed", result.err)

    def test_what_must_not_be_signed(self):
        for message in (b"Subject: x\r\n\r\n", b"From: x@example.com\r\n" + MESSAGE,
                        MESSAGE.replace(b"hello", b"he\0lo"),
                        MESSAGE.replace(b"<alice@", b"<alice@@")):
            result = self.by_config(message, status=65)
            self.assertEqual(result.out, b"")
            self.assertIn("must not be signed", result.err)

    def test_long_lines(self):
        message = MESSAGE + b"x" * 999 + b"\r\n"
        self.assertEqual(self.by_config(message, status=1).out, message)
        self.assertEqual(self.by_config(message, '[message]\nlong_lines = "refuse"\n',
                                        status=65).out, b"")
        self.assertIn(b"DKIM-Signature:", self.by_config(
            message, '[message]\nlong_lines = "sign"\n').out)

    def test_too_large(self):
        message = MESSAGE + b"x\r\n" * 1000
        result = self.by_config(message, '[message]\nmax_size = "2KB"\n', status=65)
        self.assertIn("max_size", result.err)
        self.assertEqual(result.out, b"")

    def test_an_unusable_key(self):
        self.write("ed.private", "nothing")
        self.assertEqual(self.by_config(MESSAGE, status=78).out, b"")

    def test_a_relay_that_only_passes(self):
        relay = ('[[relay]]\nname = "r"\nlisten = "127.0.0.1:1"\nnext_hop = "127.0.0.1:2"\n'
                 'mode = "pass"\n')
        self.assertEqual(self.by_config(MESSAGE, relay, status=1).out, MESSAGE)

    def test_a_wrong_configuration(self):
        result = self.by_config(MESSAGE, "[nonsense]\n", status=78)
        self.assertEqual(result.out, b"")
        self.assertIn("x.toml:1:2: nonsense", result.err)
