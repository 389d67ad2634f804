"""Sending through a smarthost that wants a user name and a password: real Postfix with Cyrus SASL."""

import os
import re

from harness.deadline import wait_for
from harness.loop import make_keys, own_signatures
from harness.ports import free_port
from harness.relay import MESSAGE, RECIPIENT, SENDER
from harness.sealonce import Sealonce
from harness.sink import Sink
from harness.smarthost import Smarthost
from harness.smtp_client import SmtpClient
from harness.workspace import ServerCase

USER, PASSWORD = "relay", "p=a,ss \\\"word'"


class Authenticated(ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sink = cls.keep(Sink(free_port()).start())
        cls.smarthost = Smarthost(cls.workspace, cls.sink.port, {USER: PASSWORD})
        cls.keep(cls.smarthost.start())
        cls.keys, _ = make_keys(cls.workspace, {"rsa.example": ["rsa"]})
        cls.password_file = cls.workspace / "password"

    def setUp(self):
        self.sink.clear()
        self.write_password(PASSWORD + "\n")

    def write_password(self, text):
        with open(self.password_file, "w") as file:
            file.write(text)
        os.chmod(self.password_file, 0o600)
        os.chown(self.password_file, 0, 0)

    def sealonce(self, further="", user=USER):
        auth = (f'next_hop_auth = {{ username = "{user}", password_file = "{self.password_file}"'
                f"{further} }}")
        program = Sealonce(self.workspace, self.smarthost.front, self.keys, relay_keys=auth,
                           name=f"sealonce-{free_port()}")
        self.addCleanup(program.stop)
        return program.start()

    def send(self, program):
        """The last reply of one transaction."""
        with SmtpClient(program.port) as client:
            client.greet()
            mail = client.command(f"MAIL FROM:<{SENDER}>")
            if not mail.startswith("2"):
                return mail
            client.command("RSET", "250")
            return client.transaction(SENDER, [RECIPIENT], MESSAGE)

    def check_mechanism(self, name, further):
        mark = len(self.smarthost.log())
        program = self.sealonce(f', mechanisms = ["{name}"]{further}')
        self.assertRegex(self.send(program), "^250 2.0.0 Ok: queued as")
        wait_for(lambda: self.sink.deliveries, "the message at the sink", detail=self.smarthost.log)
        content = self.sink.deliveries[0].content
        self.assertEqual(len(own_signatures(content, "rsa.example")), 1)
        self.assertRegex(self.smarthost.log()[mark:],
                         f"sasl_method={name}, sasl_username={USER}@mail.example")
        self.assertNotIn(PASSWORD, program.log())

    def test_plain(self):
        self.check_mechanism("PLAIN", ", plaintext = true")

    def test_login(self):
        self.check_mechanism("LOGIN", ", plaintext = true")

    def test_scram(self):
        self.check_mechanism("SCRAM-SHA-256", "")

    def test_the_strongest_is_taken(self):
        mark = len(self.smarthost.log())
        program = self.sealonce(", plaintext = true")
        self.assertRegex(self.send(program), "^250 ")
        self.assertRegex(self.smarthost.log()[mark:], "sasl_method=SCRAM-SHA-256,")

    def test_one_login_for_many_messages(self):
        program = self.sealonce()
        mark = len(self.smarthost.log())
        for _ in range(3):
            self.assertRegex(self.send(program), "^250 ")
        logins = set(re.findall(r"smtpd\[(\d+)\]: \w+: client=.*sasl_method",
                                self.smarthost.log()[mark:]))
        self.assertEqual(len(logins), 1)

    def test_the_password_is_not_sent_in_the_clear(self):
        program = self.sealonce(', mechanisms = ["PLAIN", "LOGIN"]')
        mark = len(self.smarthost.log())
        self.assertRegex(self.send(program), "^451 4.7.8 .*next_hop_tls, or write plaintext = true")
        self.assertNotIn("sasl", self.smarthost.log()[mark:])

    def test_a_wrong_password_defers_until_it_is_right(self):
        for mechanism in ("SCRAM-SHA-256", "PLAIN"):
            with self.subTest(mechanism):
                self.write_password("wrong")
                mark = len(self.smarthost.log())
                program = self.sealonce(f', mechanisms = ["{mechanism}"], plaintext = true')
                for _ in range(4):
                    self.assertRegex(self.send(program), "^451 4.7.8 .*: 535 5.7.8")
                refused = re.findall("SASL .* authentication failed", self.smarthost.log()[mark:])
                self.assertEqual(len(refused), 1, "accounts get locked")
                complaints = re.findall(r"error: relay test: next hop .*refused our user name or "
                                        r"password: 535.*next_hop_auth", program.log())
                self.assertEqual(len(complaints), 1, program.log())
                self.write_password(PASSWORD)
                os.chown(self.password_file, *_account(program))
                program.reload()
                wait_for(lambda: "configuration reloaded" in program.log(), "reload",
                         detail=program.log)
                self.assertRegex(self.send(program), "^250 ", program.log())
                self.assertIn("is back", program.log())

    def test_a_password_that_cannot_be_read_again_stays(self):
        program = self.sealonce()
        self.write_password("unreadable for the account that it runs as")
        program.reload()
        wait_for(lambda: "configuration reloaded" in program.log(), "reload", detail=program.log)
        self.assertRegex(program.log(), "password_file: .*chown.*the password that was read before")
        self.assertRegex(self.send(program), "^250 ")

    def test_without_an_account_the_smarthost_refuses(self):
        program = Sealonce(self.workspace, self.smarthost.front, self.keys, name="nobody")
        self.addCleanup(program.stop)
        program.start()
        with SmtpClient(program.port) as client:
            client.greet()
            client.command(f"MAIL FROM:<{SENDER}>", "250")
            self.assertRegex(client.command(f"RCPT TO:<{RECIPIENT}>"), "^554 5.7.1")


class WantsLogin(ServerCase):
    def test_530_is_deferred(self):
        """A next hop that wants a login tells us, not the sender of the message."""
        sink = self.keep(Sink(free_port()).start())
        keys, _ = make_keys(self.workspace, {"rsa.example": ["rsa"]})
        program = self.keep(Sealonce(self.workspace, sink.port, keys).start())
        for step, commands in (("mail", 1), ("rcpt", 2)):
            with self.subTest(step), SmtpClient(program.port) as client:
                sink.usual()
                sink.on(step, reply="530 5.7.0 Authentication required")
                client.greet()
                replies = [client.command(c) for c in (f"MAIL FROM:<{SENDER}>",
                                                       f"RCPT TO:<{RECIPIENT}>")[:commands]]
                self.assertRegex(replies[-1], "^451 4.7.0 .*530 5.7.0 Authentication required")
        self.assertEqual(len(re.findall("error: .*next_hop_auth", program.log())), 1)


def _account(program):
    """uid and gid of the running process."""
    with open(f"/proc/{program.daemon.pid}/status") as file:
        ids = dict(line.split(":", 1) for line in file)
    return int(ids["Uid"].split()[0]), int(ids["Gid"].split()[0])
