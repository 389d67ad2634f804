"""Whose mail is signed, and by which key: a running sealonce with OpenDKIM's tables, internal hosts
and the rules of domains, asked over SMTP.

Without Postfix. As root, sealonce gives root up before the first message, so the keys of the tables,
which are parsed when mail needs them, come out of what was read before.
"""

import os

from harness.keys import make_key
from harness.ports import free_port
from harness.sealonce import Sealonce, run
from harness.sink import Sink
from harness.smtp_client import SmtpClient, dot_stuff
from harness.verify import signature_fields
from harness.workspace import ServerCase

TABLES = """
[signing]
key_table = "file:KeyTable"
signing_table = "refile:SigningTable"
multiple_signatures = true
"""

KEY_TABLE = """\
# NAME DOMAIN:SELECTOR:KEY
one     one.example:t1:{keys}/table.private
any     %:any:{keys}/table.private
gone    gone.example:x:{keys}/none.private
other   other.example:o:{keys}/second.private:ed25519-sha256
"""

SIGNING_TABLE = """\
*@one.example       one
*@*.any.example     any:@%
*@gone.example      gone
boss@one.example    other
"""

HEADER = b"From: %s\r\nTo: b@rcpt.example\r\nSubject: x\r\nMessage-ID: <1@x.example>\r\n"


class WhichKey(ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        keys = cls.workspace.directory("keys")
        for name, kind in (("own", "rsa"), ("table", "rsa"), ("second", "ed25519")):
            make_key(keys, name, kind)
        cls.sink = cls.keep(Sink(free_port()).start())
        cls.sealonce = Sealonce(cls.workspace, cls.sink.port, {
            "own.example": [("s1", f"{keys}/own.private")],
            "lists.example": [("s2", f"{keys}/own.private")]}, further=TABLES)
        with open(cls.sealonce.config) as file:
            text = file.read()
        text = text.replace('name = "test"\n', 'name = "test"\n'
                                               'internal_hosts = ["192.0.2.0/24"]\n')
        text = text.replace('name = "own.example"\n', 'name = "own.example"\n'
                                                      'exclude_recipients = ["*@in.example"]\n')
        text = text.replace('name = "lists.example"\n', 'name = "lists.example"\n'
                                                        'lists = ["*.lists.example"]\n')
        with open(cls.sealonce.config, "w") as file:
            file.write(text)
        for name, rows in (("KeyTable", KEY_TABLE), ("SigningTable", SIGNING_TABLE)):
            with open(f"{cls.sealonce.base}/{name}", "w") as file:
                file.write(rows.format(keys=keys))
            os.chmod(f"{cls.sealonce.base}/{name}", 0o640)
        cls.keep(cls.sealonce).start()

    def setUp(self):
        self.sink.clear()

    def send(self, author, more=b"", recipients=("b@rcpt.example",), client="192.0.2.1",
             source="REMOTE"):
        """Returns the reply to the message, and d=/s= i= of each signature that came out."""
        with SmtpClient(self.sealonce.port) as smtp:
            smtp.greet()
            smtp.command(f"XFORWARD ADDR={client} SOURCE={source}", "250")
            smtp.command("MAIL FROM:<sender@own.example>", "250")
            for recipient in recipients:
                smtp.command(f"RCPT TO:<{recipient}>", "250")
            smtp.command("DATA", "354")
            smtp.send(dot_stuff(HEADER % author.encode() + more + b"\r\nbody\r\n"))
            reply = smtp.reply()
        if reply[0] != "2":
            return reply, []
        found = signature_fields(self.sink.deliveries[-1].content)
        return reply, sorted(f"{tags['d']}/{tags['s']} {tags.get('i', '')}".strip()
                             for _, tags in found)

    def keys(self, *arguments, **more):
        reply, keys = self.send(*arguments, **more)
        self.assertTrue(reply.startswith("250"), reply)
        return keys

    def test_own_domains_tables_and_strangers(self):
        for author, expected in (
                ("a@own.example", ["own.example/s1"]),
                ("a@sub.own.example", ["own.example/s1 @sub.own.example"]),
                ("a@one.example", ["one.example/t1"]),
                ("boss@one.example", ["one.example/t1", "other.example/o"]),
                ("a@x.any.example", ["x.any.example/any @x.any.example"]),
                ("a@any.example", []),
                ("a@foreign.example", [])):
            with self.subTest(author=author):
                self.assertEqual(self.keys(author), expected)

    def test_a_bad_key_defers_its_own_mail_only(self):
        reply, _ = self.send("a@gone.example")
        self.assertTrue(reply.startswith("451 4.7.5 "), reply)
        self.assertIn("KeyTable:4", reply)
        self.assertEqual(self.keys("a@one.example"), ["one.example/t1"])

    def test_lists_and_exclusions(self):
        lists = b"List-Id: <a.lists.example>\r\n"
        self.assertEqual(self.keys("a@foreign.example", lists), ["lists.example/s2"])
        self.assertEqual(self.keys("a@own.example", lists), ["lists.example/s2", "own.example/s1"])
        self.assertEqual(self.keys("a@own.example", recipients=("c@in.example",)), [])
        self.assertEqual(self.keys("a@own.example", recipients=("c@in.example", "b@rcpt.example")),
                         ["own.example/s1"])

    def test_outsiders_that_claim_our_domain(self):
        for client, source, ours in (("192.0.2.77", "REMOTE", True),
                                     ("198.51.100.1", "REMOTE", False),
                                     ("IPV6:2001:db8::1", "REMOTE", False),
                                     ("[UNAVAILABLE]", "LOCAL", True),
                                     ("[UNAVAILABLE]", "REMOTE", False)):
            with self.subTest(client=client, source=source):
                for author in ("a@own.example", "a@one.example"):
                    self.assertEqual(bool(self.keys(author, client=client, source=source)), ours)
        last = self.sealonce.wait_for_transactions(1)[-1]
        self.assertEqual((last["action"], last["reason"]), ("unsigned", "not-internal"))

    def test_explain_says_the_same(self):
        for author, expected in (("a@own.example", ["own.example/s1"]),
                                 ("boss@one.example", ["one.example/t1", "other.example/o"]),
                                 ("a@foreign.example", []), ("a@gone.example", None)):
            done = run("explain", "--config", self.sealonce.config, "--from", author)
            lines = [line.split() for line in done.stdout.decode().splitlines()
                     if line.startswith("  d=")]
            told = sorted(f"{words[0][2:]}/{words[1][2:]}" for words in lines)
            self.assertEqual(done.returncode, 0 if told else 1)
            if expected is not None:
                self.assertEqual((told, self.keys(author)), (expected, expected))
            else:
                self.assertIn(b"deferred with 451 4.7.5: key-unusable: ", done.stdout)
