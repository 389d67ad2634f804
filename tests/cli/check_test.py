"""check: what is wrong, all at once, and what is right."""

import os

from support import CommandTest

DOMAIN = '[[domain]]\nname = "%s"\n[[domain.key]]\nselector = "mail"\nfile = "%s"\n'


class Check(CommandTest):
    def check(self, text, status=0):
        self.write("x.toml", text)
        return self.run_it("check", "--config", "x.toml", status=status)

    def test_all_is_well(self):
        self.keygen()
        result = self.check(DOMAIN % ("example.com", "mail.private"))
        self.assertEqual(result.out.decode(),
                         "relay outbound: 127.0.0.1:10027 -> 127.0.0.1:10028 (sign)\n"
                         "domain example.com: mail (rsa 2048)\n")
        self.assertEqual(result.err, "")

    def test_no_domain_is_a_warning(self):
        result = self.check("")
        self.assertEqual(result.err, "sealonce check: warning: no [[domain]]: nothing will be "
                                     "signed\n")

    def test_all_errors_with_their_places(self):
        result = self.check('[sevrer]\n[log]\nlevel = 3\n[[relay]]\nlisten = "*:25"\n', status=78)
        self.assertEqual(result.out, b"")
        lines = result.err.splitlines()
        self.assertEqual([line.split(": ")[1:3] for line in lines],
                         [["x.toml:1:2", "sevrer"], ["x.toml:3:9", "log.level"],
                          ["x.toml:4:1", "relay.name"], ["x.toml:4:1", "relay.next_hop"],
                          ["x.toml:5:10", "relay.listen"]])
        self.assertIn('"server"', lines[0])

    def test_syntax(self):
        result = self.check("[[relay]]\nlisten = 127.0.0.1:10027\n", status=78)
        self.assertRegex(result.err, r"x\.toml:2:\d+: ")
        self.assertIn('listen = "127.0.0.1:10027"', result.err)

    def test_a_missing_file(self):
        result = self.run_it("check", "--config", "none.toml", status=78)
        self.assertIn("none.toml: cannot be opened", result.err)
        result = self.run_it("check", "--config", self.dir, status=78)
        self.assertIn("not a regular file", result.err)

    def test_unusable_keys_are_named(self):
        self.keygen("--type", "ed25519")
        os.chmod(self.path("mail.private"), 0o644)
        result = self.check(DOMAIN % ("a.example", "mail.private") +
                            DOMAIN % ("b.example", "gone"), status=78)
        self.assertIn("x.toml:5:8: domain.key.file: key a.example/mail cannot be used: ", result.err)
        self.assertIn("chmod", result.err)
        self.assertIn("x.toml:10:8: domain.key.file: key b.example/mail cannot be used: ",
                      result.err)
        self.assertIn("gone", result.err)
        self.assertIn("451 4.7.5", result.err)
        self.assertIn(b"mail (cannot be used)", result.out)

    def test_many_domains_are_counted(self):
        self.keygen("--type", "ed25519")
        result = self.check("".join(DOMAIN % ("d%03d.example" % i, "mail.private")
                                    for i in range(60)))
        self.assertEqual(result.out.count(b"\ndomain "), 50)
        self.assertIn(b"and 10 more domains\n", result.out)

    def test_tables(self):
        self.keygen("--type", "ed25519")
        self.write("KeyTable", "good example.com:a:./mail.private\nbad example.com:b:./KeyTable\n"
                               "gone example.com:c:/nowhere/key\n")
        self.write("SigningTable", "example.com good\nb.example bad\nc.example none\n")
        result = self.check('[signing]\nkey_table = "file:KeyTable"\n'
                            'signing_table = "file:SigningTable"\n', status=78)
        self.assertIn(b"key_table: 3 rows, signing_table: 3 rows\n", result.out)
        lines = [line.removeprefix("sealonce check: ") for line in result.err.splitlines()]
        self.assertTrue(lines[0].startswith("KeyTable:2: KeyTable: there is no PEM private key"))
        self.assertTrue(lines[1].startswith("KeyTable:3: /nowhere/key: cannot open the key"))
        self.assertEqual(lines[2:], ['SigningTable:3: the key table has no key "none"',
                                     "mail that these keys are for would be deferred with 451 "
                                     "4.7.5"])

    def test_the_shipped_configuration(self):
        etc = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../etc/sealonce.toml")
        self.run_it("check", "--config", etc)
