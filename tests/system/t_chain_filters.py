"""Filters that change messages: before sealonce, and between two passes through it."""

from harness.chain import Chain, ChainTests, usual
from harness.filters import GTUBE, ClamSmtp, Footer, SpamPd
from harness.messages import Case
from harness.workspace import ServerCase

SPAM = Case("spam", usual("spam", "DOMAIN", GTUBE))


class ClamSmtpThenSealonce(ChainTests, ServerCase):
    @classmethod
    def build(cls):
        chain = Chain(cls)
        chain.sealonce(chain.postfix.filter_port, chain.postfix.reinject_port)
        cls.filter = chain.put(ClamSmtp(cls.workspace, chain.postfix.filter_port))
        return chain.start("32-clamsmtp-then-sealonce.cf", {"10026": cls.filter.port})

    def test_clamsmtp_was_there(self):
        for _, _, content in self.deliveries():
            self.assertEqual(content.count(b"\r\nX-Virus-Scanned: ClamAV using ClamSMTP\r\n"), 1)
        self.assertGreater(self.filter.clamd.scanned, len(self.mail))


class SpamAssassinThenSealonce(ChainTests, ServerCase):
    further = (SPAM,)

    @staticmethod
    def arrived_body(body):
        """spampd takes off the empty lines at the end, and the one above an empty body."""
        text = body.rstrip(b"\r\n")
        return text + b"\r\n" if text else b""
    @classmethod
    def build(cls):
        chain = Chain(cls)
        chain.sealonce(chain.postfix.filter_port, chain.postfix.reinject_port)
        spampd = chain.put(SpamPd(cls.workspace, chain.postfix.filter_port))
        return chain.start("33-spampd-then-sealonce.cf", {"10025": spampd.port})

    def test_spamassassin_was_there(self):
        for _, _, content in self.deliveries():
            self.assertEqual(content.count(b"\r\nX-Spam-Status: "), 1)

    def test_marked_spam_is_signed_as_marked(self):
        seen = 0
        for case, _, content in self.deliveries():
            if case is SPAM:
                seen += 1
                self.assertIn(b"\r\nSubject: ***SPAM*** spam\r\n", content)
        self.assertEqual(seen, len(self.chain.keys))


class FooterBetweenTwoPasses(ChainTests, ServerCase):
    """Postfix → sealonce → a filter that adds to the body → sealonce → Postfix. The first signature
    is broken when the second sealonce sees it: it is replaced by one that is not."""

    body_changes = True
    good_ones_stay = False

    @classmethod
    def build(cls):
        chain = Chain(cls)
        cls.second = chain.sealonce(None, chain.postfix.reinject_port, "second")
        cls.without_xforward = cls.second  # our own filter does not hand it on
        cls.footer = chain.put(Footer(cls.second.port))
        cls.first = chain.sealonce(chain.postfix.filter_port, cls.footer.port, "first")
        return chain.start("20-signer.cf")

    def test_the_line_was_added(self):
        for _, _, content in self.deliveries():
            self.assertTrue(content.endswith(Footer.LINE))

    def test_the_second_replaces_what_the_first_signed(self):
        """Every own signature that came to the second one was broken by the filter."""
        signed = [t for t in self.first.transactions() if t["keys"]]
        replaced = [t for t in self.second.transactions() if t["action"] == "replaced"]
        self.assertEqual(sorted((t["from"], t["nrcpt"], t["keys"]) for t in replaced),
                         sorted((t["from"], t["nrcpt"], self.all_keys(t)) for t in signed))
        self.assertEqual({t["reason"] for t in replaced}, {"own-broken"})

    def all_keys(self, transaction):
        domain = transaction["keys"].split("/")[0]
        return ",".join(f"{domain}/{s}" for s, _ in self.chain.keys[domain])
