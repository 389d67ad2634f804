"""What the event loop knows of a socket without asking: where that is old or not enough, nothing may be
lost, believed or left open for it. And memory that fails anywhere ends one session, not the process."""

import os
import signal
import socket
import struct
import subprocess
import threading
import time
import unittest

from harness.deadline import wait_for
from harness.loop import make_keys
from harness.ports import free_port
from harness.relay import MESSAGE, RECIPIENT, SENDER, RelayCase
from harness.sealonce import Sealonce
from harness.sink import Sink
from harness.smtp_client import SmtpClient, dot_stuff
from harness.workspace import ServerCase

SANITIZED = "/dev/" in os.environ.get("SEALONCE", "")
HERE = os.path.dirname(os.path.realpath(__file__))


class EarlyHop(threading.Thread):
    """A next hop that refuses every message; `peer` is the connection that was told 354 last."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.peer = None

    def run(self):
        while True:
            peer, _ = self.listener.accept()
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        replies = {b"EHLO": b"250-hop.example\r\n250 PIPELINING\r\n", b"QUIT": b"221 2.0.0 Bye\r\n"}
        in_data = False
        try:
            peer.sendall(b"220 hop.example ESMTP\r\n")
            for line in peer.makefile("rb"):
                if in_data:
                    if line == b".\r\n":
                        in_data = False
                        peer.sendall(b"554 5.7.1 Refused\r\n")
                elif line[:4].upper() == b"DATA":
                    in_data = True
                    self.peer = peer
                    peer.sendall(b"354 Go on\r\n")
                else:
                    peer.sendall(replies.get(line[:4].upper(), b"250 2.0.0 Ok\r\n"))
        except OSError:
            pass
        peer.close()


class ReplyBeforeTheDot(ServerCase):
    """A next hop that says 250 while the message is still on its way to us, and refuses it then."""

    TRIALS = 15

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        keys, _ = make_keys(cls.workspace, {"rsa.example": ["rsa"]})
        cls.hop = EarlyHop()
        cls.hop.start()
        cls.sealonce = cls.keep(Sealonce(cls.workspace, cls.hop.port, keys)).start()

    def answer_to(self, content):
        with SmtpClient(self.sealonce.port) as client:
            client.greet()
            client.command(f"MAIL FROM:<{SENDER}>", "250")
            client.command(f"RCPT TO:<{RECIPIENT}>", "250")
            client.command("DATA", "354")
            client.send(content[:-3])
            self.hop.peer.sendall(b"250 2.0.0 Taken\r\n")
            time.sleep(0.002)
            client.send(content[-3:])
            return client.reply()

    def test_it_is_never_believed(self):
        for octets in (0, 100_000, 1_000_000, 8_000_000):
            content = dot_stuff(MESSAGE + b"some words of text\r\n" * (octets // 20))
            for _ in range(self.TRIALS):
                answer = self.answer_to(content)
                self.assertFalse(answer.startswith("250"), f"{octets} octets: {answer}")


class AtRest(RelayCase):
    relay_keys = 'next_hop_idle = "60s"\n'

    def test_connections_that_the_next_hop_closed_do_not_stay(self):
        clients = [self.client() for _ in range(5)]
        for client in clients:
            client.greet()
            client.command(f"MAIL FROM:<{SENDER}>", "250")
        for client in clients:
            client.command(f"RCPT TO:<{RECIPIENT}>", "250")
            client.command("DATA", "354")
            client.send(dot_stuff(MESSAGE))
            self.assertTrue(client.reply().startswith("250"))
        for client in clients:
            client.close()
        wait_for(lambda: self.sink.open_connections() == 5, "five connections at rest")
        with_rest = self.sockets()
        time.sleep(0.5)  # nobody waits for anything now
        self.sink.stop()
        try:
            wait_for(lambda: self.sockets() == with_rest - 5, "the end of the connections at rest", 3)
        finally:
            self.sink.start()

    def sockets(self):
        directory = f"/proc/{self.sealonce.daemon.pid}/fd"
        names = (os.readlink(f"{directory}/{number}") for number in os.listdir(directory))
        return sum(name.startswith("socket:") for name in names)

    def test_a_farewell_after_a_reset_answers_nothing(self):
        for farewell in (b"421 4.4.2 Timeout\r\n", b"451 4.7.0 Timeout\r\n", b"250 2.0.0 Ok\r\n"):
            self.sink.clear()
            self.sink.on("rcpt", reply="550 5.1.1 No such user", times=1)
            client = self.client()
            client.greet()
            client.command(f"MAIL FROM:<{SENDER}>", "250")
            client.command(f"RCPT TO:<{RECIPIENT}>", "550")
            client.command("RSET", "250")
            with self.sink._lock:
                rested = list(self.sink._open)
            for connection in rested:
                connection.peer.sendall(farewell)
            time.sleep(0.6)
            for command, code in ((f"MAIL FROM:<{SENDER}>", "250"), (f"RCPT TO:<{RECIPIENT}>", "250"),
                                  ("DATA", "354")):
                client.command(command, code)
            client.close()

    def test_urgent_octets_do_not_hide_what_follows(self):
        client = self.client()
        client.greet()
        client.socket.settimeout(8)
        pid = self.sealonce.daemon.pid
        os.kill(pid, signal.SIGSTOP)
        client.socket.send(b"NOOP\r\nZ", socket.MSG_OOB)
        client.send(b"NOOP\r\nNOOP\r\n")
        os.kill(pid, signal.SIGCONT)
        for _ in range(3):
            self.assertTrue(client.reply()[0] in "25")


@unittest.skipIf(SANITIZED, "AddressSanitizer has its own operator new")
class MemoryFails(ServerCase):
    SECONDS = 3

    def test_one_session_ends_and_the_process_serves_on(self):
        library = self.workspace / "failing_new.so"
        subprocess.run(["g++", "-O1", "-shared", "-fPIC", "-o", library,
                        os.path.join(HERE, "failing_new.cpp")], check=True)
        switch = self.workspace / "failing_new.switch"
        keys, _ = make_keys(self.workspace, {"rsa.example": ["rsa"]})
        sink = self.keep(Sink(free_port()).start())
        sealonce = Sealonce(self.workspace, sink.port, keys)
        sealonce.environment = {"LD_PRELOAD": str(library), "FAILING_NEW": str(switch)}
        self.write(switch, 0)
        self.keep(sealonce).start()
        for every in (30_000, 3_000, 1_000):
            self.write(switch, every)
            accepted = self.send_for_a_while(sealonce.port)
            self.write(switch, 0)
            self.assertTrue(sealonce.daemon.alive(), f"one in {every}: it died")
            self.assertGreater(accepted, 0, f"one in {every}")
            self.assertGreaterEqual(len(sink.deliveries), accepted)
            sink.clear()
        with SmtpClient(sealonce.port) as client:
            client.greet()
            self.assertTrue(client.transaction(SENDER, [RECIPIENT], MESSAGE).startswith("250"))

    @staticmethod
    def write(path, every):
        """In place: the file is mapped."""
        flags = os.O_WRONLY | os.O_CREAT
        number = os.open(path, flags, 0o644)
        os.write(number, struct.pack("l", every))
        os.close(number)

    def send_for_a_while(self, port):
        accepted = []

        def send():
            until = time.monotonic() + self.SECONDS
            while time.monotonic() < until:
                try:
                    with SmtpClient(port, timeout=5) as client:
                        client.greet()
                        for _ in range(5):
                            reply = client.transaction(SENDER, [RECIPIENT], MESSAGE)
                            accepted.append(reply.startswith("250"))
                except (OSError, AssertionError):  # the session ended, as it may
                    time.sleep(0.01)

        threads = [threading.Thread(target=send) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(accepted)
