"""What the fragments say about connections and processes on the road: that it is so, and that no mail
is lost or doubled where processes and connections end."""

import re

from harness.loop import Loop, own_signatures
from harness.messages import USUAL
from harness.smtp_client import SmtpClient
from harness.workspace import ServerCase

SENDER = "alice@rsa.example"
HEAD = USUAL.replace(b"DOMAIN", b"rsa.example") % (b"m", b"on the road") + b"\r\n"
KEEP_ALL = "_connection_cache_destinations = static:all\n"
TO, CLEANUP = "sealonce/unix", "sealonce-cleanup/unix"


class RoadCase(ServerCase):
    main_cf = relay_keys = ""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.loop = Loop(cls, "20-signer.cf", {"rsa.example": ["rsa"]}, cls.main_cf,
                        relay_keys=cls.relay_keys)
        cls.postfix = cls.loop.postfix

    def setUp(self):
        self.loop.sink.clear()
        self.mark = len(self.postfix.log())

    def change(self, *options):
        self.postfix.postconf("-P", *options)
        self.postfix.reload()

    def send(self, number):
        """So many messages, each to a recipient of its own."""
        with SmtpClient(self.postfix.front) as client:
            client.greet()
            for index in range(number):
                reply = client.transaction(SENDER, [f"r{index}@rcpt.example"], HEAD + b"Hello\r\n")
                self.assertTrue(reply.startswith("250"), reply)

    def log(self):
        """What this test brought."""
        return self.postfix.log()[self.mark:]

    def assert_all_arrived(self, number):
        self.postfix.wait_until_empty()
        self.assertEqual(sorted(a for d in self.loop.sink.deliveries for a in d.addresses()),
                         sorted(f"r{index}@rcpt.example" for index in range(number)))
        for delivery in self.loop.sink.deliveries:
            self.assertEqual(len(own_signatures(delivery.content, "rsa.example")), 1)
        self.assertEqual(self.postfix.complaints(), [])

    def kept(self, port):
        """Deliveries to a port over a connection that had been used before."""
        return re.findall(rf"relay=127\.0\.0\.1\[127\.0\.0\.1\]:{port}, conn_use=", self.log())

    def processes(self, service):
        return set(re.findall(rf"postfix/{service}\[(\d+)\]", self.log()))


class Connections(RoadCase):
    main_cf = "smtp" + KEEP_ALL

    def test_new_to_sealonce_and_kept_behind_it(self):
        """Whatever main.cf wants for other places."""
        self.send(30)
        self.assert_all_arrived(30)
        self.assertTrue(self.kept(self.loop.sink.port), "main.cf does what this test thinks")
        self.assertEqual(self.kept(self.postfix.filter_port), [])
        back = set(re.findall(r"smtpd\[(\d+)\]: \w+: client=.*orig_client=", self.log()))
        connects = [pid for pid in re.findall(r"smtpd\[(\d+)\]: connect from", self.log())
                    if pid in back]
        self.assertTrue(back)
        self.assertLess(len(connects), 15, "the way back is connected to anew and anew")


class KeptAllTheSame(RoadCase):
    """Somebody has Postfix keep connections to sealonce."""

    def test_one_to_a_sealonce_that_was_restarted(self):
        self.change(f"{TO}/smtp_connection_cache_destinations=static:all")
        self.send(3)
        self.postfix.wait_until_empty()
        self.loop.sink.clear()
        self.loop.sealonce.stop()
        self.loop.sealonce.start()
        self.send(20)
        self.assert_all_arrived(20)
        self.assertTrue(self.kept(self.postfix.filter_port))


class Processes(RoadCase):
    """Everything ends after a few messages: processes of Postfix, connections of sealonce."""

    relay_keys = "next_hop_max_use = 3"

    def test_none_is_lost_at_the_end_of_a_process(self):
        back = f"127.0.0.1:{self.postfix.reinject_port}/inet"
        self.change(*(f"{service}/max_use=2" for service in (TO, CLEANUP, back)))
        self.send(60)
        self.assert_all_arrived(60)
        self.assertGreater(len(self.processes("cleanup")), 30)
        self.assertGreater(len(self.processes("smtpd")), 10)
