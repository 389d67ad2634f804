"""LMTP (RFC 2033): in, out, and on one side only. Nobody's mail is lost, nobody's comes twice."""

import smtplib

from harness.deadline import wait_for
from harness.loop import own_signatures
from harness.relay import MESSAGE, SENDER, RelayCase
from harness.sealonce import run
from harness.smtp_client import dot_stuff

A, B, C = (f"{name}@rcpt.example" for name in "abc")
IN, OUT = 'listen_protocol = "lmtp"\n', 'next_hop_protocol = "lmtp"\n'


class LmtpIn(RelayCase):
    """An upstream that speaks LMTP."""

    relay_keys = IN

    def greeted(self):
        client = self.client()
        client.greet(verb="LHLO")
        return client

    def send(self, recipients, message=MESSAGE):
        """One transaction; returns the replies to the message, for the recipients accepted."""
        client = self.greeted()
        replies = self.transact(client, recipients, message)
        answers = replies["rcpt"] if len(recipients) > 1 else [replies["rcpt"]]
        accepted = sum(a.startswith("2") for a in answers)
        if not replies.get("data", "").startswith("354"):
            return replies
        ends = [replies["dot"], *client.ends(accepted - 1)]
        self.assertEqual(client.command("NOOP"), "250 2.0.0 Ok", "nothing but these replies")
        return ends

    def log_line(self):
        self.wait_for_line()
        return self.sealonce.transactions()[-1]

    def setUp(self):
        super().setUp()
        self.lines = len(self.sealonce.transactions())

    def wait_for_line(self):
        self.sealonce.wait_for_transactions(self.lines + 1)


class LmtpToSmtp(LmtpIn):
    def test_one_reply_for_each_recipient(self):
        ends = self.send([A, B, C])
        self.assertEqual(ends, ["250 2.0.0 Ok: queued as SINK1"] * 3)
        self.assertEqual(len(self.sink.deliveries), 1)
        self.assertEqual(self.sink.deliveries[0].addresses(), [A, B, C])
        self.assertEqual(len(own_signatures(self.sink.deliveries[0].content, "rsa.example")), 1)
        line = self.log_line()
        self.assertEqual((line["nrcpt"], line["action"]), ("3", "signed"))
        self.assertNotIn("refused", line)

    def test_only_accepted_recipients_count(self):
        self.sink.on("rcpt", match=B, reply="550 5.1.1 no such user")
        self.assertEqual(len(self.send([A, B, C])), 2)
        self.assertEqual(self.sink.deliveries[0].addresses(), [A, C])

    def test_a_refusal_is_said_to_each(self):
        self.sink.on("dot", reply="554-5.7.1 no\n554 5.7.1 never", times=1)
        self.assertEqual(self.send([A, B]), ["554-5.7.1 no\n554 5.7.1 never"] * 2)
        line = self.log_line()
        self.assertEqual((line["action"], line["reason"]), ("refused", "next-hop"))

    def test_next_hop_lost_after_the_dot(self):
        self.sink.on("dot", half="250 2.0.0 Ok: que", times=1)
        ends = self.send([A, B])
        self.assertEqual([e[:9] for e in ends], ["451 4.4.2"] * 2)
        self.assertEqual(self.log_line()["action"], "deferred")

    def test_no_recipient_at_all(self):
        self.sink.on("rcpt", reply="550 5.1.1 no such user")
        client = self.greeted()
        client.send(f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{A}>\r\nDATA\r\n".encode())
        self.assertEqual([client.reply()[:3] for _ in range(3)], ["250", "550", "503"])
        self.sink.usual()
        client.command("RSET", "250")
        self.assertTrue(client.transaction(SENDER, [A], MESSAGE).startswith("250"))
        self.assertEqual(len(self.sink.deliveries), 1)

    def test_ehlo_is_not_for_lmtp(self):
        client = self.client()
        client.reply()
        self.assertTrue(client.command("EHLO x").startswith("500"))
        self.assertTrue(client.command("HELO x").startswith("500"))
        offered = client.command("LHLO x", "250")
        for word in ("PIPELINING", "ENHANCEDSTATUSCODES", "8BITMIME", "DSN", "SMTPUTF8", "XFORWARD"):
            self.assertIn(word, offered)

    def test_smtplib(self):
        """Python's LMTP client: one refused at RCPT, the rest delivered."""
        self.sink.on("rcpt", match=B, reply="550 5.1.1 no such user")
        with smtplib.LMTP("127.0.0.1", self.sealonce.port) as client:
            refused = client.sendmail(SENDER, [A, B], MESSAGE)
        self.assertEqual(list(refused), [B])
        self.assertEqual(self.sink.deliveries[0].addresses(), [A])


class LmtpToLmtp(LmtpIn):
    relay_keys = IN + OUT
    lmtp = True

    def test_each_recipient_has_its_own_end(self):
        self.sink.on("dot", match=A, reply="250 2.1.5 a has it")
        self.sink.on("dot", match=B, reply="452-4.2.2 b is\n452 4.2.2 full")
        self.sink.on("dot", match=C, reply="550 5.2.1 c is closed")
        ends = self.send([A, B, C])
        self.assertEqual(ends, ["250 2.1.5 a has it", "452-4.2.2 b is\n452 4.2.2 full",
                                "550 5.2.1 c is closed"])
        self.assertEqual([d.addresses() for d in self.sink.deliveries], [[A]])
        line = self.log_line()
        self.assertEqual((line["action"], line["nrcpt"], line["refused"], line["reply"]),
                         ("signed", "3", "2", "452 4.2.2 b is 4.2.2 full"))

    def test_replies_come_as_they_are_made(self):
        """The first recipient is not kept waiting for the second."""
        self.sink.on("dot", match=B, stall=True)
        client = self.greeted()
        replies = self.transact(client, [A, B])
        self.assertTrue(replies["dot"].startswith("250"), replies)
        self.sink.usual()
        self.assertTrue(client.reply().startswith("451 4.4.2"))

    def test_lost_after_the_first_reply(self):
        """What came counts; only the others are tried again."""
        self.sink.on("dot", match=B, drop=True)
        ends = self.send([A, B, C])
        self.assertEqual([e[:9] for e in ends], ["250 2.0.0", "451 4.4.2", "451 4.4.2"])
        self.assertEqual([d.addresses() for d in self.sink.deliveries], [[A]])
        line = self.log_line()
        self.assertEqual((line["action"], line["refused"]), ("signed", "2"))

    def test_half_a_reply_is_none(self):
        self.sink.on("dot", match=B, half="250 2.0.0 Ok")
        self.assertEqual([e[:3] for e in self.send([A, B])], ["250", "451"])

    def test_nobody_takes_it(self):
        self.sink.on("dot", match=A, reply="550 5.2.1 closed")
        self.sink.on("dot", match=B, reply="452 4.2.2 full")
        self.assertEqual([e[:3] for e in self.send([A, B])], ["550", "452"])
        line = self.log_line()
        self.assertEqual((line["action"], line["reason"]), ("deferred", "next-hop"))
        self.assertNotIn("refused", line)

    def test_a_reply_too_many(self):
        """It belongs to nobody: the connection is not used again."""
        self.sink.on("dot", match=A, reply="250 2.0.0 one\n250 2.0.0 two", times=1)
        self.assertEqual(self.send([A]), ["250 2.0.0 one"])
        self.assertEqual(self.send([B])[0][:3], "250")
        self.assertEqual([d.addresses() for d in self.sink.deliveries], [[A], [B]])

    def test_connection_is_used_again(self):
        before = self.sink.connections
        for _ in range(3):
            self.assertEqual(len(self.send([A, B])), 2)
        self.assertLessEqual(self.sink.connections, before + 1)


class SmtpToLmtp(RelayCase):
    """SMTP has one reply for all, so a transaction has one recipient."""

    relay_keys = OUT
    lmtp = True

    def test_the_others_are_for_another_transaction(self):
        client = self.client()
        client.greet()
        replies = self.transact(client, [A, B])
        self.assertTrue(replies["rcpt"][0].startswith("250"), replies)
        self.assertEqual(replies["rcpt"][1],
                         "452 4.5.3 One recipient at a time: the next hop speaks LMTP")
        self.assertTrue(replies["dot"].startswith("250"), replies)
        self.assertEqual([d.addresses() for d in self.sink.deliveries], [[A]])

    def test_pipelined(self):
        self.sink.on("rcpt", match=A, reply="550 5.1.1 no such user")
        client = self.client()
        client.greet()
        client.send(f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{A}>\r\nRCPT TO:<{B}>\r\nRCPT TO:<{C}>\r\n"
                    "DATA\r\n".encode())
        self.assertEqual([client.reply()[:3] for _ in range(5)], ["250", "550", "250", "452", "354"])
        client.send(dot_stuff(MESSAGE))
        self.assertTrue(client.reply().startswith("250"))
        self.assertEqual([d.addresses() for d in self.sink.deliveries], [[B]])

    def test_the_refusal_is_the_next_hops(self):
        self.sink.on("dot", reply="452 4.2.2 full", times=1)
        client = self.client()
        client.greet()
        self.assertEqual(self.transact(client, [A])["dot"], "452 4.2.2 full")
        self.assert_next_message_passes(client, "452")

    def test_check_recommends_one_recipient(self):
        done = run("check", "--config", self.sealonce.config)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"_destination_recipient_limit=1", done.stdout + done.stderr)

    def test_next_hop_without_lhlo(self):
        """An SMTP server where LMTP is configured: nothing is taken."""
        self.sink.lmtp = False
        self.addCleanup(setattr, self.sink, "lmtp", True)
        self.sink.stop()
        self.sink.start()
        client = self.client()
        client.greet()
        reply = client.command(f"MAIL FROM:<{SENDER}>")
        self.assertTrue(reply.startswith("451 4.4.1"), reply)
        self.assertIn("LHLO", reply)
        wait_for(lambda: self.sealonce.transactions(), "the log line")
