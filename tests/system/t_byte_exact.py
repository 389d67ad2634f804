"""Octet for octet, and exactly once: random messages over random sessions.

Sizes lie around the borders of the relay's buffers, and what can be mistaken (dots, CR, LF, the look
of an end) lies on those borders. Clients cut the stream at random, pipeline or wait, and send
several messages over a connection. What arrives is compared with what a model of three lines says.
A failure names its seed: BYTE_EXACT_SEED=N runs the same messages again.
"""

import os
import random
import re
import threading
import time

import dkim

from harness.keys import public_record
from harness.relay import RelayCase
from harness.smtp_client import SmtpClient

SECONDS = 8  # for each of the two runs
CLIENTS = 4
SMALL_CHUNK, LARGE_CHUNK = 32 << 10, 256 << 10  # the relay's buffers
MEMORY_LIMIT = 300 << 10
BORDERS = (64, 4096, SMALL_CHUNK, SMALL_CHUNK + LARGE_CHUNK, SMALL_CHUNK + 2 * LARGE_CHUNK,
           SMALL_CHUNK + 4 * LARGE_CHUNK)
# Drawn from where a border is near.
SHARP = (b"\r\n", b"\r\n", b".", b".", b"\r\n.", b"\r\n..", b"..", b"x", b" ", b"\r\n.\r\nx")
STRAY = (b"\r", b"\n", b"\0", b"\r\r\n", b"\n.\n", b"\r.\r\n", b"\r\n.\r\r\n", b"\n.\r\n", b"\xff")
HEADER = (b"From: a@%s\r\nTo: b@rcpt.example\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\n"
          b"Message-ID: <%s@x>\r\nSubject: folded\r\n  %s\r\n\r\n")


def on_the_wire(octets):
    """What a client may send for `octets`: no end inside, one at the end."""
    if octets and not octets.endswith(b"\r\n"):
        octets += b"\r\n"
    return re.sub(rb"(^|\r\n)\.(?=\r\n)", rb"\1..", octets) + b".\r\n"


def as_received(wire):
    """The model: stray CR and LF are blanks, the first dot of a line goes, so does the end."""
    content = re.sub(rb"\r(?!\n)|(?<!\r)\n", b" ", wire[:-3])
    return re.sub(rb"(^|\r\n)\.", rb"\1", content)


class Message:
    def __init__(self, chance, number, stray):
        self.address = f"m{number}@rcpt.example"
        self.signed = chance.random() < 0.4
        domain = b"rsa.example" if self.signed else b"other.example"
        octets = bytearray()
        if self.signed or chance.random() < 0.8:
            octets += HEADER % (domain, b"%d" % number, bytes(chance.choices(b"abc .", k=30)))
        tokens = SHARP + STRAY if stray else SHARP
        for _ in range(chance.choice((0, 1, 1, 2, 3))):
            self.fill(chance, octets, chance.choice(BORDERS) + chance.randrange(-8, 4))
            for _ in range(chance.randrange(16)):
                octets += chance.choice(tokens)
        self.wire = on_the_wire(bytes(octets))
        self.content = as_received(self.wire)

    @staticmethod
    def fill(chance, octets, size):
        """Lines up to `size`; the last one may have no end yet."""
        length = chance.choice((1, 60, 76, 480))  # two of them in a row are still below 998
        line = bytes(chance.choices(range(33, 127), k=length)) + b"\r\n"
        missing = size - len(octets)
        if missing > 0:
            octets += (line * (missing // len(line) + 1))[:missing]


class Sender(threading.Thread):
    """One client after another, each with some messages, until the time is over."""

    def __init__(self, port, seed, first, until, stray):
        super().__init__()
        self.port, self.seed, self.until, self.stray = port, seed, until, stray
        self.number = first
        self.chance = random.Random(seed)
        self.messages, self.problems = [], []

    def run(self):
        try:
            while time.monotonic() < self.until:
                with SmtpClient(self.port) as client:
                    client.greet()
                    self.session(client)
        except (AssertionError, OSError) as error:
            self.problems.append(f"{type(error).__name__}: {error}")

    def send(self, client, octets):
        """Whole, in large pieces, or here and there in small ones."""
        sizes = self.chance.choice(((len(octets),), (1460, 16384, 70000), (1, 2, 3, 60000, 200000)))
        position = 0
        while position < len(octets):
            size = self.chance.choice(sizes)
            client.send(octets[position:position + size])
            position += size

    def session(self, client):
        pipelines = self.chance.random() < 0.6
        replies_due = 0
        for _ in range(self.chance.choice((1, 1, 2, 5, 12))):
            message = Message(self.chance, self.number, self.stray)
            self.number += 1
            envelope = [f"MAIL FROM:<from-{message.address}>", f"RCPT TO:<{message.address}>", "DATA"]
            if pipelines:
                client.send("".join(f"{c}\r\n" for c in envelope).encode())
                if replies_due:
                    self.expect(client, "250")
                for code in ("250", "250", "354"):
                    self.expect(client, code)
            else:
                for command, code in zip(envelope, ("250", "250", "354")):
                    client.command(command, code)
            self.messages.append(message)
            self.send(client, message.wire)
            replies_due = 1
            if not pipelines or self.chance.random() < 0.5:
                self.expect(client, "250")
                replies_due = 0
        if replies_due:
            self.expect(client, "250")

    def expect(self, client, code):
        reply = client.reply()
        if not reply.startswith(code):
            raise AssertionError(f"wanted {code}, got {reply!r} (message {self.number - 1})")


class ByteExact(RelayCase):
    further = f"[message]\nmemory_limit = \"{MEMORY_LIMIT >> 10}KiB\"\n[server]\nthreads = 2\n"

    def run_senders(self, stray):
        seed = int(os.environ.get("BYTE_EXACT_SEED", random.randrange(1 << 32)))
        until = time.monotonic() + SECONDS
        senders = [Sender(self.sealonce.port, seed + n, n * 1_000_000, until, stray)
                   for n in range(CLIENTS)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        problems = [p for s in senders for p in s.problems]
        self.assertEqual(problems, [], f"seed {seed}")
        return seed, [m for s in senders for m in s.messages]

    def check(self, stray):
        seed, messages = self.run_senders(stray)
        arrived = {}
        for delivery in self.sink.deliveries:
            for address in delivery.addresses():
                arrived.setdefault(address, []).append(delivery)
        self.assertGreater(len(messages), 20)
        self.assertEqual(len(self.sink.deliveries), len(messages), f"seed {seed}")
        verified = 0
        for message in messages:
            where = f"seed {seed}, {message.address}, {len(message.wire)} octets on the wire"
            [delivery] = arrived[message.address]
            self.assertEqual(delivery.reverse_path, f"from-{message.address}", where)
            added = len(delivery.content) - len(message.content)
            self.assertTrue(delivery.content[added:] == message.content, f"not the same: {where}")
            signature = delivery.content[:added]
            if not message.signed:
                self.assertEqual(signature, b"", where)
            elif not stray and verified < 100:
                self.assertTrue(signature.startswith(b"DKIM-Signature: "), where)
                self.assertTrue(dkim.verify(delivery.content, dnsfunc=self.key), where)
                verified += 1
        if not stray:
            self.assertGreater(verified, 5)

    def key(self, name, timeout=5):
        return self.record if name == b"rsa._domainkey.rsa.example." else None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.record = public_record(f"{cls.workspace / 'keys'}/rsa.example-rsa.private").encode()

    def test_clean(self):
        self.check(stray=False)

    def test_stray(self):
        """CR, LF and NUL where they do not belong: blanks, or as they were; no end is made of them."""
        self.check(stray=True)
