"""sign: what it has signed it does not sign again, whatever happened on the way."""

import re

from sign_test import CANONICALIZATIONS, HEADER, MESSAGE
from support import NEEDS_DKIM, CommandTest

FOREIGN = (b"DKIM-Signature: v=1; a=rsa-sha256; d=elsewhere.example; s=mail; h=From;\r\n"
           b" bh=AAAA; b=AAAA\r\n")


def signatures(message):
    return re.findall(rb"(?mi)^dkim-signature:.*\r?\n(?:[ \t].*\r?\n)*", message)


class SignAgain(CommandTest):
    def setUp(self):
        super().setUp()
        self.keygen("--type", "ed25519", selector="ed")
        self.keygen("--bits", "1024", selector="mail")
        self.records = {"ed._domainkey.example.com": self.record("ed"),
                        "mail._domainkey.example.com": self.record("mail")}

    def by_config(self, message, more="", status=0):
        self.write("x.toml", more + '[[domain]]\nname = "example.com"\n'
                   '[[domain.key]]\nselector = "mail"\nfile = "mail.private"\n'
                   '[[domain.key]]\nselector = "ed"\nfile = "ed.private"\n')
        return self.run_it("sign", "--config", "x.toml", stdin=message, status=status)

    def test_its_own_output(self):
        for how in CANONICALIZATIONS:
            for selector in ("mail", "ed"):
                for message in (MESSAGE, MESSAGE.replace(b"\r\n", b"\n"), HEADER):
                    arguments = {"selector": selector, "key": selector + ".private"}
                    first = self.sign(message, "--canonicalization", how, **arguments)
                    self.assertEqual(first.err, "")
                    again = self.sign(first.out, "--canonicalization", how, **arguments)
                    self.assertEqual(again.out, first.out)
                    self.assertEqual(again.err, "sealonce sign: already signed\n")
            first = self.by_config(MESSAGE, '[signing]\ncanonicalization = "%s"\n' % how)
            again = self.by_config(first.out)  # with the default one
            self.assertEqual(again.out, first.out)
            self.assertIn("already signed", again.err)

    def test_each_form_knows_the_signatures_of_the_other(self):
        first = self.sign(MESSAGE, "--canonicalization", "simple/simple").out
        both = self.by_config(first).out
        self.assertTrue(both.endswith(first))
        self.assertEqual(len(signatures(both)), 2)
        self.assertEqual(self.sign(both).out, both)
        self.assertEqual(self.by_config(both).out, both)

    @NEEDS_DKIM
    def test_a_changed_message(self):
        signed = self.by_config(FOREIGN + MESSAGE).out
        changed = signed.replace(b"Dear Bob", b"Dear Eve")
        for message in (changed, changed.replace(b"\r\n", b"\n")):
            result = self.by_config(message).out
            self.assertNotEqual(result, message)
            crlf = result.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            self.assertEqual(len(signatures(crlf)), 3)
            self.assertTrue(crlf.endswith(FOREIGN + MESSAGE.replace(b"Dear Bob", b"Dear Eve")))
            self.assertTrue(self.verify(crlf.replace(FOREIGN, b""), self.records))
            self.assertEqual(self.by_config(result).out, result)
        with_key = self.sign(changed).out
        self.assertEqual(len(signatures(with_key)), 3)  # the one of the other key is not its own
        self.assertEqual(self.sign(with_key).out, with_key)

    def test_settings_of_once(self):
        signed = self.by_config(MESSAGE).out
        one = '[once]\nmax_signatures = 1\n'
        self.assertEqual(len(signatures(self.by_config(signed, one).out)), 1)
        self.assertIn(b"rsa-sha256", self.by_config(signed, one).out)
        foreign = '[once]\nforeign = "remove"\n'
        self.assertEqual(self.by_config(FOREIGN + signed, foreign).out, signed)
        changed = signed + b"footer\r\n"
        self.assertEqual(self.by_config(changed, '[once]\nbroken = "keep"\n', status=1).out,
                         changed)
        added = self.by_config(changed, '[once]\nbroken = "add"\n').out
        self.assertTrue(added.endswith(changed))
        self.assertEqual(len(signatures(added)), 4)

    def test_broken_and_not_to_be_signed(self):
        signed = self.by_config(MESSAGE).out
        long = b"x" * 999 + b"\r\n"
        result = self.by_config(FOREIGN + signed + long, status=1)
        self.assertEqual(result.out, FOREIGN + MESSAGE + long)
        self.assertIn("long-lines", result.err)
        elsewhere = (signed + b"x").replace(b"alice@example.com", b"eve@elsewhere.example")
        self.assertEqual(self.by_config(elsewhere, status=1).out, elsewhere)
