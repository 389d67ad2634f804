"""Mail that passes sealonce more than once: what it has signed comes back, and leaves as it came."""

from harness.chain import Chain, ChainTests
from harness.deadline import wait_for
from harness.postfix import Postfix
from harness.workspace import ServerCase


class TwoInstances(ChainTests, ServerCase):
    """Postfix → sealonce → sealonce → Postfix, both with the same keys."""

    @classmethod
    def build(cls):
        chain = Chain(cls)
        cls.second = chain.sealonce(None, chain.postfix.reinject_port, "second")
        cls.first = chain.sealonce(chain.postfix.filter_port, cls.second.port, "first")
        return chain.start("20-signer.cf")

    def test_the_second_one_adds_nothing(self):
        signed = [t["keys"] for t in self.first.transactions() if t["keys"]]
        actions = [t["action"] for t in self.second.transactions()]
        self.assertEqual(actions.count("already-signed"), len(signed))
        self.assertEqual(set(actions), {"already-signed", "unsigned"})


class TwoTurns(ChainTests):
    """One sealonce, which every message passes twice."""

    def test_the_second_turn_adds_nothing(self):
        """Whatever came, it is as it should be after the first turn."""
        actions = [t["action"] for t in self.chain.sealonces[0].transactions()]
        unsigned = [t for t in self.chain.sealonces[0].transactions() if t["action"] == "unsigned"]
        self.assertEqual(len(actions), 2 * self.turns())
        changed = [a for a in actions if a in ("signed", "replaced")]
        self.assertEqual({t["reason"] for t in unsigned}, {"no-domain"})
        # "signed-before" and the like need nothing in the first turn either.
        left = actions.count("already-signed")
        self.assertGreaterEqual(left, (len(actions) - len(unsigned)) // 2)
        self.assertEqual(len(changed) + left + len(unsigned), len(actions))

    @classmethod
    def turns(cls):
        """Deliveries to the filter in one turn: Postfix sends at most 50 recipients in one."""
        return sum(-(-len(case.addresses(domain)) // 50) for case, domain in cls.mail)


class ForwardedBack(TwoTurns, ServerCase):
    """Another Postfix takes the mail that has left and sends it back to the front."""

    @classmethod
    def build(cls):
        chain = Chain(cls)
        chain.sealonce(chain.postfix.filter_port, chain.postfix.reinject_port)
        far = Postfix(cls.workspace, chain.postfix.front, "far", (
            "recipient_canonical_classes = envelope_recipient\n"
            "recipient_canonical_maps = regexp:{{/^(.*)@rcpt\\.example$$/ $${1}@back.example}}\n"))
        chain.postfix.postconf("-e", "transport_maps=inline:{ { rcpt.example = "
                               f"smtp:[127.0.0.1]:{far.foreign} }} }}")
        cls.keep(far).start()
        cls.far = far
        return chain.start("20-signer.cf")

    @classmethod
    def send_all(cls):
        cls.chain.submit(cls.mail)
        wanted = sum(len(case.addresses(domain)) for case, domain in cls.mail)
        wait_for(lambda: cls.chain.sink.count() >= wanted, "all deliveries", 120,
                 lambda: cls.chain.postfix.log()[-3000:])
        for postfix in (cls.chain.postfix, cls.far):
            postfix.wait_until_empty()

    @staticmethod
    def arrives_as(address):
        return address.replace("@rcpt.example", "@back.example")


class Requeued(TwoTurns, ServerCase):
    """postsuper -r of mail that was signed and waits for its next hop: it takes the filter again."""

    @classmethod
    def build(cls):
        chain = Chain(cls)
        chain.sealonce(chain.postfix.filter_port, chain.postfix.reinject_port)
        # What was deferred stays so until it is asked for.
        chain.postfix.postconf("-e", "minimal_backoff_time=1h", "maximal_backoff_time=1h")
        return chain.start("20-signer.cf")

    @classmethod
    def send_all(cls):
        postfix, sealonce, once = cls.chain.postfix, cls.chain.sealonces[0], cls.turns()
        cls.chain.sink.stop()
        cls.chain.submit(cls.mail)
        cls.wait_until_deferred(once, 0)
        assert len(sealonce.transactions()) == once
        mark = len(postfix.log())
        postfix.requeue()
        cls.wait_until_deferred(once, mark)
        cls.chain.sink.start()
        postfix.flush()
        postfix.wait_until_empty()

    @classmethod
    def wait_until_deferred(cls, number, mark):
        postfix = cls.chain.postfix
        wait_for(lambda: len(postfix.deferred_since(mark)) >= number and postfix.is_waiting(),
                 f"{number} deferred", detail=lambda: postfix.log()[-3000:])

    def complaints(self):
        """A deferred file's time stamp is when it is due; cleanup wonders about that."""
        return [c for c in super().complaints()
                if "seconds ahead of local clock" not in c and "resetting file time" not in c]
