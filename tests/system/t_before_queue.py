"""sealonce in front of Postfix's queue: smtpd_proxy_filter, with the fragment."""

import re

from harness.loop import Loop, own_signatures
from harness.messages import USUAL
from harness.smtp_client import SmtpClient
from harness.workspace import ServerCase

SENDER = "alice@rsa.example"
HEAD = USUAL.replace(b"DOMAIN", b"rsa.example") % (b"m", b"before the queue") + b"\r\n"


class BeforeQueue(ServerCase):
    main_cf = ""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.loop = Loop(cls, "40-before-queue.cf", domains={"rsa.example": ["rsa"]},
                        main_cf=cls.main_cf, further='[message]\nmax_size = "20KiB"\n')

    def setUp(self):
        self.loop.sink.clear()

    def send(self, content, recipients=("bob@rcpt.example",), mail_parameters="", port=None):
        with SmtpClient(port or self.loop.postfix.foreign) as client:
            client.greet()
            reply = client.transaction(SENDER, recipients, content, mail_parameters)
            client.command("QUIT", "221")
        return reply

    def test_signed_once_and_verified(self):
        cases = {"plain": (HEAD + b"Hello\r\n.\r\n..dots\r\n", ""),
                 "eight-bit": (HEAD + "Gr\u00fc\u00dfe\r\n".encode(), "BODY=8BITMIME"),
                 "no-message-id": (b"From: alice@rsa.example\r\n"
                                   b"Date: Fri, 20 Nov 2026 14:17:16 +0000\r\n\r\nHello\r\n", "")}
        for name, (content, parameters) in cases.items():
            with self.subTest(name):
                self.loop.sink.clear()
                reply = self.send(content, mail_parameters=parameters)
                self.assertRegex(reply, "^250 2.0.0 .*[Qq]ueued as")
                self.loop.postfix.wait_until_empty()
                delivered = self.loop.sink.deliveries[0].content
                self.assertEqual(len(own_signatures(delivered, "rsa.example")), 1)
                for verdict in self.loop.verifiers.all_three(delivered):
                    self.assertTrue(verdict.passed, verdict)

    def test_many_recipients_and_messages_on_one_connection(self):
        with SmtpClient(self.loop.postfix.front) as client:
            client.greet()
            for _ in range(3):
                reply = client.transaction(SENDER, [f"r{i}@rcpt.example" for i in range(60)],
                                           HEAD + b"Hello\r\n")
                self.assertTrue(reply.startswith("250"), reply)
        self.loop.postfix.wait_until_empty()
        addresses = [a for d in self.loop.sink.deliveries for a in d.addresses()]
        self.assertEqual(sorted(addresses),
                         sorted(3 * [f"r{i}@rcpt.example" for i in range(60)]))

    def test_the_client_is_known(self):
        self.send(HEAD + b"Hello\r\n")
        line = self.loop.sealonce.wait_for_transactions(1)[-1]
        self.assertEqual(line["client"], "127.0.0.1")
        self.assertEqual(line["action"], "signed")
        self.loop.postfix.wait_until_empty()

    def test_a_refusal_is_heard_by_the_sender(self):
        """Nothing is queued, so nothing bounces."""
        reply = self.send(HEAD + b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 400)
        self.assertRegex(reply, "^552 5.3.4 ")
        self.assertEqual(self.loop.postfix.queue(), set())

    def test_while_sealonce_is_away_the_sender_keeps_it(self):
        self.loop.sealonce.stop()
        try:
            with SmtpClient(self.loop.postfix.foreign) as client:
                client.greet()
                replies = [client.command(c) for c in (f"MAIL FROM:<{SENDER}>",
                                                       "RCPT TO:<bob@rcpt.example>", "DATA")]
                if replies[-1].startswith("354"):
                    client.send(HEAD + b"Hello\r\n.\r\n")
                    replies.append(client.reply())
            self.assertTrue(any(r[0] == "4" for r in replies), replies)
            self.assertFalse(replies[-1].startswith("2"), replies)
            self.loop.postfix.wait_until_empty()
            # Postfix tells its postmaster what went wrong; nothing else leaves.
            self.assertFalse([d for d in self.loop.sink.deliveries if d.reverse_path == SENDER])
        finally:
            self.loop.sealonce.start()
        self.assertTrue(self.send(HEAD + b"Hello\r\n").startswith("250"))
        self.loop.postfix.wait_until_empty()

    @classmethod
    def tearDownClass(cls):
        complaints = [line for line in cls.loop.postfix.complaints()
                      if not re.search(r"connect to proxy|proxy .* rejected|Connection refused",
                                       line)]
        if complaints:
            raise AssertionError("\n".join(complaints))
        super().tearDownClass()


class CommandByCommand(BeforeQueue):
    """Without speed_adjust: sealonce hears each command while the client waits."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.loop.postfix.postconf("-e", "smtpd_proxy_options=")
        cls.loop.postfix.reload()
