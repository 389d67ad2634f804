"""EHLO mirrors the next hop: what a real Postfix stops offering sealonce stops offering too, and what
is offered is carried, to the octet and to the parameter.
"""

import re

from harness.deadline import wait_for
from harness.loop import DOMAINS, Loop, make_keys, own_signatures
from harness.ports import accepts, free_port
from harness.postfix import Postfix
from harness.relay import MESSAGE, RECIPIENT, SENDER, RelayCase
from harness.sealonce import Sealonce
from harness.sink import Sink
from harness.smtp_client import SmtpClient, submit
from harness.workspace import ServerCase

# What Postfix offers that is between two neighbours alone, or a command that is not carried.
OWN_BUSINESS = {"ETRN", "VRFY", "CHUNKING", "STARTTLS", "AUTH"}
# What can be taken from its answer; CHUNKING and ETRN to see that they make no difference.
DISCARDED = ("", "8bitmime", "smtputf8", "dsn", "size", "enhancedstatuscodes", "pipelining", "xforward",
             "chunking", "etrn", "8bitmime,dsn,smtputf8,size,enhancedstatuscodes,pipelining")
OUR_SIZE = 10 << 20  # Postfix's is 20480000

SMTPD = """\
127.0.0.1:{port} inet n - n - - smtpd
  -o smtpd_discard_ehlo_keywords={discarded}
  -o smtpd_authorized_xforward_hosts=127.0.0.0/8
"""
RELAY = """
[[relay]]
name = "r{number}"
listen = "127.0.0.1:{port}"
next_hop = "127.0.0.1:{next_hop}"
"""


def offered(port):
    """Keyword → its arguments."""
    with SmtpClient(port) as client:
        lines = client.greet()
        client.command("QUIT", "221")
    return {line.split()[0]: line.split()[1:] for line in lines}


class Offers(ServerCase):
    """One Postfix with a door for each keyword that it keeps to itself, one relay before each."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sink = cls.keep(Sink(free_port()).start())
        cls.postfix = Postfix(cls.workspace, cls.sink.port)
        cls.doors = {}
        relays = ""
        for number, discarded in enumerate(DISCARDED):
            hop, port = free_port(), free_port()
            cls.doors[discarded] = (hop, port)
            cls.postfix.add_services(SMTPD.format(port=hop, discarded=discarded))
            relays += RELAY.format(number=number, port=port, next_hop=hop)
        keys, _ = make_keys(cls.workspace, {"rsa.example": ["rsa"]})
        cls.keep(cls.postfix).start()
        for hop, _ in cls.doors.values():
            wait_for(lambda p=hop: accepts(p), f"Postfix on {hop}", detail=cls.postfix.log)
        cls.sealonce = Sealonce(cls.workspace, cls.postfix.front, keys,
                                further=f'[message]\nmax_size = "{OUR_SIZE}B"\n' + relays)
        cls.keep(cls.sealonce).start()

    def test_each_keyword(self):
        for discarded, (hop, port) in self.doors.items():
            with self.subTest(discarded=discarded):
                theirs, ours = offered(hop), offered(port)
                for keyword in filter(None, discarded.upper().split(",")):
                    self.assertNotIn(keyword, theirs, "Postfix keeps it to itself")
                expected = {k: v for k, v in theirs.items() if k not in OWN_BUSINESS}
                expected["PIPELINING"] = []               # ours, whoever is behind
                expected["SIZE"] = [str(OUR_SIZE)]        # ours too, and the smaller one
                if "XFORWARD" in expected:
                    expected["XFORWARD"].sort()
                    ours["XFORWARD"].sort()
                self.assertEqual(ours, expected)

    def test_parameters_follow_the_offer(self):
        """A parameter is taken where its keyword is offered, and gets 555 where it is not."""
        cases = {"8bitmime": "BODY=8BITMIME", "dsn": "RET=HDRS ENVID=x", "smtputf8": "SMTPUTF8"}
        for discarded, parameter in cases.items():
            with self.subTest(parameter=parameter):
                for door, code in (("", "250"), (discarded, "555")):
                    with SmtpClient(self.doors[door][1]) as client:
                        client.greet()
                        client.command(f"MAIL FROM:<{SENDER}> {parameter}", code)

    def test_without_pipelining_commands_go_one_by_one(self):
        """Postfix without PIPELINING would notice a client that does not wait."""
        with SmtpClient(self.doors["pipelining"][1]) as client:
            client.greet()
            client.send(f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{RECIPIENT}>\r\nDATA\r\n".encode())
            self.assertEqual([client.reply()[:3] for _ in range(3)], ["250", "250", "354"])
            client.send(MESSAGE + b".\r\n")
            self.assertTrue(client.reply().startswith("250"))
        self.assertNotIn("improper command pipelining", self.postfix.log())

    def test_size_without_the_next_hops(self):
        """SIZE is checked by us alone; the next hop never hears the parameter that it does not know."""
        with SmtpClient(self.doors["size"][1]) as client:
            client.greet()
            client.command(f"MAIL FROM:<{SENDER}> SIZE={OUR_SIZE + 1}", "552")
            client.command(f"MAIL FROM:<{SENDER}> SIZE={OUR_SIZE}", "250")

    def test_postfix_has_no_complaint(self):
        self.assertEqual(self.postfix.complaints(), [])


class Effects(ServerCase):
    """What each keyword is for, round the whole loop: Postfix → sealonce → Postfix → next hop."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.loop = Loop(cls, "20-signer.cf",
                        {**DOMAINS, "xn--mnchen-3ya.example": ["rsa"]})
        cls.postfix, cls.sink = cls.loop.postfix, cls.loop.sink

    def setUp(self):
        self.sink.clear()

    def send(self, sender=SENDER, recipient=RECIPIENT, content=MESSAGE, **parameters):
        submit(self.postfix.front, sender, [recipient], content, **parameters)
        self.postfix.wait_until_empty()
        return self.sink.for_recipient(recipient)

    def test_8bitmime(self):
        body = "Grüße, 日本語\r\n".encode() + bytes(range(128, 256)) + b"\r\n"
        content = (MESSAGE.split(b"\r\n\r\n")[0] + b"\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; "
                   b"charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + body)
        got, = self.send(content=content, mail_parameters="BODY=8BITMIME")
        self.assertIn("BODY=8BITMIME", got.mail_parameters)
        self.assertTrue(got.content.endswith(b"\r\n\r\n" + body), got.content[-400:])
        self.assertTrue(all(v.passed for v in self.loop.verifiers.all_three(got.content)))

    def test_smtputf8(self):
        """RFC 8616: the author's domain in U-labels, d= in A-labels; the envelope as it was."""
        sender = "ü@münchen.example"
        content = ("From: Ünal <ü@münchen.example>\r\nTo: β@rcpt.example\r\nSubject: Grüße\r\n"
                   "Date: Fri, 20 Nov 2026 10:00:00 +0000\r\nMessage-ID: <u@münchen.example>\r\n\r\n"
                   "text\r\n").encode()
        got, = self.send(sender, "β@rcpt.example", content, mail_parameters="SMTPUTF8 BODY=8BITMIME")
        self.assertEqual(got.reverse_path, sender)
        self.assertIn("SMTPUTF8", got.mail_parameters.split())
        (_, tags), = own_signatures(got.content, "xn--mnchen-3ya.example")
        self.assertEqual(tags["d"], "xn--mnchen-3ya.example")
        passed = {v.verifier for v in self.loop.verifiers.all_three(got.content) if v.passed}
        self.assertEqual(passed, {"opendkim", "dkimpy", "Mail::DKIM"})

    def test_dsn_parameters_arrive(self):
        got, = self.send(mail_parameters="RET=HDRS ENVID=QQ314159",
                         rcpt_parameters="NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Bob+2Bx@rcpt.example")
        self.assertLessEqual({"RET=HDRS", "ENVID=QQ314159"}, set(got.mail_parameters.split()))
        self.assertEqual(set(dict(got.recipients)[RECIPIENT].split()),
                         {"NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;Bob+2Bx@rcpt.example"})

    def test_one_success_notice_from_the_last_hop(self):
        """Where the last server knows no DSN, the Postfix before it says so, once; the filter's leg
        makes none."""
        keywords = self.sink.keywords
        self.sink.keywords = [k for k in keywords if k != "DSN"]
        self.addCleanup(setattr, self.sink, "keywords", keywords)
        mark = len(self.postfix.log())
        self.send(recipient="notice@rcpt.example", rcpt_parameters="NOTIFY=SUCCESS",
                  mail_parameters="ENVID=NOTICE1")
        wait_for(lambda: self.sink.for_recipient(SENDER), "the notice", detail=self.postfix.log)
        self.postfix.wait_until_empty()
        notice, = self.sink.for_recipient(SENDER)
        self.assertEqual(notice.reverse_path, "")
        self.assertIn(b"Original-Envelope-Id: NOTICE1", notice.content)
        self.assertIn(b"Action: relayed", notice.content)
        self.assertEqual(len(re.findall("sender delivery status notification",
                                        self.postfix.log()[mark:])), 1)

    def test_size_is_refused_early(self):
        with SmtpClient(self.loop.sealonce.port) as client:
            size = int(dict(k.split() for k in client.greet() if k.startswith("SIZE"))["SIZE"])
            client.command(f"MAIL FROM:<{SENDER}> SIZE={size + 1}", "552 5.3.4")
            client.command(f"MAIL FROM:<{SENDER}> SIZE={size}", "250")

    def test_enhanced_status_of_the_next_hop(self):
        """Postfix's own codes come through sealonce, letter by letter."""
        with SmtpClient(self.postfix.reinject_port) as direct, \
                SmtpClient(self.loop.sealonce.port) as through:
            replies = []
            for client in (direct, through):
                client.greet()
                replies.append([client.command(f"MAIL FROM:<{SENDER}>"),
                                client.command("RCPT TO:<bob@rcpt..example>")])
        self.assertEqual(*replies)
        self.assertEqual([r[:9] for r in replies[0]], ["250 2.1.0", "501 5.1.3"])

    def test_xforward_reaches_the_log_behind(self):
        mark = len(self.postfix.log())
        self.send(recipient="traced@rcpt.example")
        self.assertRegex(self.postfix.log()[mark:], r"smtpd\[\d+\]: \w+: client=.*orig_queue_id=\w+")


class Pipelining(RelayCase):
    def test_a_group_goes_on_as_a_group(self):
        """RCPT and DATA are at the next hop while it still thinks about MAIL."""
        group = f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{RECIPIENT}>\r\nDATA\r\n".encode()
        client = self.client()
        client.greet()
        self.sink.on("mail", stall=True)
        before = self.sink.octets
        client.send(group)
        wait_for(lambda: self.sink.octets >= before + len(group), "the whole group")
        self.assertFalse([c for _, c in self.sink.commands if c.startswith("RCPT")])


class Parameters(RelayCase):
    """Keywords that only add parameters are handed on with theirs; no other parameter is."""

    KEYWORDS = ["DELIVERBY 240", "FUTURERELEASE 604800 2027-01-01T00:00:00Z", "MT-PRIORITY MIXER",
                "RRVS", "MTRK", "NO-SOLICITING net.example:ADV"]
    MAIL = ("BY=120;RT", "HOLDFOR=86400", "HOLDUNTIL=2026-12-24T00:00:00Z", "MT-PRIORITY=-3",
            "MTRK=c2VhbG9uY2U=:86400", "SOLICIT=net.example:ADV")
    RCPT = ("RRVS=2014-04-03T23:01:00Z;C",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sink.keywords += [*cls.KEYWORDS, "X-PRIVATE yes", "AUTH PLAIN"]

    def test_carried(self):
        client = self.client()
        self.assertLessEqual(set(self.KEYWORDS), set(client.greet()))
        for parameter in self.MAIL:
            with self.subTest(parameter=parameter):
                self.sink.clear()
                client.transaction(SENDER, [RECIPIENT], MESSAGE, mail_parameters=parameter)
                self.assertIn(parameter, self.sink.deliveries[0].mail_parameters.split())
        self.sink.clear()
        client.transaction(SENDER, [RECIPIENT], MESSAGE, rcpt_parameters=self.RCPT[0])
        self.assertEqual(self.sink.deliveries[0].recipients, [(RECIPIENT, self.RCPT[0])])

    def test_not_carried(self):
        client = self.client()
        words = {line.split()[0] for line in client.greet()}
        self.assertFalse({"X-PRIVATE", "AUTH"} & words)
        for parameter in ("X-PRIVATE=yes", "AUTH=<>", "RRVS=2014-04-03T23:01:00Z", "BODY=BINARYMIME"):
            client.command(f"MAIL FROM:<{SENDER}> {parameter}", "555 5.5.4")


class NoParameters(RelayCase):
    def test_refused(self):
        """A next hop that has none of them."""
        client = self.client()
        client.greet()
        for parameter in Parameters.MAIL:
            client.command(f"MAIL FROM:<{SENDER}> {parameter}", "555 5.5.4")
        client.command(f"MAIL FROM:<{SENDER}>", "250")
        client.command(f"RCPT TO:<{RECIPIENT}> {Parameters.RCPT[0]}", "555 5.5.4")
