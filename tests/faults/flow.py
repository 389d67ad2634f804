"""Mail that flows from a real Postfix through sealonce to a scripted next hop, while things break."""

import os
import threading

from harness.loop import make_keys, own_signatures
from harness.messages import USUAL
from harness.ports import free_port
from harness.postfix import Postfix
from harness.sealonce import Sealonce
from harness.sink import Sink
from harness.smtp_client import SmtpClient
from harness.verify import Verifiers
from harness.workspace import ServerCase

WHOLE = bool(os.environ.get("SEALONCE_WHOLE"))
MESSAGES = 500 if WHOLE else 150  # of one flow
WORKERS = 5
DOMAIN = "rsa.example"
SENDER = f"alice@{DOMAIN}"


def message(name):
    head = USUAL.replace(b"DOMAIN", DOMAIN.encode()) % (name.encode(), name.encode())
    return head + b"\r\n.Hello " + name.encode() + b"\r\n"


class FlowCase(ServerCase):
    """Postfix (with its queue) → sealonce → a scripted next hop."""

    further = ""
    fragment = "20-signer.cf"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        keys, name_server = make_keys(cls.workspace, {DOMAIN: ["rsa"]})
        cls.keep(name_server.start())
        cls.verifiers = Verifiers(cls.workspace, name_server.port)
        cls.sink = cls.keep(Sink(free_port()).start())
        cls.postfix = Postfix(cls.workspace, free_port())
        cls.postfix.apply(cls.fragment)
        cls.keep(cls.postfix).start()
        cls.sealonce = Sealonce(cls.workspace, cls.sink.port, keys, cls.postfix.filter_port,
                                further=cls.further)
        cls.keep(cls.sealonce).start()

    def setUp(self):
        self.sink.clear()
        self.addCleanup(self.sink.usual)
        self.prefix = self.id().rsplit(".", 1)[-1]

    def names(self):
        return [f"{self.prefix}-{n}" for n in range(MESSAGES)]

    def _send(self, names):
        with SmtpClient(self.postfix.front) as client:
            client.greet()
            for name in names:
                reply = client.transaction(SENDER, [f"{name}@rcpt.example"], message(name))
                assert reply.startswith("250"), reply

    def flow(self, breaking):
        """Sends MESSAGES while breaking() runs, mends the next hop, and waits for the queue."""
        names = self.names()
        threads = [threading.Thread(target=self._send, args=(names[n::WORKERS],))
                   for n in range(WORKERS)]
        for thread in threads:
            thread.start()
        try:
            breaking()
        finally:
            for thread in threads:
                thread.join()
            self.sink.usual()
        self.postfix.flush()
        self.postfix.wait_until_empty()

    def assert_promise(self, doubled_at_most=0):
        """Lost 0, unsigned 0, doubly signed 0; doubled no more than SMTP itself cannot know of."""
        copies = {name: self.sink.for_recipient(f"{name}@rcpt.example") for name in self.names()}
        self.assertEqual([n for n, c in copies.items() if not c], [], "lost")
        doubled = [n for n, c in copies.items() if len(c) > 1]
        self.assertLessEqual(len(doubled), doubled_at_most, f"doubled: {doubled}")
        for name, deliveries in copies.items():
            for delivery in deliveries:
                self.assertEqual(len(own_signatures(delivery.content, DOMAIN)), 1, name)
                self.assertTrue(delivery.content.endswith(b"\r\n.Hello " + name.encode() + b"\r\n"))
        for deliveries in list(copies.values())[::10]:
            verdicts = self.verifiers.dkimpy(deliveries[0].content)
            self.assertTrue(verdicts and all(v.passed for v in verdicts), verdicts)
