"""LMTP with the real ones: Postfix's lmtp(8) as upstream, Dovecot and re-injection as next hops. Each
recipient gets each message once, whoever refuses whom."""

import os
import random
import unittest

from harness.deadline import wait_for
from harness.dovecot import Dovecot
from harness.filters import Amavis
from harness.loop import make_keys, own_signatures, submit_case
from harness.messages import cases
from harness.ports import free_port
from harness.postfix import Postfix
from harness.relay import MESSAGE, SENDER
from harness.sealonce import Sealonce
from harness.sink import Sink
from harness.smtp_client import SmtpClient, submit
from harness.verify import Verifiers
from harness.workspace import ServerCase

# The transport to the filter; PROTOCOL is smtp or lmtp.
TRANSPORT = """\
sealonce unix - - n - 10 PROTOCOL
  -o PROTOCOL_send_xforward_command=yes
  -o disable_mime_output_conversion=yes
  -o PROTOCOL_generic_maps=
  -o PROTOCOL_tls_security_level=none
"""
REINJECT = """\
127.0.0.1:{port} inet n - n - 10 smtpd
  -o content_filter=
  -o receive_override_options=no_address_mappings,no_unknown_recipient_checks
  -o smtpd_authorized_xforward_hosts=127.0.0.0/8
"""
NAMES = ("plain", "dots", "empty-body", "eight-bit", "smtputf8", "null-sender", "two-recipients",
         "many-recipients", "dsn", "attachment", "no-from")


class PeersCase(ServerCase):
    """Postfix → sealonce → a next hop that build() makes."""

    protocol = "lmtp"   # of the transport
    relay_keys = ""
    main_cf = ""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keys, cls.name_server = make_keys(cls.workspace, {"rsa.example": ["rsa"]})
        cls.keep(cls.name_server.start())
        cls.verifiers = Verifiers(cls.workspace, cls.name_server.port)
        cls.sink = cls.keep(Sink(free_port()).start())  # where bounces go, too
        cls.postfix = Postfix(cls.workspace, cls.sink.port, "postfix", cls.main_cf +
                              "soft_bounce = no\n")
        cls.postfix.add_services(TRANSPORT.replace("PROTOCOL", cls.protocol))
        cls.postfix.add_main_cf(
            f"content_filter = sealonce:[127.0.0.1]:{cls.postfix.filter_port}\n")
        next_hop = cls.next_hop()
        cls.sealonce = Sealonce(cls.workspace, next_hop, cls.keys, cls.postfix.filter_port,
                                relay_keys=cls.relay_keys)
        cls.keep(cls.sealonce).start()
        cls.keep(cls.postfix).start()

    @classmethod
    def next_hop(cls):
        """Starts it; returns its port."""
        raise NotImplementedError

    def submit(self, recipients, content=MESSAGE):
        submit(self.postfix.front, SENDER, recipients, content)


class LmtpFeed(PeersCase):
    """Postfix lmtp(8) → sealonce → re-injection: the loop with another protocol on its first leg."""

    relay_keys = 'listen_protocol = "lmtp"\n'

    @classmethod
    def next_hop(cls):
        cls.postfix.add_services(REINJECT.format(port=cls.postfix.reinject_port))
        return cls.postfix.reinject_port

    def test_messages(self):
        wanted = [c for c in cases() if c.name in NAMES]
        for case in wanted:
            self.assertTrue(submit_case(self.postfix, case, "rsa.example").startswith("accepted"))
        self.postfix.wait_until_empty()
        for case in wanted:
            for address in case.addresses("rsa.example"):
                with self.subTest(case=case.name, address=address):
                    got = self.sink.for_recipient(address)
                    self.assertEqual(len(got), 1)
                    own = own_signatures(got[0].content, "rsa.example")
                    self.assertEqual(len(own), 1 if case.signed else 0)
        checked = next(d for d in self.sink.deliveries if own_signatures(d.content, "rsa.example"))
        self.assertTrue(all(v.passed for v in self.verifiers.all_three(checked.content)))
        self.assertEqual(self.postfix.complaints(), [])
        # The upstream's queue id came with XFORWARD over LMTP.
        self.assertTrue(all(t["queue_id"] for t in self.sealonce.transactions()))


class LmtpFeedThroughAmavis(LmtpFeed):
    """Postfix lmtp(8) → sealonce → amavis, in LMTP too → re-injection."""

    relay_keys = 'listen_protocol = "lmtp"\nnext_hop_protocol = "lmtp"\n'

    @classmethod
    def next_hop(cls):
        return cls.keep(Amavis(cls.workspace, super().next_hop())).start().port


class LmtpThrough(PeersCase):
    """Postfix lmtp(8) → sealonce → an LMTP server whose recipients end differently."""

    relay_keys = 'listen_protocol = "lmtp"\nnext_hop_protocol = "lmtp"\n'

    @classmethod
    def next_hop(cls):
        cls.lmtp = cls.keep(Sink(free_port(), lmtp=True).start())
        return cls.lmtp.port

    def setUp(self):
        self.lmtp.clear()
        self.sink.clear()
        self.addCleanup(self.lmtp.usual)

    def delivered(self):
        return sorted(a for d in self.lmtp.deliveries for a in d.addresses()
                      if a.endswith("@rcpt.example"))

    def test_each_ends_as_it_does(self):
        """One is delivered, one bounces, one is tried again; none of them twice."""
        names = [f"{n}@rcpt.example" for n in ("good", "never", "later", "other")]
        self.lmtp.on("dot", match="never@", reply="550 5.2.1 never")
        self.lmtp.on("dot", match="later@", reply="452 4.2.2 later", times=2)
        self.submit(names)
        self.postfix.wait_until_empty()
        self.assertEqual(self.delivered(), sorted(n for n in names if "never" not in n))
        bounces = [d for d in self.lmtp.deliveries if d.addresses() == [SENDER]]
        self.assertEqual(len(bounces) + len(self.sink.deliveries), 1)
        self.assertEqual(self.postfix.complaints(), [])

    def test_random_ends(self):
        """Whatever becomes of whom: those who were not refused for good have it once, the others
        never."""
        seed = random.randrange(1 << 32)
        chance = random.Random(seed)
        wanted, refused = [], []
        for message in range(12):
            names = [f"m{message}-{n}@rcpt.example" for n in range(chance.randrange(1, 6))]
            for name in names:
                end = chance.choice(("taken", "taken", "later", "lost", "half", "refused"))
                (refused if end == "refused" else wanted).append(name)
                if end != "taken":
                    self.lmtp.on("dot", match=name, times=None if end == "refused" else 1, **{
                        "later": {"reply": "452 4.2.2 later"}, "lost": {"drop": True},
                        "half": {"half": "250 2.0.0 Ok: que"},
                        "refused": {"reply": "550 5.2.1 never"}}[end])
            self.submit(names)
        self.postfix.wait_until_empty()
        delivered = {name: self.delivered().count(name) for name in wanted + refused}
        self.assertEqual([n for n in refused if delivered[n]], [], f"seed {seed}")
        self.assertEqual([n for n in wanted if delivered[n] != 1], [], f"seed {seed}")
        self.assertEqual(self.postfix.complaints(), [])

    def test_next_hop_lost_between_replies(self):
        names = [f"{n}@rcpt.example" for n in ("one", "two", "three")]
        self.lmtp.on("dot", match="two@", drop=True, times=1)
        self.submit(names)
        self.postfix.wait_until_empty()
        self.assertEqual(self.delivered(), sorted(names))


class SmtpInLmtpOut(LmtpThrough):
    """SMTP has one reply for all: whatever the upstream tries, each recipient gets its own end."""

    protocol = "smtp"
    relay_keys = 'next_hop_protocol = "lmtp"\n'

    def test_many_recipients(self):
        names = [f"r{n}@rcpt.example" for n in range(12)]
        self.submit(names)
        self.postfix.wait_until_empty()
        self.assertEqual(self.delivered(), sorted(names))


class SmtpInLmtpOutAsRecommended(SmtpInLmtpOut):
    main_cf = "sealonce_destination_recipient_limit = 1\n"

    def test_nobody_is_deferred(self):
        mark = len(self.postfix.log())
        self.submit([f"n{n}@rcpt.example" for n in range(10)])
        self.postfix.wait_until_empty()
        self.assertNotIn("4.5.3", self.postfix.log()[mark:])


@unittest.skipUnless(os.path.exists("/usr/lib/dovecot/lmtp"), "no dovecot-lmtpd")
class IntoDovecot(PeersCase):
    """Postfix lmtp(8) → sealonce → Dovecot: the last hop into mailboxes."""

    relay_keys = 'listen_protocol = "lmtp"\nnext_hop_protocol = "lmtp"\nchunking = true\n'

    @classmethod
    def next_hop(cls):
        cls.dovecot = Dovecot(cls.workspace)
        for name in ("ann", "bob", "cid", "dan"):
            cls.dovecot.user(name)
        cls.dovecot.user("full", can_write=False)
        cls.keep(cls.dovecot).start()
        return cls.dovecot.port

    def test_mailboxes(self):
        self.submit(["ann@rcpt.example", "bob@rcpt.example"])
        self.postfix.wait_until_empty()
        for name in ("ann", "bob"):
            messages = self.dovecot.messages(name)
            self.assertEqual(len(messages), 1, self.dovecot.log())
            verdicts = self.verifiers.all_three(messages[0])
            self.assertTrue(verdicts and all(v.passed for v in verdicts), verdicts)
        self.assertEqual(self.postfix.complaints(), [])

    def test_one_of_them_cannot_have_it(self):
        """Dovecot defers one recipient after the dot: it alone stays in the queue."""
        with SmtpClient(self.sealonce.port) as client:
            self.assertIn("CHUNKING", client.greet(verb="LHLO"))
            client.command(f"MAIL FROM:<{SENDER}>", "250")
            for name in ("cid", "full", "dan"):
                client.command(f"RCPT TO:<{name}@rcpt.example>", "250")
            client.send(b"BDAT %d LAST\r\n" % len(MESSAGE) + MESSAGE)
            self.assertEqual([r[:3] for r in client.ends(3)], ["250", "451", "250"])
        wait_for(lambda: all(len(self.dovecot.messages(n)) == 1 for n in ("cid", "dan")),
                 "the mail of the others")
        self.assertEqual(self.dovecot.messages("full"), [])
        wait_for(lambda: any(t["nrcpt"] == "3" for t in self.sealonce.transactions()), "its line in the log")
        line = [t for t in self.sealonce.transactions() if t["nrcpt"] == "3"][-1]
        self.assertEqual((line["action"], line["refused"], line["reply"][:3]),
                         ("signed", "1", "451"))
