"""Hostile clients: each costs bounded processor time and memory, hears a clear reply, and the service
goes on. Figures in the tests are what a loaded two-core machine needs at most, with room."""

import os
import re
import resource
import socket
import time
import unittest

from harness.deadline import wait_for
from harness.loop import own_signatures
from harness.relay import MESSAGE, RECIPIENT, SENDER, RelayCase
from harness.smtp_client import SmtpClient, dot_stuff

SANITIZED = "/dev/" in os.environ.get("SEALONCE", "")
SLOWER = 8 if SANITIZED else 1  # sanitizers: of time and memory
TICK = os.sysconf("SC_CLK_TCK")


class Measured(RelayCase):
    """Looks at the process before and after."""

    def processor_time(self):
        with open(f"/proc/{self.sealonce.daemon.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory(self, what="VmRSS"):
        """KiB."""
        with open(f"/proc/{self.sealonce.daemon.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith(what))

    def assert_served(self):
        self.sink.clear()
        with SmtpClient(self.sealonce.port) as client:
            client.greet()
            reply = client.transaction(SENDER, [RECIPIENT], MESSAGE)
        self.assertTrue(reply.startswith("250"), reply)
        self.assertEqual(len(own_signatures(self.sink.deliveries[-1].content, "rsa.example")), 1)


class Bombs(Measured):
    """Messages made to cost."""

    SECONDS = 1.5  # of processor time, for each
    MIB = 40       # of memory that stays or was needed

    def explode(self, content, expect, deliveries=1):
        self.assert_served()
        self.size = len(content)
        before, memory = self.processor_time(), self.memory("VmHWM")
        self.sink.clear()
        client = self.client()
        client.greet()
        reply = client.transaction(SENDER, [RECIPIENT], content)
        self.assertTrue(reply.startswith(expect), reply)
        self.assertEqual(len(self.sink.deliveries), deliveries)
        self.assertLess(self.processor_time() - before, self.SECONDS * SLOWER)
        self.assertLess(self.memory("VmHWM") - memory, self.MIB * 1024 * SLOWER)
        if deliveries:
            self.assertTrue(self.sink.deliveries[0].content.endswith(content[-10:]))
        self.assert_served()

    def transaction(self):
        """The log's line for it, known by its size."""
        return min(self.sealonce.transactions(), key=lambda t: abs(int(t["size"]) - self.size))

    def test_million_fields(self):
        self.explode(b"From: a@rsa.example\r\n" + b"X: y\r\n" * 1_000_000 + b"\r\nbody\r\n", "250")
        self.assertEqual(self.transaction()["action"], "unsigned")

    def test_fields_up_to_the_limit_of_octets(self):
        self.explode(b"From: a@rsa.example\r\n" + b"X:\r\n" * 262_000 + b"\r\nbody\r\n", "250")

    def test_header_line_of_10_mb(self):
        self.explode(b"From: a@rsa.example\r\nX: " + b"y" * 10_000_000 + b"\r\n\r\nbody\r\n", "250")
        self.assertEqual(self.transaction()["action"], "unsigned")

    def test_folds(self):
        self.explode(b"From: a@rsa.example\r\nX: y" + b"\r\n z" * 200_000 + b"\r\n\r\nbody\r\n", "250")

    def test_from_of_a_megabyte(self):
        for value in (b"(" * 1_000_000, b"\"" + b"a\\" * 500_000, b"a," * 500_000, b"<a@b>" * 200_000,
                      b"=?utf-8?q?" + b"_" * 500_000 + b"?= <a@rsa.example>", b"a:" * 400_000):
            self.explode(b"From: " + value + b"\r\n\r\nbody\r\n", "250")

    def test_mime(self):
        nested = b"".join(b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1)
                          for n in range(100_000))
        self.explode(b"From: a@rsa.example\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\n" + nested,
                     "250")
        self.assertEqual(self.transaction()["action"], "signed")

    def test_content_type_parameters(self):
        self.explode(b"From: a@rsa.example\r\nContent-Type: text/plain" +
                     b"".join(b";\r\n a%d=b" % n for n in range(50_000)) + b"\r\n\r\nbody\r\n", "250")

    def signature(self, tags, domain="rsa.example", selector="rsa"):
        return (f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s={selector};"
                f" h=from:to:subject; bh={'A' * 43}=; b={'A' * 342}==; {tags}\r\n").encode()

    def test_100_own_signatures(self):
        self.explode(self.signature("") * 100 + MESSAGE, "250")
        self.assertEqual(self.transaction()["action"], "replaced")
        self.assertEqual(len(own_signatures(self.sink.deliveries[0].content, "rsa.example")), 1)

    def test_1800_signatures_of_others(self):
        self.explode(b"".join(self.signature("", domain=f"d{n}.example") for n in range(900)) * 2 + MESSAGE,
                     "250")

    def test_tags(self):
        tags = ";".join(f"x{n}={n}" for n in range(50_000))
        self.explode(self.signature(tags) + MESSAGE, "250")
        names = ":".join(["from"] * 100_000)
        self.explode(self.signature("").replace(b"h=from:to:subject", b"h=" + names.encode()) + MESSAGE, "250")

    def test_body_of_line_ends(self):
        self.explode(MESSAGE + b"\r\n" * 5_000_000, "250")

    def test_body_of_dots_and_blanks(self):
        self.explode(MESSAGE + b".\r\n" * 1_000_000 + b" \t \r\n" * 1_000_000, "250")

    def test_body_without_a_line_end(self):
        self.explode(MESSAGE + b"x" * 20_000_000 + b"\r\n", "250")
        self.assertEqual(self.transaction()["action"], "unsigned")


class TooLarge(Measured):
    further = '[message]\nmax_size = "1MiB"\n'

    def test_refused_and_not_kept(self):
        before = self.memory("VmHWM")
        client = self.client()
        client.greet()
        reply = client.transaction(SENDER, [RECIPIENT], MESSAGE + b"0123456789abcde\r\n" * 2_000_000)
        self.assertTrue(reply.startswith("552 5.3.4"), reply)
        self.assertIn("1048576", reply)
        self.assertLess(self.memory("VmHWM") - before, 10 * 1024 * SLOWER)
        self.assertEqual(self.sink.deliveries, [])
        self.assert_served()


class Many(Measured):
    """Two thousand clients at once, of whom a thousand are let in."""

    CLIENTS = 2000
    KIB_EACH = 8

    @classmethod
    def setUpClass(cls):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = 3 * cls.CLIENTS
        if hard != resource.RLIM_INFINITY and hard < wanted:
            raise unittest.SkipTest(f"only {hard} descriptors")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
        cls.further = "[server]\nmax_connections = 1000\n"
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.idle = []
        self.addCleanup(lambda: [c.close() for c in self.idle])

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.sealonce.port), timeout=60)
        self.idle.append(connection)
        return connection

    def greeted(self, connection):
        got = connection.recv(4096)
        if got.startswith(b"220"):
            connection.sendall(b"EHLO idle.example\r\n")
            while more := connection.recv(4096):
                got += more
                if re.search(rb"^250 .*\r\n", got, re.MULTILINE):
                    break
        return got

    def test_each_is_answered_or_refused(self):
        self.assert_served()
        memory = self.memory()
        with SmtpClient(self.sealonce.port) as good:  # it was there before they came
            good.greet()
            answers = []
            for _ in range(self.CLIENTS):
                connection = self.connect()
                try:
                    answers.append(self.greeted(connection)[:3])
                except ConnectionError:  # refused and closed before it spoke
                    answers.append(b"421")
            self.assertEqual(set(answers), {b"220", b"421"})
            let_in = answers.count(b"220")
            self.assertEqual(let_in, 999)
            self.assertLess((self.memory() - memory) / let_in, self.KIB_EACH * SLOWER)
            for _ in range(5):
                self.assertTrue(good.transaction(SENDER, [RECIPIENT], MESSAGE).startswith("250"))
        for connection in self.idle:
            connection.close()
        wait_for(self.is_served, "service when they are gone", 30)

    def is_served(self):
        try:
            self.assert_served()
            return True
        except (OSError, AssertionError):
            return False

    def test_half_messages(self):
        """Clients that vanish in mid-DATA: nothing is delivered, every next hop is let go."""
        for _ in range(200):
            client = SmtpClient(self.sealonce.port)
            client.greet()
            for command in (f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{RECIPIENT}>", "DATA"):
                client.command(command)
            client.send(dot_stuff(MESSAGE)[:-5])
            self.idle.append(client)
        for client in self.idle:
            client.close()
        wait_for(lambda: self.sink.open_connections() == 0, "the next hop to be let go", 20)
        self.assertEqual(self.sink.deliveries, [])
        self.assert_served()


class Injection(Measured):
    """What a client says must not become a line of its own, neither in the log nor at the next hop."""

    VALUES = ("a\nb", "a\rb", "a\x00b", "a\x1b[31mb", "a\u2028b", 'a" action=signed b="', "a\\nb", "a\x7fb")

    def lines(self):
        return [line for line in self.sealonce.log().split("\n") if line]

    def test_addresses_and_names(self):
        for value in self.VALUES:
            for command in (f"EHLO {value}", f"MAIL FROM:<{value}@rsa.example>", f"RCPT TO:<{value}@b.example>",
                            f"XFORWARD NAME={value}", f"XFORWARD IDENT={value}", f"NOOP {value}",
                            f"MAIL FROM:<a@rsa.example> ENVID={value}"):
                with SmtpClient(self.sealonce.port) as client:
                    client.greet()
                    if command.startswith("RCPT"):
                        client.command(f"MAIL FROM:<{SENDER}>", "250")
                    client.send(command.encode() + b"\r\n")
                    try:
                        client.reply()
                        client.send(b"QUIT\r\n")
                        client.reply()
                    except (OSError, AssertionError):
                        pass
        for line in self.lines():
            self.assertTrue(line.isprintable(), repr(line))
            self.assertLessEqual(line.count(" action="), 1 + line.count('\\" action='), line)
        for _, command in self.sink.commands:
            self.assertTrue(command.isprintable(), repr(command))

    def test_xtext_that_decodes_to_a_line_end(self):
        client = self.client()
        client.greet()
        for value in ("a+0Ab", "a+0D+0Aevil", "a+00b"):
            reply = client.command(f"XFORWARD NAME={value}")
            self.assertTrue(reply.startswith("501"), reply)
        self.assertTrue(client.transaction(SENDER, [RECIPIENT], MESSAGE).startswith("250"))
        self.assertNotIn("evil", self.sink.deliveries[-1].xforward.get("NAME", ""))
