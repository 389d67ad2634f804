"""Several next hops, those that have names, and the connections that are kept to them."""

import os
import socket
import subprocess
import time

from harness.deadline import wait_for
from harness.loop import make_keys
from harness.ports import free_port
from harness.postfix import Postfix
from harness.relay import MESSAGE, RECIPIENT, SENDER
from harness.sealonce import Sealonce
from harness.sink import Sink
from harness.smtp_client import SmtpClient
from harness.workspace import ServerCase

HERE = os.path.dirname(os.path.realpath(__file__))


class NextHopsCase(ServerCase):
    """Two sinks for each test, `first` and `second`, and a program that has both as next hops."""

    relay_keys = ""

    def setUp(self):
        self.keys, _ = make_keys(self.workspace, {"rsa.example": ["rsa"]})
        self.first, self.second = Sink(free_port()).start(), Sink(free_port()).start()
        self.addCleanup(self.first.stop)
        self.addCleanup(self.second.stop)

    def sealonce(self, next_hop=None, start=True):
        listed = next_hop or f'["127.0.0.1:{self.first.port}", "127.0.0.1:{self.second.port}"]'
        program = Sealonce(self.workspace, 0, self.keys, next_hop=listed, name=self.id(),
                           relay_keys=self.relay_keys)
        self.addCleanup(program.stop)
        return program.start() if start else program

    def send(self, program):
        with SmtpClient(program.port) as client:
            client.greet()
            mail = client.command(f"MAIL FROM:<{SENDER}>")
            if not mail.startswith("2"):
                return mail
            client.command("RSET", "250")
            return client.transaction(SENDER, [RECIPIENT], MESSAGE)

    def counts(self):
        return len(self.first.deliveries), len(self.second.deliveries)


class InOrder(NextHopsCase):
    def test_the_first_is_used(self):
        program = self.sealonce()
        for _ in range(3):
            self.assertRegex(self.send(program), "^250 ")
        self.assertEqual(self.counts(), (3, 0))

    def test_the_second_stands_in_until_the_first_is_back(self):
        program = self.sealonce()
        self.first.stop()
        for _ in range(2):
            self.assertRegex(self.send(program), "^250 ")
        self.assertEqual(self.counts(), (0, 2))
        self.assertEqual(program.log().count("warning: relay test: next hop 127.0.0.1:"
                                             f"{self.first.port}"), 1, program.log())
        self.first.start()
        tried = time.monotonic()
        # Its connection to the second rests in the pool, and is not taken for ever.
        def first_has_mail():
            self.assertRegex(self.send(program), "^250 ")
            return self.first.deliveries
        wait_for(first_has_mail, "mail at the first next hop", 60)
        self.assertGreater(time.monotonic() - tried, 10, "it was not left alone for a while")
        self.assertIn(f"next hop 127.0.0.1:{self.first.port} is back", program.log())
        second = len(self.second.deliveries)
        self.assertRegex(self.send(program), "^250 ")
        self.assertEqual(len(self.second.deliveries), second)

    def test_a_first_that_refuses_with_its_greeting(self):
        program = self.sealonce()
        self.first.on("connect", reply="421 4.3.2 not now")
        self.assertRegex(self.send(program), "^250 ")
        self.assertEqual(self.counts(), (0, 1))

    def test_all_fail_and_one_comes_back(self):
        program = self.sealonce()
        self.first.stop()
        self.second.stop()
        for _ in range(2):
            self.assertRegex(self.send(program), "^451 4.4.1 ")
        self.first.start()
        self.assertRegex(self.send(program), "^250 ", "nothing else is left: it is tried at once")
        self.assertEqual(self.counts(), (1, 0))

    def test_a_first_that_does_not_answer_costs_its_time_once(self):
        """Its listen queue is full: connecting to it takes as long as we let it."""
        silent = socket.socket()
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        waiting = []
        for _ in range(8):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(silent.getsockname())
            waiting.append(one)
        self.addCleanup(silent.close)
        for one in waiting:
            self.addCleanup(one.close)
        program = self.sealonce(f'["127.0.0.1:{silent.getsockname()[1]}", '
                                f'"127.0.0.1:{self.second.port}"]')
        self.assertRegex(self.send(program), "^250 ")
        begun = time.monotonic()
        for _ in range(5):
            self.assertRegex(self.send(program), "^250 ")
        self.assertLess(time.monotonic() - begun, 10)
        self.assertEqual(self.counts(), (0, 6))

    def test_ipv6(self):
        sink = Sink(free_port(), host="::1")
        try:
            sink.start()
        except OSError:
            self.skipTest("no IPv6 on this machine")
        self.addCleanup(sink.stop)
        program = self.sealonce(f'"[::1]:{sink.port}"')
        self.assertRegex(self.send(program), "^250 ")

    def test_nothing_is_sent_again_after_the_dot(self):
        """The first takes the whole message and dies: the second must not get it too."""
        program = self.sealonce()
        self.first.on("dot", drop=True, times=1)
        self.assertRegex(self.send(program), "^451 4.4.2 ")
        self.assertEqual(self.counts(), (0, 0))
        self.assertFalse(any(line.startswith("MAIL") for _, line in self.second.commands))


class RealServers(NextHopsCase):
    """Two Postfix as next hops, of which the first goes away and comes back."""

    def test_the_second_stands_in(self):
        servers = [Postfix(self.workspace, sink.port, name)
                   for name, sink in (("one", self.first), ("two", self.second))]
        for server in servers:
            self.addCleanup(server.stop)
            server.start()
        ports = ", ".join(f'"127.0.0.1:{server.front}"' for server in servers)
        program = self.sealonce(f"[{ports}]")
        self.assertRegex(self.send(program), "^250 2.0.0 Ok: queued as")
        servers[0].stop()
        for _ in range(3):
            self.assertRegex(self.send(program), "^250 2.0.0 Ok: queued as")
        servers[0].start()

        def back():
            self.assertRegex(self.send(program), "^250 2.0.0 Ok: queued as")
            return " is back" in program.log()
        wait_for(back, "the first in use again", 60, program.log)
        sent = len(program.transactions())
        for server in servers:
            server.wait_until_empty()
            self.assertEqual(server.complaints(), [])
        self.assertEqual(sum(self.counts()), sent)
        self.assertGreaterEqual(self.counts()[0], 2)
        self.assertGreaterEqual(self.counts()[1], 3)


class Pool(NextHopsCase):
    relay_keys = 'next_hop_max_use = 2\nnext_hop_max_idle = 1\nnext_hop_idle = "2s"'

    def connections(self):
        return len({number for number, line in self.first.commands if line.startswith("MAIL")})

    def test_a_connection_is_used_so_often(self):
        program = self.sealonce()
        for _ in range(4):
            self.assertRegex(self.send_once(program), "^250 ")
        self.assertEqual(self.connections(), 2)

    def send_once(self, program):
        with SmtpClient(program.port) as client:
            client.greet()
            return client.transaction(SENDER, [RECIPIENT], MESSAGE)

    def test_so_many_rest(self):
        program = self.sealonce()
        clients = [SmtpClient(program.port) for _ in range(4)]
        for client in clients:
            client.greet()
            client.command(f"MAIL FROM:<{SENDER}>", "250")
        for client in clients:
            client.command("RSET", "250")
            client.command("QUIT", "221")
            client.close()
        wait_for(lambda: self.first.open_connections() == 1, "one idle connection", 10,
                 lambda: str(self.first.open_connections()))

    def test_none_rests_for_ever(self):
        program = self.sealonce()
        self.assertRegex(self.send_once(program), "^250 ")
        self.assertEqual(self.first.open_connections(), 1)
        wait_for(lambda: self.first.open_connections() == 0, "the end of the idle connection", 15)
        self.assertRegex(self.send_once(program), "^250 ")


class Names(NextHopsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.names = cls.workspace.directory("names", 0o777) + "/hosts"
        cls.shim = cls.workspace / "hosts_file.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-o", cls.shim,
                        os.path.join(HERE, "harness", "hosts_file.c"), "-ldl"], check=True,
                       timeout=120)

    def hosts(self, text):
        """Replaced at once: never half a file."""
        with open(f"{self.names}.new", "w") as file:
            file.write(text)
        os.rename(f"{self.names}.new", self.names)

    def named(self, text):
        self.hosts(text)
        program = self.sealonce(f'"smarthost.test:{self.first.port}"', start=False)
        program.environment = {"LD_PRELOAD": self.shim, "HOSTS_FILE": self.names,
                               "ASAN_OPTIONS": "verify_asan_link_order=0"}
        return program.start()

    def test_a_name_moves(self):
        """The server moves to another address; nobody restarts sealonce."""
        program = self.named("smarthost.test 127.0.0.1\n")
        self.assertRegex(self.send(program), "^250 ")
        moved = Sink(self.first.port, host="127.0.0.2")
        self.first.stop()
        moved.start()
        self.addCleanup(moved.stop)
        self.hosts("smarthost.test\n")  # and for a while the name server is silent
        self.assertRegex(self.send(program), "^451 4.4.1 ")
        wait_for(lambda: "the addresses that it had stay: 127.0.0.1" in program.log(),
                 "the warning", 30, program.log)
        self.hosts("smarthost.test 127.0.0.2\n")
        wait_for(lambda: self.send(program).startswith("250"), "mail at the new address", 60,
                 program.log)
        self.assertEqual(len(moved.deliveries), 1)
        self.assertIn("is now 127.0.0.2, was 127.0.0.1", program.log())

    def test_all_addresses_of_a_name_are_tried(self):
        program = self.named("smarthost.test 127.0.0.9 127.0.0.1\n")
        self.assertRegex(self.send(program), "^250 ")
        self.assertEqual(self.counts(), (1, 0))

    def test_a_slow_resolver_holds_neither_mail_nor_the_end(self):
        program = self.named("smarthost.test 127.0.0.1\n")
        self.first.stop()
        self.hosts("smarthost.test sleep\n")
        self.assertRegex(self.send(program), "^451 4.4.1 ")
        asleep = f"{self.names}.asleep"
        wait_for(lambda: os.path.exists(asleep), "a look-up", 30)
        self.first.start()
        begun = time.monotonic()
        self.assertRegex(self.send(program), "^250 ")
        program.stop()
        self.assertLess(time.monotonic() - begun, 10)
