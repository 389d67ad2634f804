"""amavis and sealonce in one chain, in both orders, with the real amavisd-new."""

import re

from harness.chain import Chain, ChainTests
from harness.filters import Amavis
from harness.workspace import ServerCase

BY_AMAVIS = b" (amavis, port "  # in its Received field


class AmavisThenSealonce(ChainTests, ServerCase):
    @classmethod
    def build(cls):
        chain = Chain(cls)
        chain.sealonce(chain.postfix.filter_port, chain.postfix.reinject_port)
        amavis = chain.put(Amavis(cls.workspace, chain.postfix.filter_port))
        return chain.start("30-amavis-then-sealonce.cf", {"10024": amavis.port})

    def test_amavis_was_there(self):
        for _, _, content in self.deliveries():
            self.assertEqual(content.count(BY_AMAVIS), 1)

    def test_original_client_and_queue_id_are_known(self):
        """amavis hands on what XFORWARD told it, where that names a client."""
        log = self.chain.postfix.log()
        clients = set(re.findall(r"(\w+): client=localhost", log))
        known = {t["queue_id"] for t in self.chain.sealonces[0].transactions()}
        sent = [c for c, _ in self.mail if c.way != "sendmail"]
        self.assertGreaterEqual(len(known & clients), len(sent))


class SealonceThenAmavis(ChainTests, ServerCase):
    @classmethod
    def build(cls):
        chain = Chain(cls)
        amavis = chain.put(Amavis(cls.workspace, chain.postfix.reinject_port))
        chain.sealonce(chain.postfix.filter_port, amavis.port)
        return chain.start("31-sealonce-then-amavis.cf", {"10024": amavis.port})

    def test_amavis_was_there(self):
        for _, _, content in self.deliveries():
            self.assertEqual(content.count(BY_AMAVIS), 1)
