"""500 messages (150 in CI) flow while the next hop, sealonce or both break again and again."""

import random
import signal
import time

from harness.deadline import wait_for
from flow import MESSAGES, FlowCase

STEPS = ("connect", "ehlo", "mail", "rcpt", "data", "content", "dot")
PARALLEL = 10  # deliveries that the fragment lets Postfix make at once


class NextHopBreaks(FlowCase):
    """Each step × what happens there, all through the flow."""

    def check(self, step, doubled_at_most=0, **act):
        def breaking():
            for part in (1, 2, 3):
                self.sink.on(step, times=15, **act)
                wait_for(lambda p=part: self.sink.count() >= MESSAGES * p // 8, "the flow goes on", 90)
        self.flow(breaking)
        self.assert_promise(doubled_at_most)

    def test_taken_without_an_answer(self):
        """The one case that SMTP cannot tell from a loss: what was taken so comes again."""
        self.check("dot", doubled_at_most=3 * 15, drop=True, taken=True)

    def test_half_of_a_success(self):
        self.check("dot", half="250 2.0.0 ok que")

    def test_away_and_back(self):
        def breaking():
            for part in (1, 2, 3, 4):
                wait_for(lambda p=part: self.sink.count() >= MESSAGES * p // 10, "the flow goes on", 90)
                self.sink.stop()
                time.sleep(0.3)  # some deliveries fail meanwhile
                self.sink.start()
        self.flow(breaking)
        self.assert_promise(doubled_at_most=4 * PARALLEL)

    def test_random(self):
        seed = random.randrange(1 << 32)
        dice = random.Random(seed)
        acts = ({"drop": True}, {"half": "25"}, {"reply": "421 4.3.2 bye"}, {"reply": "451 4.3.0 later"},
                {"reply": "what?"}, {"delay": 0.2}, {"half": "250-endless\r\n" * 300},
                {"half": "\x00\x01\x02\xff"})
        def breaking():
            for part in range(1, 9):
                for _ in range(6):
                    step = dice.choice(STEPS)
                    # A reply where none is due, and the message accepted: nobody can tell that.
                    act = {"drop": True} if step == "content" else dice.choice(acts)
                    self.sink.on(step, times=dice.randrange(1, 4), **act)
                wait_for(lambda p=part: self.sink.count() >= MESSAGES * p // 20, f"seed {seed}", 90)
        self.flow(breaking)
        self.assert_promise()


class SealonceBreaks(FlowCase):
    def times_through_the_flow(self, what, times):
        def breaking():
            for part in range(1, times + 1):
                wait_for(lambda p=part: self.sink.count() >= MESSAGES * p // (times + 3),
                         "the flow goes on", 90, self.postfix.log)
                what()
        self.flow(breaking)

    def restart(self):
        self.sealonce.kill()
        self.sealonce.start()

    def test_killed(self):
        """What the next hop had accepted when the process died comes again, and nothing else."""
        kills = 5
        self.times_through_the_flow(self.restart, kills)
        self.assert_promise(doubled_at_most=kills * PARALLEL)

    def test_stopped(self):
        def stop():
            self.sealonce.stop()
            self.sealonce.start()
        self.times_through_the_flow(stop, 4)
        self.assert_promise()

    def test_stopped_in_bursts(self):
        """Signals one upon the other: the first decides, the others change nothing."""
        def burst():
            daemon = self.sealonce.daemon
            for _ in range(5):
                daemon.send(signal.SIGTERM)
                daemon.send(signal.SIGHUP)
            self.sealonce.stop()
            self.sealonce.start()
        self.times_through_the_flow(burst, 3)
        self.assert_promise()

    def test_reloaded_in_bursts(self):
        def burst():
            for _ in range(20):
                self.sealonce.reload()
        self.times_through_the_flow(burst, 5)
        self.assert_promise()

    def test_started_before_its_next_hop(self):
        self.sealonce.stop()
        self.sink.stop()
        self.sealonce.start()
        def breaking():
            wait_for(lambda: self.postfix.deferred_since(0), "deferred mail", 60)
            self.sink.start()
        self.flow(breaking)
        self.assert_promise()


def _add_tests():
    acts = {"refused": {"reply": "451 4.3.0 not now"}, "closing": {"reply": "421 4.3.2 going"},
            "dropped": {"drop": True}, "nonsense": {"reply": "what?"}}
    for step in STEPS:
        for name, act in acts.items():
            if step == "content" and name != "dropped":
                continue  # no reply is due there
            def test(self, step=step, act=act):
                self.check(step, **act)
            setattr(NextHopBreaks, f"test_{name}_at_{step}", test)


_add_tests()
