"""amavis and sealonce in one chain, in both orders, with the real amavisd-new."""

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
