"""When something in the loop fails, mail waits in Postfix's queue, and then arrives: once, signed."""

import re
import threading

from harness.deadline import wait_for
from harness.keys import make_key
from harness.loop import Loop, own_signatures
from harness.messages import USUAL
from harness.ports import accepts
from harness.smtp_client import SmtpClient, submit
from harness.workspace import ServerCase

SENDER = "alice@rsa.example"


def message(name, domain="rsa.example"):
    head = USUAL.replace(b"DOMAIN", domain.encode()) % (name.encode(), name.encode())
    return head + b"\r\nHello " + name.encode() + b"\r\n"


class LoopFailures(ServerCase):
    fragment = "20-signer.cf"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.loop = Loop(cls, cls.fragment)
        cls.postfix, cls.sink = cls.loop.postfix, cls.loop.sink

    def setUp(self):
        self.sink.clear()
        self.mark = len(self.postfix.log())

    def send(self, names):
        """By SMTP and by sendmail in turn; all must be taken into the queue."""
        for number, name in enumerate(names):
            if number % 3 == 2:
                self.postfix.sendmail(SENDER, [f"{name}@rcpt.example"],
                                      message(name).replace(b"\r\n", b"\n"))
            else:
                submit(self.postfix.front, SENDER, [f"{name}@rcpt.example"], message(name))

    def assert_queued(self, number):
        """Each of them was tried, and stays."""
        wait_for(lambda: len(self.postfix.deferred_since(self.mark)) >= number,
                 f"{number} deferred", detail=lambda: self.postfix.log()[-4000:])
        self.assertEqual(len(self.postfix.queue()), number)
        self.assertEqual(self.sink.deliveries, [], "delivered although the loop is broken")

    def assert_delivered_once(self, names):
        self.postfix.flush()
        self.postfix.wait_until_empty()
        for name in names:
            got = self.sink.for_recipient(f"{name}@rcpt.example")
            self.assertEqual(len(got), 1, f"deliveries of {name}")
            self.assert_signed_once(got[0].content)
        self.assertEqual(self.sink.count(), len(names), "something else was delivered, too")

    def assert_signed_once(self, content, domain="rsa.example"):
        self.assertEqual(len(own_signatures(content, domain)), 1)
        verdicts = self.loop.verifiers.dkimpy(content)
        self.assertTrue(all(v.passed for v in verdicts), verdicts)

    def test_way_back_is_gone(self):
        names = [f"gone-{n}" for n in range(9)]
        service = f"127.0.0.1:{self.postfix.reinject_port}/inet"
        self.postfix.postconf("-MX", service)
        self.postfix.reload()
        wait_for(lambda: not accepts(self.postfix.reinject_port), "the way back closed")
        self.send(names)
        self.assert_queued(len(names))
        self.postfix.apply(self.fragment)
        self.postfix.reload()
        wait_for(lambda: accepts(self.postfix.reinject_port), "the way back open")
        self.assert_delivered_once(names)

    def test_sealonce_is_stopped(self):
        names = [f"stopped-{n}" for n in range(6)]
        self.loop.sealonce.stop()
        try:
            self.send(names)
            self.assert_queued(len(names))
        finally:
            self.loop.sealonce.start()
        self.assert_delivered_once(names)

    def test_final_next_hop_is_down(self):
        names = [f"down-{n}" for n in range(6)]
        self.sink.stop()
        try:
            self.send(names)
            self.assert_queued(len(names))
        finally:
            self.sink.start()
        self.assert_delivered_once(names)

    def test_killed_while_mail_flows(self):
        """Nothing is lost. What the way back had accepted when sealonce died comes again: its 250
        could not be passed on. No more than the transfers that ran at that moment can be so."""
        workers, each, kills, parallel = 4, 60, 3, 10
        names = [f"flow-{w}-{n}" for w in range(workers) for n in range(each)]

        def work(worker):
            with SmtpClient(self.postfix.front) as client:
                client.greet()
                for n in range(each):
                    name = f"flow-{worker}-{n}"
                    client.transaction(SENDER, [f"{name}@rcpt.example"], message(name))

        threads = [threading.Thread(target=work, args=(w,)) for w in range(workers)]
        for thread in threads:
            thread.start()
        for kill in range(kills):
            enough = len(names) * (kill + 1) // (kills + 2)
            wait_for(lambda: self.sink.count() >= enough, f"{enough} deliveries")
            self.loop.sealonce.kill()
            self.loop.sealonce.start()
        for thread in threads:
            thread.join()
        self.postfix.flush()
        self.postfix.wait_until_empty()
        copies = {name: self.sink.for_recipient(f"{name}@rcpt.example") for name in names}
        self.assertEqual([n for n, c in copies.items() if not c], [], "lost")
        twice = [n for n, c in copies.items() if len(c) > 1]
        self.assertLessEqual(len(twice), kills * parallel, twice)
        for deliveries in copies.values():
            for delivery in deliveries:
                self.assert_signed_once(delivery.content)

    def test_stopped_while_mail_flows(self):
        """SIGTERM lets every transaction end: here nothing may come twice."""
        names = [f"term-{n}" for n in range(90)]

        def work():
            with SmtpClient(self.postfix.front) as client:
                client.greet()
                for name in names:
                    client.transaction(SENDER, [f"{name}@rcpt.example"], message(name))

        thread = threading.Thread(target=work)
        thread.start()
        for enough in (10, 40):
            wait_for(lambda: self.sink.count() >= enough, f"{enough} deliveries")
            self.loop.sealonce.stop()
            self.loop.sealonce.start()
        thread.join()
        self.assert_delivered_once(names)


class UnusableKey(ServerCase):
    """A key that cannot be used defers the mail of its domain, and of no other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.loop = Loop(cls, "20-signer.cf")
        cls.postfix, cls.sink = cls.loop.postfix, cls.loop.sink

    def restart_with(self, domains):
        self.loop.sealonce.stop()
        self.loop.sealonce.write_config(domains)
        self.loop.sealonce.start()

    def check(self, name, key_file):
        good = self.loop.keys["rsa.example"]
        broken = self.loop.keys["both.example"]
        self.sink.clear()
        before = len(re.findall(r"451 4\.7\.5", self.postfix.log()))
        self.restart_with({"rsa.example": good, "both.example": [("rsa", key_file)]})
        submit(self.postfix.front, SENDER, [f"good-{name}@rcpt.example"], message("good"))
        submit(self.postfix.front, "alice@both.example", [f"waits-{name}@rcpt.example"],
               message("waits", "both.example"))
        wait_for(lambda: len(re.findall(r"451 4\.7\.5", self.postfix.log())) > before,
                 "451 4.7.5 in Postfix's log", detail=lambda: self.postfix.log()[-4000:])
        wait_for(lambda: self.sink.for_recipient(f"good-{name}@rcpt.example"), "the other domain")
        self.assertEqual(self.sink.for_recipient(f"waits-{name}@rcpt.example"), [])
        # Postfix takes a file out of its queue a moment after the next hop has the message.
        wait_for(lambda: len(self.postfix.queue()) == 1, "one message in the queue")
        deferred = [t for t in self.loop.sealonce.transactions() if t["action"] == "deferred"]
        self.assertTrue(deferred, "no log line with action=deferred")
        self.restart_with({"rsa.example": good, "both.example": broken})
        self.postfix.flush()
        self.postfix.wait_until_empty()
        got = self.sink.for_recipient(f"waits-{name}@rcpt.example")
        self.assertEqual(len(got), 1)
        self.assertEqual(len(own_signatures(got[0].content, "both.example")), len(broken))

    def test_missing_file(self):
        self.check("missing", self.workspace / "no-such-file.private")

    def test_no_key_in_file(self):
        path = self.workspace / "garbage.private"
        with open(path, "w") as file:
            file.write("this is no key\n")
        self.check("garbage", path)

    def test_too_short(self):
        self.check("short", make_key(self.workspace.path, "short", bits=768))
