"""The README's first command, twice: the first run is left running, the second replaces it."""

import os
import re
import signal
import subprocess
import unittest

from harness.deadline import wait_for
from harness.postfix import REPOSITORY

BUILD_TIME = 1200  # seconds, where the release build is not there yet


class Quickstart(unittest.TestCase):
    def run_it(self, *options):
        done = subprocess.run([f"{REPOSITORY}/etc/quickstart", *options], capture_output=True,
                              text=True, timeout=BUILD_TIME, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr[-4000:])
        self.assertRegex(done.stdout, r"(?m)^250 2\.0\.0 Ok: queued as ")
        self.assertRegex(done.stdout, r"(?m)^DKIM-Signature: .*d=example\.com")
        self.assertRegex(done.stdout, r"(?m)^dkimpy: signature 1 of 1, d=example\.com s=mail: pass")
        self.assertRegex(done.stdout, r"(?m)action=signed keys=example\.com/mail ")
        return done.stdout

    def test_twice_and_stopped(self):
        first = self.run_it()
        pids = [int(p) for p in re.search(r"(?m)^stop: +kill (\d+) (\d+)$", first).groups()]
        try:
            for pid in pids:
                self.assertTrue(self.runs(pid), f"{pid} does not run")
            self.run_it("--stop-after")
        finally:
            for pid in pids:
                if self.runs(pid):
                    os.kill(pid, signal.SIGTERM)
        for pid in pids:
            wait_for(lambda p=pid: not self.runs(p), f"the end of {pid}", 10)

    @staticmethod
    def runs(pid):
        """Whether it is still our process; a number can belong to another by now."""
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                return b".build/quickstart" in file.read()
        except FileNotFoundError:
            return False

    def test_wrong_option(self):
        done = subprocess.run([f"{REPOSITORY}/etc/quickstart", "--frobnicate"],
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 64)
