"""explain: which rules are looked at, which keys sign, or the one sentence why none does."""

import os

from support import CommandTest

DOMAIN = '[[domain]]\nname = "%s"\n%s[[domain.key]]\nselector = "mail"\nfile = "mail.private"\n'
RELAY = '[[relay]]\nname = "%s"\nlisten = "127.0.0.1:%d"\nnext_hop = "127.0.0.1:25"\n%s'


class Explain(CommandTest):
    def setUp(self):
        super().setUp()
        self.keygen("--type", "ed25519")

    def explain(self, config, *words, status=0):
        self.write("x.toml", config)
        result = self.run_it("explain", "--config", "x.toml", *words, status=status)
        self.assertEqual(result.err, "")
        return result.out.decode()

    def test_an_own_domain(self):
        self.assertEqual(self.explain(DOMAIN % ("example.com", ""), "--from", "a@example.com"),
                         "relay outbound, mode sign\n"
                         "  internal_hosts: not set, all mail of this relay is ours\n"
                         "  [[domain]] example.com: there\n"
                         "signed by:\n"
                         "  d=example.com s=mail a=ed25519-sha256\n")

    def test_a_subdomain(self):
        out = self.explain(DOMAIN % ("example.com", ""), "--from", "A <a@x.example.com>")
        self.assertIn("  [[domain]] x.example.com: none\n  [[domain]] example.com: there\n", out)
        self.assertTrue(out.endswith("  d=example.com s=mail a=ed25519-sha256 i=@x.example.com\n"))

    def test_a_foreign_author(self):
        out = self.explain(DOMAIN % ("example.com", ""), "--from", "a@b.example", status=1)
        self.assertIn("  default_domain: not set\n", out)
        self.assertTrue(out.endswith("\npasses unsigned: no-domain: no key is configured for domain "
                                     "b.example\n"))

    def test_the_tables_of_opendkim(self):
        self.write("KeyTable", f"k example.com:t:{self.path('mail.private')}\n")
        self.write("SigningTable", "# all\n*@*.example.com k:@%\n")
        config = '[signing]\nkey_table = "file:KeyTable"\nsigning_table = "refile:SigningTable"\n'
        out = self.explain(config, "--from", "a@x.example.com")
        self.assertIn('  signing_table: "a@x.example.com": the row SigningTable:2, '
                      '"*@*.example.com"\n'
                      '  key_table: the row KeyTable:1: d=example.com s=t\n', out)
        self.assertTrue(out.endswith("  d=example.com s=t a=ed25519-sha256 i=@x.example.com\n"))
        out = self.explain(config, "--from", "a@example.com", status=1)
        self.assertIn('no pattern of SigningTable matches "a@example.com"', out)

    def test_a_key_that_cannot_be_used(self):
        os.chmod(self.path("mail.private"), 0o644)
        config = DOMAIN % ("example.com", "")
        out = self.explain(config, "--from", "a@example.com", status=1)
        self.assertIn("\ndeferred with 451 4.7.5: key-unusable: key example.com/mail cannot be used",
                      out)
        self.assertIn("chmod", out)
        out = self.explain(config + '[signing]\non_error = "unsigned"\n', "--from", "a@example.com",
                           status=1)
        self.assertIn("\npasses unsigned: key-unusable: ", out)

    def test_the_client(self):
        config = RELAY % ("r", 1025, 'internal_hosts = ["192.0.2.0/24"]\n') + DOMAIN % (
            "example.com", "")
        for words in ((), ("--client", "192.0.2.9")):
            self.assertIn("signed by:", self.explain(config, "--from", "a@example.com", *words))
        out = self.explain(config, "--from", "a@example.com", "--client", "2001:db8::1", status=1)
        self.assertTrue(out.endswith(
            'passes unsigned: not-internal: the client "2001:db8::1" is none of the internal hosts '
            'of relay r\n'))

    def test_the_relay(self):
        config = (RELAY % ("in", 1025, 'mode = "pass"\n') + RELAY % ("out", 1026, "") +
                  DOMAIN % ("example.com", ""))
        self.assertTrue(self.explain(config, "--from", "a@example.com").startswith(
            "relay out, mode sign\n"))
        out = self.explain(config, "--from", "a@example.com", "--relay", "in", status=1)
        self.assertEqual(out, "relay in, mode pass\npasses unsigned: mode: the mode of the relay "
                              "does not sign\n")
        result = self.run_it("explain", "--config", "x.toml", "--from", "a@example.com", "--relay",
                             "none", status=64)
        self.assertIn('there is no relay "none"', result.err)

    def test_recipient_sender_and_header(self):
        config = (DOMAIN % ("example.com", 'exclude_recipients = ["*@in.example"]\n'
                                           'lists = ["l.example"]\n') +
                  '[signing]\nauthor_headers = ["Sender", "From"]\n')
        out = self.explain(config, "--from", "a@example.com", "--recipient", "b@in.example",
                           status=1)
        self.assertIn("passes unsigned: excluded: [[domain]] example.com: every recipient", out)
        out = self.explain(config, "--from", "a@b.example", "--sender", "c@example.com")
        self.assertIn("author_headers: the message has Sender, whose domain is example.com", out)
        out = self.explain(config, "--from", "a@b.example", "--header", "List-Id: <l.example>")
        self.assertIn("  lists: [[domain]] example.com\n", out)

    def test_what_is_no_author(self):
        for author, reason in (("a@b.example, c@d.example", "several-authors"), ("a", "malformed"),
                               ("", "malformed"), ("a@[192.0.2.1]", "domain-literal")):
            out = self.explain(DOMAIN % ("example.com", ""), "--from", author, status=1)
            self.assertIn("passes unsigned: " + reason, out)

    def test_wrong_usage_and_configuration(self):
        self.assertIn("--from is missing", self.run_it("explain", status=64).err)
        result = self.run_it("explain", "--from", "a@b.example\nX: y", status=64)
        self.assertIn("more than one line", result.err)
        self.write("x.toml", "[sinning]\n")
        result = self.run_it("explain", "--config", "x.toml", "--from", "a@b.example", status=78)
        self.assertIn("x.toml:1:2: sinning", result.err)
        self.assertEqual(result.out, b"")
