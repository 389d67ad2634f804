"""sealonce as the last hop behind Postfix: whatever Postfix changes, it changes before the signature, and
nothing leaves beside sealonce. (That messages stay as they were is in t_loop.)"""

from harness.deadline import wait_for
from harness.loop import Loop, own_signatures
from harness.messages import USUAL
from harness.smtp_client import submit
from harness.workspace import ServerCase

RECIPIENT = "bob@rcpt.example"
DOMAINS = {"rsa.example": ["rsa"], "new.example": ["rsa"], "mail.example": ["rsa"]}

PLAIN = b"\r\nHello\r\n"
EIGHT_BITS = ("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
              "Content-Transfer-Encoding: 8bit\r\n\r\nGr\u00fc\u00dfe\r\n").encode()

MAIN_CF = """\
smtp_generic_maps = inline:{ { old@rsa.example = fresh@new.example } }
"""


def message(sender, body=PLAIN):
    head = USUAL.replace(b"alice@DOMAIN", sender.encode()).replace(b"DOMAIN", b"rsa.example")
    return head % (b"m", b"last hop") + body


class LastHop(ServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.loop = Loop(cls, "50-last-hop.cf", DOMAINS, MAIN_CF, last_hop=True)
        cls.loop.postfix.postconf("-e", f"smtp_fallback_relay=[127.0.0.1]:{cls.loop.sink.port}")
        cls.loop.postfix.reload()

    def setUp(self):
        self.loop.sink.clear()

    def send(self, sender, body=PLAIN, parameters=""):
        """The content that arrives, verified by all three."""
        submit(self.loop.postfix.front, sender, [RECIPIENT], message(sender, body), mail_parameters=parameters)
        return self.arrived(sender)

    def arrived(self, what):
        self.loop.postfix.wait_until_empty()
        self.assertEqual(self.loop.sink.count(), 1, what)
        content = self.loop.sink.deliveries[0].content
        for verdict in self.loop.verifiers.all_three(content):
            self.assertTrue(verdict.passed, verdict)
        return content

    def test_generic_addresses_are_signed(self):
        content = self.send("old@rsa.example")
        self.assertIn(b"From: Alice <fresh@new.example>", content)
        self.assertEqual(len(own_signatures(content, "new.example")), 1)
        self.assertEqual(own_signatures(content, "rsa.example"), [])

    def test_eight_bits_to_a_smarthost_that_has_seven(self):
        keywords, self.loop.sink.keywords = self.loop.sink.keywords, ("PIPELINING",)
        self.loop.sealonce.stop()
        self.loop.sealonce.start()
        try:
            content = self.send("alice@rsa.example", EIGHT_BITS, "BODY=8BITMIME")
        finally:
            self.loop.sink.keywords = keywords
            self.loop.sealonce.stop()
            self.loop.sealonce.start()
        self.assertIn(b"Gr=C3=BC=C3=9Fe", content)
        self.assertEqual(len(own_signatures(content, "rsa.example")), 1)

    def test_a_bounce_is_signed(self):
        self.loop.sink.on("rcpt", reply="550 5.1.1 nobody", times=1)
        submit(self.loop.postfix.front, "alice@rsa.example", [RECIPIENT], message("alice@rsa.example"))
        wait_for(lambda: self.loop.sink.count(), "the bounce", 60, self.loop.postfix.log)
        content = self.arrived("the bounce")
        self.assertEqual(self.loop.sink.deliveries[0].reverse_path, "")
        self.assertEqual(len(own_signatures(content, "mail.example")), 1)

    def test_while_sealonce_is_away_mail_waits(self):
        """Also where main.cf has another way out."""
        self.loop.sealonce.stop()
        try:
            submit(self.loop.postfix.front, "alice@rsa.example", [RECIPIENT],
                   message("alice@rsa.example"))
            wait_for(lambda: self.loop.postfix.queue(("deferred",)), "a deferred message", 60,
                     self.loop.postfix.log)
            self.assertEqual(self.loop.sink.count(), 0)
        finally:
            self.loop.sealonce.start()
        self.loop.postfix.flush()
        self.assertEqual(len(own_signatures(self.arrived("deferred"), "rsa.example")), 1)

    def test_while_the_smarthost_is_away_mail_waits(self):
        for _ in range(2):
            self.loop.sink.on("mail", reply="421 4.3.2 later", times=1)
        content = self.send("alice@rsa.example")
        self.assertEqual(len(own_signatures(content, "rsa.example")), 1)
        self.assertIn("status=deferred", self.loop.postfix.log())
