"""No disk, no memory, no descriptors, another time of day: the upstream keeps its mail, and when the
want is over the same process serves on."""

import os
import resource
import socket
import tempfile
import time
import unittest

from harness.deadline import wait_for
from harness.loop import make_keys, own_signatures
from harness.ports import free_port
from harness.relay import MESSAGE, RECIPIENT, SENDER, RelayCase
from harness.sealonce import Sealonce
from harness.sink import Sink
from harness.smtp_client import SmtpClient

try:
    import seccomp
except ImportError:
    seccomp = None

ENOSPC = 28
SANITIZED = "/dev/" in os.environ.get("SEALONCE", "")
BIG = MESSAGE + b"0123456789abcde\r\n" * 100_000  # 1.7 MB: over IN_MEMORY
IN_MEMORY = 'memory_limit = "1MiB"\n'


class Want(RelayCase):
    """A sealonce that starts under some want."""

    @classmethod
    def setUpClass(cls):
        super(RelayCase, cls).setUpClass()
        keys, _ = make_keys(cls.workspace, {"rsa.example": ["rsa"]})
        cls.sink = cls.keep(Sink(free_port()).start())
        cls.sealonce = Sealonce(cls.workspace, cls.sink.port, keys, further=cls.further)
        cls.sealonce.before_exec = cls.before_exec
        cls.keep(cls.sealonce).start()

    @classmethod
    def before_exec(cls):
        """In the child."""

    def deliver(self, message, expect="250"):
        client = self.client()
        client.greet()
        reply = client.transaction(SENDER, [RECIPIENT], message)
        self.assertTrue(reply.startswith(expect), reply)
        return reply

    def assert_served(self):
        self.sink.clear()
        self.deliver(MESSAGE)
        self.assertEqual(len(own_signatures(self.sink.deliveries[-1].content, "rsa.example")), 1)


class NoTemporaryFile(Want):
    further = f'[message]\n{IN_MEMORY}spill_directory = "/proc"\n'

    def test_large_message_is_deferred_and_small_ones_pass(self):
        reply = self.deliver(BIG, "452 4.3.1")
        self.assertIn("/proc", reply)
        self.assertEqual(self.sink.deliveries, [])
        self.assertEqual(self.sealonce.wait_for_transactions(1)[-1]["reason"], "store")
        self.assert_served()


@unittest.skipIf(seccomp is None, "python3-seccomp is not installed")
class DiskFull(Want):
    """Writes of whole chunks fail as on a full disk; those of log lines do not."""

    further = f"[message]\n{IN_MEMORY}"
    CHUNK = 30_000  # octets

    @classmethod
    def before_exec(cls):
        rules = seccomp.SyscallFilter(defaction=seccomp.ALLOW)
        rules.add_rule(seccomp.ERRNO(ENOSPC), "write", seccomp.Arg(2, seccomp.GE, cls.CHUNK))
        rules.load()

    def test_large_message_is_deferred_and_small_ones_pass(self):
        reply = self.deliver(BIG, "452 4.3.1")
        self.assertIn("No space left", reply)
        self.assertEqual(self.sink.deliveries, [])
        self.assert_served()


@unittest.skipIf(SANITIZED, "AddressSanitizer needs the whole address space")
class NoMemory(Want):
    """The address space ends soon after the start: chunks cannot be had any more."""

    further = '[message]\nmemory_limit = "500MiB"\nmemory_budget = "500MiB"\nmax_size = "500MiB"\n'
    MORE = 60 << 20  # octets

    @classmethod
    def setUpClass(cls):
        """Once without the limit, to see how much it needs."""
        super().setUpClass()
        with open(f"/proc/{cls.sealonce.daemon.pid}/status", encoding="ascii") as file:
            size = next(int(line.split()[1]) << 10 for line in file if line.startswith("VmSize"))
        cls.sealonce.stop()
        limit = size + cls.MORE
        cls.sealonce.before_exec = lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        cls.sealonce.start()

    def test_message_is_deferred_and_the_next_passes(self):
        client = self.client()
        client.greet()
        for command in (f"MAIL FROM:<{SENDER}>", f"RCPT TO:<{RECIPIENT}>", "DATA"):
            client.command(command)
        block = b"0123456789abcde\r\n" * 10_000
        answer = None
        try:
            for _ in range(5 * self.MORE // len(block)):
                client.send(block)
            answer = client.reply()
        except (OSError, AssertionError):  # it stopped reading
            answer = self.what_came(client)
        self.assertTrue(answer.startswith("4") or answer == "", answer)
        self.assertEqual(self.sink.deliveries, [])
        self.sealonce.daemon.wait_for_log("bad_alloc")
        self.assert_served()

    @staticmethod
    def what_came(client):
        try:
            return client.reply()
        except (OSError, AssertionError):
            return ""


class NoDescriptors(Want):
    DESCRIPTORS = 60

    @classmethod
    def before_exec(cls):
        resource.setrlimit(resource.RLIMIT_NOFILE, (cls.DESCRIPTORS, cls.DESCRIPTORS))

    def test_it_waits_and_serves_on(self):
        idle = [socket.create_connection(("127.0.0.1", self.sealonce.port))
                for _ in range(2 * self.DESCRIPTORS)]
        try:
            self.sealonce.daemon.wait_for_log("accept: ")
            spins = self.processor_time()
            time.sleep(1.5)
            self.assertLess(self.processor_time() - spins, 0.5, "it spins while it waits")
            self.assertLessEqual(self.sealonce.log().count("accept: "), 3)
        finally:
            for connection in idle:
                connection.close()
        wait_for(self.is_served, "service after the want", 30)
        self.assert_served()

    def processor_time(self):
        with open(f"/proc/{self.sealonce.daemon.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def is_served(self):
        try:
            with SmtpClient(self.sealonce.port, timeout=5) as client:
                client.greet()
                return client.transaction(SENDER, [RECIPIENT], MESSAGE).startswith("250")
        except (OSError, AssertionError):
            return False


LIBRARY = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"


@unittest.skipIf(SANITIZED, "AddressSanitizer must be loaded first")
@unittest.skipUnless(os.path.exists(LIBRARY), "faketime is not installed")
class ClockJumps(Want):
    """The time of day jumps by days, as after a wrong start or by hand; deadlines do not care."""

    @classmethod
    def setUpClass(cls):
        cls.variables = {"LD_PRELOAD": LIBRARY, "DONT_FAKE_MONOTONIC": "1", "FAKETIME_NO_CACHE": "1"}
        os.environ.update(cls.variables)
        handle, cls.offset = tempfile.mkstemp()
        os.fchmod(handle, 0o644)  # for the account that it becomes
        os.close(handle)
        os.environ["FAKETIME_TIMESTAMP_FILE"] = cls.offset
        cls.set_clock("+0d")
        try:
            super().setUpClass()
        finally:
            for name in (*cls.variables, "FAKETIME_TIMESTAMP_FILE"):
                os.environ.pop(name, None)
        cls.addClassCleanup(os.unlink, cls.offset)

    @classmethod
    def set_clock(cls, offset):
        with open(cls.offset, "w", encoding="ascii") as file:
            file.write(offset + "\n")

    def signing_time(self):
        self.sink.clear()
        self.deliver(MESSAGE)
        (_, tags), = own_signatures(self.sink.deliveries[-1].content, "rsa.example")
        return int(tags["t"])

    def test_forth_and_back_in_the_middle_of_a_session(self):
        day = 86400
        client = self.client()
        client.greet()
        for offset, shift in (("+3d", 3 * day), ("-3d", -3 * day), ("+0d", 0)):
            self.set_clock(offset)
            self.assertAlmostEqual(self.signing_time() - time.time(), shift, delta=60)
            client.command("NOOP", "250")  # its deadline has not come
        self.assertTrue(client.transaction(SENDER, [RECIPIENT], MESSAGE).startswith("250"))
