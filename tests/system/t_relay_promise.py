"""What could lose a 250, hold it back, or let mail go where it should not: each was a defect once."""

import os
import signal
import subprocess
import time

from harness.deadline import wait_for
from harness.ports import free_port
from harness.relay import MESSAGE, RECIPIENT, SENDER, RelayCase
from harness.sealonce import binary
from harness.sink import Sink
from harness.smtp_client import dot_stuff

ENVELOPE = f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{RECIPIENT}>\r\nDATA\r\n".encode()


class PromiseCase(RelayCase):
    def in_data(self, message=None):
        """A client that was told 354; `message` is sent."""
        client = self.client()
        client.greet()
        client.send(ENVELOPE)
        self.assertEqual([client.reply()[:3] for _ in range(3)], ["250", "250", "354"])
        if message is not None:
            client.send(dot_stuff(message))
        return client

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.sealonce.daemon.pid}/fd"))


class Answers(PromiseCase):
    def test_250_does_not_wait_for_the_next_message(self):
        """The next group came behind the dot, and the next hop thinks about it for long."""
        client = self.in_data()
        self.sink.on("mail", stall=True)
        client.send(dot_stuff(MESSAGE) + ENVELOPE)
        client.socket.settimeout(20)
        self.assertTrue(client.reply().startswith("250"))

    def test_signals_while_stopping(self):
        """SIGTERM, then a burst: the message in hand still gets its answer."""
        client = self.in_data()
        self.sink.on("dot", delay=1.5, times=1)
        client.send(dot_stuff(MESSAGE))
        wait_for(lambda: self.sink.octets > len(MESSAGE), "the message at the next hop")
        daemon = self.sealonce.daemon
        daemon.send(signal.SIGTERM)
        daemon.wait_for_log("stopping:")
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGHUP, signal.SIGTERM):
            time.sleep(0.05)
            daemon.send(number)
        self.assertTrue(client.reply().startswith("250"))
        wait_for(lambda: not daemon.alive(), "its end", 20, daemon.log)
        self.assertEqual(daemon.child.returncode, 0)
        self.sealonce.stop()
        self.sealonce.start()

    def test_mail_after_a_transaction_that_was_lost(self):
        """The next hop lost DSN meanwhile: RCPT is deferred, and no MAIL is nested in another."""
        self.client().greet()  # what the next hop offers is remembered
        self.sink.stop()
        offered = self.sink.keywords
        self.addCleanup(setattr, self.sink, "keywords", offered)
        self.sink.keywords = ["PIPELINING", "8BITMIME"]
        self.sink.start()
        client = self.client()
        client.greet()
        client.command(f"MAIL FROM:<{SENDER}>", "250")
        client.command(f"RCPT TO:<{RECIPIENT}> NOTIFY=NEVER", "451")
        self.assertTrue(client.transaction("second@x.example", [RECIPIENT], MESSAGE).startswith("250"))
        verbs = {}
        for number, line in self.sink.commands:
            verbs.setdefault(number, []).append(line[:4])
        for said in verbs.values():
            self.assertNotIn(("MAIL", "MAIL"), zip(said, said[1:]), "MAIL inside a transaction")


class NextHopDoesNotRead(PromiseCase):
    def test_client_gone_while_the_next_hop_does_not_read(self):
        """Both connections are closed, although the write to the next hop cannot go on."""
        before = self.descriptors()  # nobody has connected yet
        self.sink.on("content", stall=True)
        large = MESSAGE + (b"x" * 70 + b"\r\n") * 300_000
        client = self.in_data(large)
        wait_for(lambda: self.descriptors() > before + 1, "two connections")
        time.sleep(1)  # the buffers of the kernel fill up
        client.close()
        wait_for(lambda: self.descriptors() <= before, "the end of the session", 15)


class NextHops(PromiseCase):
    def test_reload_takes_the_old_next_hop_out_of_use(self):
        """Also where a connection to it still rests in the pool."""
        message = MESSAGE.replace(b"rsa.example", b"other.example")
        def send():
            client = self.client()
            client.greet()
            reply = client.transaction("a@other.example", [RECIPIENT], message)
            self.assertTrue(reply.startswith("250"), reply)
        send()
        other = Sink(free_port()).start()
        self.addCleanup(other.stop)
        with open(self.sealonce.config) as file:
            text = file.read()
        with open(self.sealonce.config, "w") as file:
            file.write(text.replace(f":{self.sink.port}\"", f":{other.port}\""))
        self.sealonce.daemon.send(signal.SIGHUP)
        self.sealonce.daemon.wait_for_log("configuration reloaded")
        send()
        send()
        self.assertEqual((len(self.sink.deliveries), len(other.deliveries)), (1, 2))


class Offers(PromiseCase):
    def test_offers_of_a_connection_that_rested(self):
        """What was learned is forgotten, the connection is not: EHLO still mirrors the next hop."""
        self.sink.keywords = ["PIPELINING", "8BITMIME", "SIZE 1000000"]
        first = self.client().greet()
        self.assertNotIn("DSN", first)
        time.sleep(11)  # limits::next_hop_offer_age < this < limits::next_hop_idle
        self.assertEqual(self.client().greet(), first)
        self.assertEqual(self.sink.connections, 1)


class Files(PromiseCase):
    def test_unix_socket_where_a_file_is(self):
        """A wrong path in `listen` must not cost a file."""
        path = f"{self.workspace.directory('unix')}/precious"
        with open(path, "w") as file:
            file.write("precious")
        with open(self.sealonce.config) as file:
            text = file.read()
        config = f"{self.workspace.directory('unix')}/sealonce.toml"
        with open(config, "w") as file:
            file.write(text.replace(f"127.0.0.1:{self.sealonce.port}", f"unix:{path}"))
        done = subprocess.run([binary(), "serve", "--config", config], capture_output=True, timeout=30)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b"cannot listen on", done.stderr)
        with open(path) as file:
            self.assertEqual(file.read(), "precious")
