"""Memory is bounded by the configuration, and what is on disk has no name."""

import glob
import os
import re
import subprocess

from harness.deadline import wait_for
from harness.loop import make_keys
from harness.ports import accepts, free_port
from harness.process import Daemon
from harness.relay import RECIPIENT, SENDER
from harness.sealonce import Sealonce
from harness.workspace import ServerCase
from flow import WHOLE

SANITIZED = "/dev/" in os.environ.get("SEALONCE", "")
CLIENTS = 200
MESSAGE_MIB = 50 if WHOLE else 3
BUDGET_MIB = 32
KIB_EACH = 128  # for a client: its first chunk, the header, the session, TCP
SECONDS = 1800 if WHOLE else 120


class Budget(ServerCase):
    """200 clients with 50 MiB each (3 in CI) at once, to a next hop that throws everything away."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.spill = cls.workspace.directory("spill", 0o777)
        keys, _ = make_keys(cls.workspace, {"rsa.example": ["rsa"]})
        cls.next_hop = free_port()
        sink = Daemon(["smtp-sink", "-u", "nobody", f"127.0.0.1:{cls.next_hop}", "512"],
                      cls.workspace / "smtp-sink.log")
        cls.keep(sink)
        wait_for(lambda: accepts(cls.next_hop), "smtp-sink")
        cls.sealonce = Sealonce(cls.workspace, cls.next_hop, keys, further=(
            f'[message]\nmax_size = "{MESSAGE_MIB + 1}MiB"\nmemory_limit = "{MESSAGE_MIB}MiB"\n'
            f'memory_budget = "{BUDGET_MIB}MiB"\nspill_directory = "{cls.spill}"\n'))
        cls.keep(cls.sealonce).start()

    def status(self, what):
        with open(f"/proc/{self.sealonce.daemon.pid}/status", encoding="ascii") as file:
            return int(re.search(rf"^{what}:\s+(\d+)", file.read(), re.MULTILINE)[1])

    def source(self):
        return subprocess.Popen(
            ["smtp-source", "-s", str(CLIENTS), "-m", str(CLIENTS), "-l", str(MESSAGE_MIB << 20),
             "-f", SENDER, "-t", RECIPIENT, f"127.0.0.1:{self.sealonce.port}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def spilled(self):
        """Open files of the process in the spill directory."""
        links = (os.readlink(path) for path in glob.glob(f"/proc/{self.sealonce.daemon.pid}/fd/*")
                 if os.path.islink(path))
        return sum(1 for link in links if link.startswith(f"{self.spill}/#"))

    def test_budget(self):
        before = self.status("VmRSS")
        source = self.source()
        _, errors = source.communicate(timeout=SECONDS)
        self.assertEqual(source.returncode, 0, errors)
        used = self.status("VmHWM") - before
        if not SANITIZED:
            self.assertLess(used, BUDGET_MIB * 1024 + CLIENTS * KIB_EACH)
        done = self.sealonce.wait_for_transactions(CLIENTS)
        self.assertEqual([t["action"] for t in done], ["signed"] * CLIENTS)
        self.assertEqual(os.listdir(self.spill), [])
        print(f"     {CLIENTS} x {MESSAGE_MIB} MiB: {used / 1024:.0f} MiB above idle", flush=True)

    def test_nothing_is_left_after_a_crash(self):
        source = self.source()
        try:
            wait_for(lambda: self.spilled() >= 10, "spilled messages", 60)
            self.assertEqual(os.listdir(self.spill), [])
            self.sealonce.kill()
            self.assertEqual(os.listdir(self.spill), [])
        finally:
            source.kill()
            source.communicate()
            if self.sealonce.daemon is None:
                self.sealonce.start()
