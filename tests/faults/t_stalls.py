"""Somebody says nothing more, at each place: it ends in time, with a reply that says so, nothing is lost
or delivered by halves, and the service goes on."""

import socket
import time

from harness.deadline import wait_for
from harness.ports import free_port
from harness.relay import MESSAGE, RECIPIENT, SENDER, RelayCase
from harness.smtp_client import SmtpClient, SmtpError, dot_stuff

LATE = 6.0  # seconds after the time is up, on a loaded machine
TIMEOUTS = """
[relay.timeouts]
command = "2s"
data = "2s"
next_hop_connect = "2s"
next_hop_hello = "2s"
next_hop_reply = "2s"
next_hop_transfer = "2s"
next_hop_data_done = "2s"
"""


class Stalls(RelayCase):
    further = TIMEOUTS

    def assert_in_time(self, began, least=1.0):
        took = time.monotonic() - began
        self.assertGreater(took, least)
        self.assertLess(took, 2 + LATE)


class NextHopStalls(Stalls):
    def check(self, step):
        self.sink.stop()  # no kept connections
        self.sink.start()
        self.sink.on(step, stall=True, times=3)
        began = time.monotonic()
        client = self.client()
        client.greet()
        last = self.last(self.transact(client))
        self.assert_in_time(began)
        self.assertRegex(last, r"^4[52]1 4\.4\.[12] ")
        self.assertIn("did not answer in time", last)
        self.assertEqual(self.sink.deliveries, [])
        self.sink.usual()
        self.assert_next_message_passes(client, last)

    def test_next_hop_that_does_not_read(self):
        """It says 354 and takes no octet: the message is larger than all buffers on the way."""
        self.sink.on("content", stall=True, times=1)
        client = self.client()
        client.greet()
        for command in (f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{RECIPIENT}>", "DATA"):
            client.command(command)
        client.send(dot_stuff(MESSAGE + b"0123456789abcde\r\n" * 1_500_000))
        began = time.monotonic()
        last = client.reply()
        self.assert_in_time(began, least=0.5)
        self.assertRegex(last, r"^451 4\.4\.2 ")
        self.sink.usual()
        self.assert_next_message_passes(client, last)


class NextHopDoesNotAccept(Stalls):
    """A host that drops our SYN: a socket whose queue is full."""

    def test_connect(self):
        port = free_port()
        with socket.socket() as full:
            full.bind(("127.0.0.1", port))
            full.listen(0)
            fill = []
            for _ in range(3):
                one = socket.socket()
                one.setblocking(False)
                one.connect_ex(("127.0.0.1", port))
                fill.append(one)
            self.sealonce.stop()
            with open(self.sealonce.config, encoding="utf-8") as file:
                text = file.read()
            changed = text.replace(f'next_hop = "127.0.0.1:{self.sink.port}"', f'next_hop = "127.0.0.1:{port}"')
            try:
                self.write(changed)
                self.sealonce.start()
                began = time.monotonic()
                client = self.client()
                client.greet()
                reply = client.command(f"MAIL FROM:<{SENDER}>")
                self.assert_in_time(began)
                self.assertTrue(reply.startswith("451 4.4.1 "), reply)
            finally:
                for one in fill:
                    one.close()
                self.sealonce.stop()
                self.write(text)
                self.sealonce.start()

    def write(self, text):
        with open(self.sealonce.config, "w", encoding="utf-8") as file:
            file.write(text)


class ClientStalls(Stalls):
    """… or says an octet now and then, so that it never is quite silent (slow loris)."""

    BEFORE = ("", "EHLO x\r\n", f"MAIL FROM:<{SENDER}>\r\n", f"RCPT TO:<{RECIPIENT}>\r\n")

    def begin(self, commands):
        client = self.client()
        client.reply()
        for command in commands:
            if command:
                client.command(command.rstrip())
        return client

    def last_words(self, client):
        """The reply with which it ends, whatever came before."""
        last = ""
        try:
            while True:
                last = client.reply()
        except (OSError, SmtpError):
            return last

    def test_silence_at_each_command(self):
        for number in range(1, len(self.BEFORE) + 1):
            with self.subTest(after=self.BEFORE[number - 1]):
                client = self.begin(self.BEFORE[:number])
                began = time.monotonic()
                self.assertTrue(self.last_words(client).startswith("421 4.4.2 "))
                self.assert_in_time(began)

    def drip(self, client, octets, every=0.4):
        """One octet at a time until the other side says something or ends it; how long it took."""
        began = time.monotonic()
        for n in range(len(octets)):
            try:
                client.send(octets[n:n + 1])
                time.sleep(every)
                client.socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
                break
            except BlockingIOError:
                continue
            except OSError:
                break
        return time.monotonic() - began

    def test_dripping_command(self):
        client = self.begin(self.BEFORE[:2])
        took = self.drip(client, b"NOOP " + b"x" * 400)
        self.assertLess(took, 2 + LATE)
        self.assertTrue(self.last_words(client).startswith("421 4.4.2 "))

    def test_dripping_message(self):
        client = self.begin(self.BEFORE)
        client.command("DATA", "354")
        took = self.drip(client, MESSAGE * 10)
        self.assertLess(took, 4 + LATE)
        self.assertTrue(self.last_words(client).startswith("421 4.4.2 "))
        wait_for(lambda: self.sink.open_connections() == 0, "the next hop to be let go", 10)
        self.assertEqual(self.sink.deliveries, [])

    def test_client_that_does_not_read(self):
        """Its replies do not fit anywhere any more."""
        client = self.begin(self.BEFORE[:2])
        client.socket.settimeout(0.5)
        noop = b"NOOP\r\n" * 5000
        began = time.monotonic()
        try:
            while time.monotonic() - began < 30:
                client.send(noop)
        except (TimeoutError, ConnectionError):
            pass
        with SmtpClient(self.sealonce.port) as other:
            other.greet()
            self.assertTrue(other.transaction(SENDER, [RECIPIENT], MESSAGE).startswith("250"))


def _add_tests():
    for step in ("connect", "ehlo", "mail", "rcpt", "data", "dot"):
        setattr(NextHopStalls, f"test_at_{step}", lambda self, step=step: self.check(step))


_add_tests()
