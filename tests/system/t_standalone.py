"""sealonce on its own: clients send to it, it sends through a smarthost. swaks as the client."""

import email.utils
import re
import time

from harness.deadline import wait_for
from harness.loop import Loop, own_signatures
from harness.relay import MESSAGE, RECIPIENT, SENDER, RelayCase
from harness.smtp_client import SmtpClient
from harness.verify import split_fields
from harness.workspace import ServerCase

# RFC 5321 §4.4 as sealonce writes it.
RECEIVED = re.compile(
    rb"Received: from (?P<hello>\S+)(?: \(\[(?P<peer>[^\]]+)\]\))?\r\n"
    rb"\tby (?P<by>\S+) \(sealonce\) with (?P<protocol>[A-Z0-9]+) id (?P<id>[0-9A-F]+-[0-9A-F]+)"
    rb"(?:\r\n\tfor <(?P<recipient>[^>]+)>)?;\r\n\t(?P<date>[^\r\n]+)\r\n")


class ReceivedField(RelayCase):
    relay_keys = "received = true\nmax_hops = 3"
    further = '[server]\nhostname = "relay.example"\n'

    def deliver(self, recipients=(RECIPIENT,), message=MESSAGE, hello="client.example",
                verb="EHLO", parameters=""):
        self.sink.clear()
        client = self.client()
        client.greet(hello, verb)
        reply = client.transaction(SENDER, recipients, message, parameters)
        self.assertTrue(reply.startswith("250"), reply)
        content = self.sink.deliveries[0].content
        found = RECEIVED.match(content)
        self.assertTrue(found, content[:300])
        return found, content

    def test_on_top_of_the_signature_and_not_signed(self):
        found, content = self.deliver()
        self.assertEqual(found["hello"], b"client.example")
        self.assertEqual(found["peer"], b"127.0.0.1")
        self.assertEqual(found["by"], b"relay.example")
        self.assertEqual(found["protocol"], b"ESMTP")
        self.assertEqual(found["recipient"], RECIPIENT.encode())
        then = email.utils.parsedate_to_datetime(found["date"].decode()).timestamp()
        self.assertLess(abs(time.time() - then), 60)
        fields, _ = split_fields(content)
        self.assertTrue(fields[1].lower().startswith(b"dkim-signature:"), fields[1])
        _, tags = own_signatures(content, "rsa.example")[0]
        self.assertNotIn("received", tags["h"].lower())
        self.assertTrue(content.endswith(MESSAGE))
        wait_for(lambda: self.sealonce.transactions()[-1]["queue_id"] == found["id"].decode(),
                 "the log line with its id")

    def test_several_recipients_do_not_learn_of_each_other(self):
        found, _ = self.deliver((RECIPIENT, "carol@rcpt.example"))
        self.assertIsNone(found["recipient"])

    def test_one_that_was_refused_does_not_count(self):
        self.sink.on("rcpt", match="never@", reply="550 5.1.1 no such user")
        client = self.client()
        client.greet()
        replies = self.transact(client, ("never@rcpt.example", RECIPIENT))
        self.assertTrue(replies["dot"].startswith("250"))
        found = RECEIVED.match(self.sink.deliveries[0].content)
        self.assertEqual(found["recipient"], RECIPIENT.encode())

    def test_helo_and_odd_names(self):
        found, _ = self.deliver(verb="HELO")
        self.assertEqual(found["protocol"], b"SMTP")
        found, _ = self.deliver(hello="[IPv6:2001:db8::1]")
        self.assertEqual(found["hello"], b"[IPv6:2001:db8::1]")
        found, _ = self.deliver(hello="(x)")
        self.assertEqual(found["hello"], b"unknown")

    def test_internationalized_mail(self):
        found, _ = self.deliver(parameters="SMTPUTF8", recipients=("b\u00f6b@rcpt.example",))
        self.assertEqual(found["protocol"], b"UTF8SMTP")
        self.assertEqual(found["recipient"], "b\u00f6b@rcpt.example".encode())

    def test_each_message_has_its_own_id(self):
        client = self.client()
        client.greet()
        self.sink.clear()
        for _ in range(3):
            client.transaction(SENDER, [RECIPIENT], MESSAGE)
        ids = {RECEIVED.match(d.content)["id"] for d in self.sink.deliveries}
        self.assertEqual(len(ids), 3)

    def test_hops_are_counted(self):
        trace = b"Received: from a by b; Fri, 20 Nov 2026 14:17:16 +0000\r\n"
        self.deliver(message=3 * trace + MESSAGE)
        client = self.client()
        client.greet()
        for message in (4 * trace + MESSAGE, 100 * trace.upper() + MESSAGE):
            reply = client.transaction(SENDER, [RECIPIENT], message)
            self.assertRegex(reply, "^554 5.4.6 .*Received")
            wait_for(lambda: self.sealonce.transactions()[-1]["reason"] == "hops", "the log line")
        # In the body such lines are text.
        self.deliver(message=MESSAGE + 5 * trace)


class GoesRound(ServerCase):
    def test_mail_that_goes_round_ends(self):
        """The way back is misconfigured: it has the content filter, too."""
        loop = Loop(self, "20-signer.cf", domains={"rsa.example": ["rsa"]},
                    relay_keys="max_hops = 8")
        back = f"127.0.0.1:{loop.postfix.reinject_port}/inet"
        loop.postfix.postconf("-P", f"{back}/content_filter="
                              f"sealonce:[127.0.0.1]:{loop.postfix.filter_port}")
        loop.postfix.reload()
        with SmtpClient(loop.postfix.front) as client:
            client.greet()
            client.transaction(SENDER, [RECIPIENT], MESSAGE)
        wait_for(lambda: "status=bounced" in loop.postfix.log(), "the end of it", 60,
                 loop.postfix.log)
        self.assertRegex(loop.postfix.log(), "status=bounced .*554 5.4.6 Too many hops")
        self.assertFalse([d for d in loop.sink.deliveries if d.reverse_path])
