"""One message in, one message out: whatever the next hop takes for the end of the data, it gets no other
end from us than the one that ended the message here (SMTP smuggling, CVE-2023-51764 and its kin)."""

import re
import itertools

from harness import sink as sink_module
from harness.loop import make_keys, start_run
from harness.ports import free_port
from harness.relay import MESSAGE, RECIPIENT, SENDER
from harness.sealonce import Sealonce
from harness.sink import Sink
from harness.smtp_client import SmtpClient
from harness.workspace import ServerCase

ENDS = (b"\r\n", b"\n", b"\r", b"\r\r\n", b"\r\n\r", b"\0\r\n", b"\n\r")
LOOKALIKES = [a + dot + b for a, b in itertools.product(ENDS, ENDS) for dot in (b".", b"..", b". ")
              if not (a.endswith(b"\r\n") and dot == b"." and b.startswith(b"\r\n"))]  # the real one
SMUGGLED = (f"MAIL FROM:<evil@rsa.example>\r\nRCPT TO:<{RECIPIENT}>\r\nDATA\r\n"
            "From: evil@rsa.example\r\nSubject: smuggled\r\n\r\nx").encode()


class LenientConnection(sink_module._Connection):
    """Takes any dot between any two line ends for the end, as careless servers do."""

    END = re.compile(rb"(?:\r\n|\r|\n)\.(?:\r\n|\r|\n)")

    def read_content(self):
        self.buffer = b"\r\n" + self.buffer
        while not (end := self.END.search(self.buffer)):
            got = self.peer.recv(1 << 18)
            if not got:
                raise sink_module._Gone
            self.buffer += got
        content, self.buffer = self.buffer[2:end.start()] + b"\r\n", self.buffer[end.end():]
        return content


class Smuggling(ServerCase):
    """To a strict next hop."""

    further = ""

    @classmethod
    def next_hop(cls):
        cls.sink = cls.keep(Sink(free_port()).start())
        return cls.sink.port

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        keys, _ = make_keys(cls.workspace, {"rsa.example": ["rsa"]})
        cls.sealonce = Sealonce(cls.workspace, cls.next_hop(), keys, further=cls.further)
        cls.keep(cls.sealonce).start()

    def settle(self):
        """What was accepted is in the sink."""

    def send(self, lookalike):
        """The reply to the one message."""
        with SmtpClient(self.sealonce.port) as client:
            client.greet()
            client.command(f"MAIL FROM:<{SENDER}>", "250")
            client.command(f"RCPT TO:<{RECIPIENT}>", "250")
            client.command("DATA", "354")
            client.send(MESSAGE + b"text" + lookalike + SMUGGLED + b"\r\n.\r\n")
            reply = client.reply()
            client.command("NOOP", "250")  # nothing of it was a command here
            client.command("QUIT", "221")  # and no further reply is there
        return reply

    def test_every_line_end_around_the_dot(self):
        for lookalike in LOOKALIKES:
            with self.subTest(lookalike=lookalike):
                self.sink.clear()
                reply = self.send(lookalike)
                self.assertRegex(reply, r"^(250|550) ")
                self.settle()
                self.assertEqual(len(self.sink.deliveries), int(reply.startswith("250")))
                for delivery in self.sink.deliveries:
                    self.assertEqual(delivery.reverse_path, SENDER)
                    self.assertIn(b"Subject: smuggled", delivery.content)
                    self.assertIsNone(re.search(rb"(?<!\r)\n|\r(?!\n)", delivery.content))


class Rejecting(Smuggling):
    further = '[message]\nstray_cr_lf = "reject"\n'


class Lenient(Smuggling):
    """To a next hop that takes nearly everything for the end."""

    @classmethod
    def next_hop(cls):
        usual = sink_module._Connection
        sink_module._Connection = LenientConnection
        cls.addClassCleanup(setattr, sink_module, "_Connection", usual)
        return super().next_hop()


class ToPostfix(Smuggling):
    """To a real smtpd, which in 3.7.11 is itself lenient (smtpd_forbid_bare_newline = no)."""

    @classmethod
    def next_hop(cls):
        run = start_run(cls, "behind")
        cls.postfix, cls.sink = run.postfix, run.sink
        return cls.postfix.front

    def settle(self):
        self.postfix.wait_until_empty()
