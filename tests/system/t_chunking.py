"""CHUNKING (RFC 3030): what comes with BDAT leaves with DATA, octet for octet the same message."""

import random
import re

from harness.loop import own_signatures
from harness.relay import MESSAGE, RECIPIENT, SENDER, RelayCase
from harness.smtp_client import dot_stuff
from t_tls import TlsCase, large_message

B = "zoe@rcpt.example"


class Chunks(RelayCase):
    """A client with BDAT, sealonce, and a scripted next hop."""

    relay_keys = "chunking = true\n"
    further = '[message]\nmax_size = "1MiB"\nmemory_limit = "64KiB"\n'

    def greeted(self):
        client = self.client()
        self.assertIn("CHUNKING", client.greet())
        return client

    def begin(self, client, recipients=(RECIPIENT,)):
        client.command(f"MAIL FROM:<{SENDER}>", "250")
        for recipient in recipients:
            client.command(f"RCPT TO:<{recipient}>", "250")

    def chunk(self, client, octets, last=False):
        client.send(b"BDAT %d%s\r\n" % (len(octets), b" LAST" if last else b"") + octets)
        return client.reply()

    def assert_arrived(self, content):
        got = self.sink.deliveries[-1].content
        self.assertEqual(len(own_signatures(got, "rsa.example")), 1)
        self.assertTrue(got.endswith(b"\r\n" + content), f"{got[-200:]!r} is not {content[-200:]!r}")

    def test_three_chunks(self):
        client = self.greeted()
        self.begin(client)
        cuts = (0, 10, len(MESSAGE) - 3, len(MESSAGE))
        for start, end in zip(cuts, cuts[1:]):
            last = end == len(MESSAGE)
            reply = self.chunk(client, MESSAGE[start:end], last)
            self.assertEqual(reply, "250 2.0.0 Ok: queued as SINK1" if last
                             else f"250 2.0.0 Ok: {end} octets so far")
        self.assert_arrived(MESSAGE)
        line = self.sealonce.wait_for_transactions(1)[-1]
        self.assertEqual(line["action"], "signed")

    def test_empty_last_chunk(self):
        client = self.greeted()
        self.begin(client)
        self.assertTrue(self.chunk(client, MESSAGE).startswith("250"))
        self.assertTrue(self.chunk(client, b"", True).startswith("250"))
        self.assert_arrived(MESSAGE)

    def test_random_chunks_are_the_same_message_as_data(self):
        """The next hop cannot tell how it came in."""
        seed = random.randrange(1 << 32)
        chance = random.Random(seed)
        for _ in range(40):
            body = b"".join(chance.choice((b".", b"..", b"\r\n", b"\r\n.\r\n", b"\r", b"\n", b"text", b""))
                            for _ in range(chance.randrange(60)))
            content = MESSAGE + body
            client = self.greeted()
            self.begin(client)
            if content.endswith(b"\r\n"):
                wire = dot_stuff(content)
            else:
                wire = dot_stuff(content + b"\r\n")
            client.command("DATA", "354")
            client.send(wire)
            self.assertTrue(client.reply().startswith("250"), f"seed {seed}")
            self.begin(client)
            left, replies = content, 0
            while True:
                size = chance.choice((0, 1, 2, 3, 7, 100, 1000))
                part, left = left[:size], left[size:]
                client.send(b"BDAT %d%s\r\n" % (len(part), b"" if left else b" LAST") + part)
                replies += 1
                if not left:
                    break
            for _ in range(replies):
                self.assertTrue(client.reply().startswith("250"), f"seed {seed}")
            data, bdat = (re.sub(rb"(?s)^DKIM-Signature:.*?\r\n(?![ \t])", b"", d.content)
                          for d in self.sink.deliveries[-2:])
            self.assertEqual(data, bdat, f"seed {seed}")

    def test_last_line_without_its_end(self):
        client = self.greeted()
        self.begin(client)
        self.assertTrue(self.chunk(client, MESSAGE + b"no end", True).startswith("250"))
        self.assert_arrived(MESSAGE + b"no end\r\n")

    def test_through_the_spool_file(self):
        content = MESSAGE + (b"." * 70 + b"\r\n") * 10_000
        client = self.greeted()
        self.begin(client)
        for start in range(0, len(content), 99_999):
            self.assertTrue(self.chunk(client, content[start:start + 99_999]).startswith("250"))
        self.assertTrue(self.chunk(client, b"", True).startswith("250"))
        self.assert_arrived(content)

    def test_refused_recipient_and_a_group(self):
        self.sink.on("rcpt", match=B, reply="550 5.1.1 no such user")
        client = self.greeted()
        client.send(f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{B}>\r\nRCPT TO:<{RECIPIENT}>\r\n".encode() +
                    b"BDAT %d LAST\r\n" % len(MESSAGE) + MESSAGE + b"NOOP\r\n")
        self.assertEqual([client.reply()[:3] for _ in range(5)], ["250", "550", "250", "250", "250"])
        self.assertEqual(self.sink.deliveries[0].addresses(), [RECIPIENT])
        self.assert_arrived(MESSAGE)

    def test_no_recipient(self):
        self.sink.on("rcpt", reply="550 5.1.1 no such user")
        client = self.greeted()
        client.send(f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{B}>\r\n".encode() +
                    b"BDAT 6 LAST\r\nQUIT\r\n" + b"NOOP\r\n")
        self.assertEqual([client.reply()[:3] for _ in range(4)], ["250", "550", "554", "250"])
        self.assertEqual(self.sink.deliveries, [])

    def test_next_hop_refuses_data(self):
        """Its reply is that to the last chunk; the session goes on."""
        for reply in ("451 4.3.0 not now", "554-5.7.1 no\n554 5.7.1 never", "421 4.3.2 closing"):
            self.sink.on("data", reply=reply, times=1)
            client = self.greeted()
            self.begin(client)
            self.assertTrue(self.chunk(client, MESSAGE[:5]).startswith("250"))
            self.assertEqual(self.chunk(client, MESSAGE[5:], True), reply)
            self.assertEqual(self.sink.deliveries, [])
            self.assert_next_message_passes(client, "250")
            self.sink.clear()

    def test_next_hop_lost(self):
        for step, act in (("data", {"drop": True}), ("data", {"half": "354 go"}),
                          ("data", {"reply": "250 what"}), ("content", {"drop": True}),
                          ("dot", {"half": "250 2.0.0 Ok"})):
            with self.subTest(step=step, act=act):
                self.sink.on(step, times=1, **act)
                client = self.greeted()
                self.begin(client)
                self.assertTrue(self.chunk(client, MESSAGE, True).startswith("451"))
                self.sink.usual()
                self.assert_next_message_passes(client, "250")

    def test_next_hop_closes_between_chunks(self):
        client = self.greeted()
        self.begin(client)
        self.assertTrue(self.chunk(client, MESSAGE[:9]).startswith("250"))
        self.sink.stop()
        self.sink.start()
        self.assertTrue(self.chunk(client, MESSAGE[9:], True).startswith("451 4.4.2"))
        self.assert_next_message_passes(client, "250")

    def test_reset_in_the_middle(self):
        """Nothing goes on; the next message is clean, and over the same connection."""
        client = self.greeted()
        self.begin(client)
        connections = self.sink.connections
        self.assertTrue(self.chunk(client, b"From: evil@rsa.example\r\n").startswith("250"))
        client.command("RSET", "250")
        self.assertTrue(self.chunk(client, MESSAGE, True).startswith("503"))
        self.begin(client)
        self.assertTrue(self.chunk(client, MESSAGE, True).startswith("250"))
        self.assertEqual(len(self.sink.deliveries), 1)
        self.assertNotIn(b"evil@", self.sink.deliveries[0].content)
        self.assertEqual(self.sink.connections, connections)

    def test_data_behind_a_chunk(self):
        client = self.greeted()
        self.begin(client)
        self.assertTrue(self.chunk(client, MESSAGE[:9]).startswith("250"))
        self.assertTrue(client.command("DATA").startswith("503"))
        self.assertTrue(self.chunk(client, MESSAGE[9:], True).startswith("250"))
        self.assert_arrived(MESSAGE)

    def test_too_large(self):
        """Refused with the chunk that is too much, once all of it has come; the rest hears the same."""
        before = len(self.sealonce.transactions())
        client = self.greeted()
        self.begin(client)
        self.assertTrue(self.chunk(client, MESSAGE).startswith("250"))
        self.assertTrue(self.chunk(client, b"x" * (1 << 20)).startswith("552 5.3.4"))
        self.assertTrue(self.chunk(client, b"QUIT\r\n").startswith("552 5.3.4"))
        self.assertTrue(self.chunk(client, b"QUIT\r\n", True).startswith("552 5.3.4"))
        line = self.sealonce.wait_for_transactions(before + 1)[-1]
        self.assertEqual((line["action"], line["reason"]), ("refused", "size"))
        self.assert_next_message_passes(client, "552")
        self.begin(client)
        self.assertTrue(self.chunk(client, b"x" * (1 << 20), True).startswith("552 5.3.4"))
        self.assert_next_message_passes(client, "552")

    def test_bad_sizes_end_the_session(self):
        for size in ("", "x", "-5", "5 FIRST", "99999999999999999999 LAST"):
            client = self.greeted()
            self.begin(client)
            client.send(f"BDAT {size}\r\nRSET\r\nMAIL FROM:<evil@rsa.example>\r\n".encode())
            self.assertTrue(client.reply().startswith("501"))
            self.assertEqual(client.socket.recv(100), b"")

    def test_client_vanishes(self):
        before = len(self.sealonce.transactions())
        client = self.greeted()
        self.begin(client)
        self.assertTrue(self.chunk(client, MESSAGE[:9]).startswith("250"))
        client.send(b"BDAT 1000 LAST\r\nhalf")
        client.close()
        line = self.sealonce.wait_for_transactions(before + 1)[-1]
        self.assertEqual((line["action"], line["reason"]), ("deferred", "upstream-gone"))
        self.assertEqual(self.sink.deliveries, [])

    def test_binarymime(self):
        client = self.greeted()
        self.assertTrue(client.command(f"MAIL FROM:<{SENDER}> BODY=BINARYMIME").startswith("555"))


class StrayRefused(RelayCase):
    relay_keys = "chunking = true\n"
    further = '[message]\nstray_cr_lf = "reject"\n'

    def test_at_once(self):
        client = self.client()
        client.greet()
        client.command(f"MAIL FROM:<{SENDER}>", "250")
        client.command(f"RCPT TO:<{RECIPIENT}>", "250")
        client.send(b"BDAT 4\r\na\r\nb" + b"BDAT 3\r\nc\nd" + b"BDAT 1 LAST\r\nx")
        self.assertEqual([client.reply()[:10] for _ in range(3)],
                         ["250 2.0.0 ", "550 5.6.11", "550 5.6.11"])
        self.assert_next_message_passes(client, "550")


class LmtpChunks(RelayCase):
    """RFC 2033 §4.3: the last chunk is answered for each recipient, the others once."""

    relay_keys = 'chunking = true\nlisten_protocol = "lmtp"\nnext_hop_protocol = "lmtp"\n'
    lmtp = True

    def send(self):
        client = self.client()
        self.assertIn("CHUNKING", client.greet(verb="LHLO"))
        client.send(f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{RECIPIENT}>\r\nRCPT TO:<{B}>\r\n".encode() +
                    b"BDAT 5\r\n" + MESSAGE[:5] + b"BDAT %d LAST\r\n" % (len(MESSAGE) - 5) + MESSAGE[5:])
        self.assertEqual([client.reply()[:3] for _ in range(4)], ["250"] * 4)
        ends = client.ends(2)
        self.assertEqual(client.command("NOOP"), "250 2.0.0 Ok")
        return ends

    def test_own_ends(self):
        self.sink.on("dot", match=B, reply="452 4.2.2 full")
        self.assertEqual([e[:3] for e in self.send()], ["250", "452"])
        self.assertEqual([d.addresses() for d in self.sink.deliveries], [[RECIPIENT]])

    def test_data_refused(self):
        self.sink.on("data", reply="451 4.3.0 not now", times=1)
        self.assertEqual(self.send(), ["451 4.3.0 not now"] * 2)


class ChunksInsideTls(TlsCase):
    relay_keys = ('chunking = true\n'
                  'tls = { certificate = "{certificate}", key = "{key}", mode = "required" }')

    def test_before_and_inside(self):
        """Before STARTTLS a chunk is swallowed and refused; inside it is as everywhere."""
        client = self.tls_client()
        client.reply()
        client.command("EHLO client.example", "250")
        client.send(b"BDAT 6 LAST\r\nQUIT\r\n")
        self.assertTrue(client.reply().startswith("530 5.7.0"))
        client.command("STARTTLS", "220")
        client.wrap()
        self.assertIn("CHUNKING", client.command("EHLO client.example", "250"))
        content = large_message(3 << 20)
        client.command(f"MAIL FROM:<{SENDER}>", "250")
        client.command(f"RCPT TO:<{RECIPIENT}>", "250")
        half = len(content) // 2
        client.send(b"BDAT %d\r\n" % half + content[:half] +
                    b"BDAT %d LAST\r\n" % (len(content) - half) + content[half:])
        self.assertTrue(client.reply().startswith("250"))
        self.assertTrue(client.reply().startswith("250"))
        self.assert_arrived(content)
