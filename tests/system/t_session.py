"""The relay by itself: what real clients do to a session, octet for octet, without Postfix."""

import random
import re
import signal
import socket

from harness.deadline import wait_for
from harness.dns import NameServer
from harness.loop import own_signatures
from harness.messages import USUAL
from harness.relay import MESSAGE, RECIPIENT, SENDER, RelayCase
from harness.sealonce import run
from harness.smtp_client import SmtpClient, dot_stuff
from harness.verify import Verifiers

HEAD = USUAL.replace(b"DOMAIN", b"rsa.example")


def message(name, body):
    return HEAD % (name.encode(), name.encode()) + b"\r\n" + body


class Session(RelayCase):
    def greeted(self):
        client = self.client()
        client.greet()
        return client

    def assert_arrived(self, index, content):
        """The content, octet for octet, below one signature of ours."""
        got = self.sink.deliveries[index].content
        self.assertEqual(len(own_signatures(got, "rsa.example")), 1)
        self.assertTrue(got.endswith(b"\r\n" + content), f"{got[-300:]!r} is not {content[-300:]!r}")

    def test_several_messages_on_a_connection(self):
        client = self.greeted()
        contents = [message(f"m{n}", b"body %d\r\n" % n * n) for n in range(20)]
        for content in contents:
            self.assertTrue(client.transaction(SENDER, [RECIPIENT], content).startswith("250"))
        for index, content in enumerate(contents):
            self.assert_arrived(index, content)

    def test_pipelined(self):
        client = self.greeted()
        for n in range(3):
            client.send(f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<a@rcpt.example>\r\n"
                        "RCPT TO:<b@rcpt.example>\r\nDATA\r\n".encode())
            self.assertEqual([client.reply()[:3] for _ in range(4)], ["250", "250", "250", "354"])
            client.send(dot_stuff(MESSAGE))
            self.assertTrue(client.reply().startswith("250"))
            self.assert_arrived(n, MESSAGE)

    def test_next_transaction_behind_the_dot(self):
        """The client does not wait for the reply to the dot before the next MAIL and QUIT."""
        client = self.greeted()
        client.command(f"MAIL FROM:<{SENDER}>", "250")
        client.command(f"RCPT TO:<{RECIPIENT}>", "250")
        client.command("DATA", "354")
        client.send(dot_stuff(MESSAGE) + f"MAIL FROM:<{SENDER}>\r\nRSET\r\nNOOP\r\nQUIT\r\n".encode())
        self.assertEqual([client.reply()[:3] for _ in range(5)],
                         ["250", "250", "250", "250", "221"])

    def test_octet_by_octet(self):
        client = self.client()
        client.reply()
        script = (f"EHLO c\r\nMAIL FROM:<{SENDER}>\r\nRCPT TO:<{RECIPIENT}>\r\nDATA\r\n".encode())
        for octet in script:
            client.send(bytes([octet]))
        self.assertEqual([client.reply()[:3] for _ in range(4)], ["250", "250", "250", "354"])
        for octet in dot_stuff(MESSAGE):
            client.send(bytes([octet]))
        self.assertTrue(client.reply().startswith("250"))
        self.assert_arrived(0, MESSAGE)

    def test_random_pieces(self):
        seed = random.randrange(1 << 32)
        chance = random.Random(seed)
        body = b"".join(b"." * chance.randrange(4) + bytes(chance.choices(range(32, 127), k=40)) +
                        b"\r\n" for _ in range(3000))
        content = message("pieces", body)
        client = self.greeted()
        client.command(f"MAIL FROM:<{SENDER}>", "250")
        client.command(f"RCPT TO:<{RECIPIENT}>", "250")
        client.command("DATA", "354")
        wire = dot_stuff(content)
        while wire:
            size = chance.choice((1, 2, 3, 5, 100, 1460, 16384))
            client.send(wire[:size])
            wire = wire[size:]
        self.assertTrue(client.reply().startswith("250"), f"seed {seed}")
        self.assert_arrived(0, content)

    def test_large(self):
        """Past memory_limit into the spool file, and back out of it unchanged."""
        content = message("large", random.Random(7).randbytes(9 << 20).hex().encode())
        content = re.sub(rb"([0-9a-f]{76})", rb"\1\r\n", content) + b"\r\n"
        client = self.greeted()
        self.assertTrue(client.transaction(SENDER, [RECIPIENT], content).startswith("250"))
        self.assert_arrived(0, content)

    def test_envelope_parameters_pass(self):
        client = self.greeted()
        client.command(f"MAIL FROM:<{SENDER}> BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=a+2Bb", "250")
        client.command(f"RCPT TO:<{RECIPIENT}> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;x+2By@z", "250")
        client.command("DATA", "354")
        client.send(dot_stuff(MESSAGE))
        self.assertTrue(client.reply().startswith("250"))
        got = self.sink.deliveries[0]
        self.assertEqual(set(got.mail_parameters.split()) - {f"SIZE={len(MESSAGE)}"},
                         {"BODY=8BITMIME", "SMTPUTF8", "RET=HDRS", "ENVID=a+2Bb"})
        self.assertEqual(got.recipients, [(RECIPIENT, "NOTIFY=SUCCESS,DELAY ORCPT=rfc822;x+2By@z")])

    def test_xforward_passes(self):
        before = len(self.sealonce.transactions())
        client = self.client()
        client.reply()
        offered = client.command("EHLO c", "250")
        self.assertIn("XFORWARD", offered)
        client.command("XFORWARD NAME=spike.example ADDR=192.0.2.7 PORT=4711", "250")
        client.command("XFORWARD PROTO=ESMTP HELO=spike IDENT=QUEUE1 SOURCE=REMOTE", "250")
        self.assertTrue(client.transaction(SENDER, [RECIPIENT], MESSAGE).startswith("250"))
        self.assertEqual(self.sink.deliveries[0].xforward, {
            "NAME": "spike.example", "ADDR": "192.0.2.7", "PORT": "4711", "PROTO": "ESMTP",
            "HELO": "spike", "IDENT": "QUEUE1", "SOURCE": "REMOTE"})
        line = self.sealonce.wait_for_transactions(before + 1)[-1]
        self.assertEqual(line["queue_id"], "QUEUE1")

    def test_ehlo_offers_what_the_next_hop_can(self):
        words = {line.split()[0] for line in self.client().greet()}
        self.assertLessEqual({"PIPELINING", "8BITMIME", "SIZE", "DSN", "SMTPUTF8",
                              "ENHANCEDSTATUSCODES", "XFORWARD"}, words)
        self.assertFalse({"CHUNKING", "STARTTLS", "AUTH"} & words)

    def test_log_line(self):
        before = len(self.sealonce.transactions())
        client = self.greeted()
        reply = client.transaction(SENDER, ["a@rcpt.example", "b@rcpt.example"], MESSAGE)
        line = self.sealonce.wait_for_transactions(before + 1)[-1]
        self.assertEqual(line["from"], f"<{SENDER}>")
        self.assertEqual(line["nrcpt"], "2")
        self.assertEqual(line["action"], "signed")
        self.assertEqual(line["keys"], "rsa.example/rsa")
        self.assertEqual(line["reply"], reply)
        self.assertEqual(line["relay"], "test")

    def test_runs_without_privileges(self):
        """Started as root it is somebody else by the time it is ready."""
        with open(f"/proc/{self.sealonce.daemon.pid}/status") as file:
            ids = re.search(r"Uid:\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)", file.read()).groups()
        self.assertNotIn("0", ids)

    def test_client_vanishes_in_the_message(self):
        """Nothing of it goes on, and the next message is clean."""
        client = self.greeted()
        client.command(f"MAIL FROM:<{SENDER}>", "250")
        client.command(f"RCPT TO:<{RECIPIENT}>", "250")
        client.command("DATA", "354")
        client.send(dot_stuff(MESSAGE)[:-3])
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()
        self.assertTrue(self.greeted().transaction(SENDER, [RECIPIENT], MESSAGE).startswith("250"))
        self.assertEqual(len(self.sink.deliveries), 1)
        self.assert_arrived(0, MESSAGE)

    def test_one_client_of_many_is_slow(self):
        """A client that stops in the middle holds nobody up."""
        slow = self.greeted()
        slow.command(f"MAIL FROM:<{SENDER}>", "250")
        slow.command(f"RCPT TO:<{RECIPIENT}>", "250")
        slow.command("DATA", "354")
        slow.send(MESSAGE[:40])
        for _ in range(5):
            reply = self.greeted().transaction(SENDER, [RECIPIENT], MESSAGE)
            self.assertTrue(reply.startswith("250"))
        slow.send(MESSAGE[40:-len(b".Hello\r\n")] + b"..Hello\r\n.\r\n")
        self.assertTrue(slow.reply().startswith("250"))
        self.assertEqual(len(self.sink.deliveries), 6)
        self.assert_arrived(5, MESSAGE)


class Smuggling(RelayCase):
    """<CRLF>.<CRLF> alone ends the data. What only looks like it stays inside one message."""

    LOOKALIKES = (b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\n.\r",
                  b"\r.\n", b"\r\n\0.\r\n", b"\r\n.\0\r\n", b"\r\r\n.\r\r\n", b"\n\n.\n\n",
                  b"\r\n.\r\r\n", b"\n\r.\n\r")

    def test_lookalikes(self):
        for lookalike in self.LOOKALIKES:
            with self.subTest(lookalike=lookalike):
                self.sink.clear()
                client = self.client()
                client.greet()
                client.command(f"MAIL FROM:<{SENDER}>", "250")
                client.command(f"RCPT TO:<{RECIPIENT}>", "250")
                client.command("DATA", "354")
                smuggled = (f"MAIL FROM:<evil@rsa.example>\r\nRCPT TO:<{RECIPIENT}>\r\nDATA\r\n"
                            "Subject: smuggled\r\n\r\nx").encode()
                client.send(MESSAGE + b"text" + lookalike + smuggled + b"\r\n.\r\n")
                client.reply()
                client.command("NOOP", "250")
                self.assertLessEqual(len(self.sink.deliveries), 1)
                for delivery in self.sink.deliveries:
                    self.assertIn(b"Subject: smuggled", delivery.content)
                    self.assertEqual(delivery.reverse_path, SENDER)
                    self.assertIsNone(re.search(rb"(?<!\r)\n|\r(?!\n)", delivery.content))


class Stopping(RelayCase):
    def test_sigterm_lets_a_transaction_end(self):
        client = self.client()
        client.greet()
        self.sink.on("dot", delay=0.5, times=1)
        client.command(f"MAIL FROM:<{SENDER}>", "250")
        client.command(f"RCPT TO:<{RECIPIENT}>", "250")
        client.command("DATA", "354")
        client.send(dot_stuff(MESSAGE))
        wait_for(lambda: self.sink.octets > len(MESSAGE), "the message at the next hop")
        daemon = self.sealonce.daemon
        daemon.send(signal.SIGTERM)
        self.assertTrue(client.reply().startswith("250"))
        wait_for(lambda: not daemon.alive(), "its end", 20, daemon.log)
        self.assertEqual(daemon.child.returncode, 0)
        self.assertEqual(len(self.sink.deliveries), 1)
        self.sealonce.stop()
        self.sealonce.start()


class GeneratedKey(RelayCase):
    """A key of keygen, its SELECTOR.txt put into a zone as it is: three verifiers accept the mail."""

    def test_keygen_to_verified(self):
        name_server = NameServer(self.workspace)
        directory = self.workspace.directory("generated")
        keys = []
        for kind in ("rsa", "ed25519"):
            done = run("keygen", "--domain", "made.example", "--selector", f"s-{kind}",
                       "--type", kind, "--dir", directory)
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(f"{directory}/s-{kind}.txt") as file:
                name_server.add("made.example", file.read())
            keys.append((f"s-{kind}", f"{directory}/s-{kind}.private"))
        name_server.start()
        self.addCleanup(name_server.stop)
        self.sealonce.stop()
        self.sealonce.write_config({"made.example": keys})
        self.sealonce.start()
        client = self.client()
        client.greet()
        content = MESSAGE.replace(b"rsa.example", b"made.example")
        self.assertTrue(client.transaction(SENDER, [RECIPIENT], content).startswith("250"))
        verdicts = Verifiers(self.workspace, name_server.port).all_three(
            self.sink.deliveries[0].content)
        passed = sorted((v.verifier, v.selector) for v in verdicts if v.passed)
        # Debian 12's Mail::DKIM has no Ed25519.
        self.assertEqual(passed, [("Mail::DKIM", "s-rsa"), ("dkimpy", "s-ed25519"),
                                  ("dkimpy", "s-rsa"), ("opendkim", "s-ed25519"),
                                  ("opendkim", "s-rsa")])
