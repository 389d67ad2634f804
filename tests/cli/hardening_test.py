"""The program as it was built, and the unit that it runs under."""

import os
import re
import shutil
import subprocess
import unittest

from support import SEALONCE

UNIT = os.path.join(os.path.dirname(__file__), "..", "..", "etc", "sealonce.service")
EXPOSURE_TENTHS = 20  # systemd's own scale goes to 100


def output(*command):
    return subprocess.run(command, check=True, timeout=60, capture_output=True,
                          text=True, errors="replace").stdout


def sanitized():
    return "__asan_init" in output("readelf", "-sW", SEALONCE)


@unittest.skipIf(shutil.which("readelf") is None, "binutils is not installed")
@unittest.skipIf(shutil.which("readelf") and sanitized(), "sanitizers bring their own checks")
class Program(unittest.TestCase):
    def test_position_independent_and_bound_at_start(self):
        self.assertRegex(output("readelf", "-hW", SEALONCE), r"Type:\s+DYN")
        dynamic = output("readelf", "-dW", SEALONCE)
        self.assertRegex(dynamic, r"FLAGS_1.*\bNOW\b.*\bPIE\b")
        self.assertNotIn("RPATH", dynamic)
        self.assertNotIn("RUNPATH", dynamic)

    def test_segments(self):
        segments = output("readelf", "-lW", SEALONCE)
        self.assertIn("GNU_RELRO", segments)
        self.assertRegex(segments, r"GNU_STACK .* RW +0x")
        self.assertNotRegex(segments, r"LOAD .* RWE ")

    def test_stack_protector_and_fortify(self):
        symbols = output("readelf", "-sW", SEALONCE)
        self.assertIn("__stack_chk_fail", symbols)
        self.assertRegex(symbols, r"\b__(memcpy|snprintf|fprintf|vsnprintf)_chk\b")

    @unittest.skipIf(os.uname().machine != "x86_64", "CET is x86")
    def test_control_flow_enforcement(self):
        """Each function of ours that an indirect call may reach begins with endbr64."""
        code = output("objdump", "-d", "--disassemble=main", SEALONCE)
        self.assertRegex(code, r"<main>:\n.*\bendbr64\b")


@unittest.skipIf(shutil.which("systemd-analyze") is None, "systemd is not installed")
class Unit(unittest.TestCase):
    def analyze(self, *arguments):
        return subprocess.run(["systemd-analyze", *arguments], timeout=60, capture_output=True,
                              text=True, check=False)

    def test_exposure(self):
        done = self.analyze("security", "--offline=true", f"--threshold={EXPOSURE_TENTHS - 1}", UNIT)
        found = re.search(r"Overall exposure level for sealonce.service: ([\d.]+)", done.stdout)
        self.assertIsNotNone(found, done.stderr)
        self.assertLess(float(found[1]) * 10, EXPOSURE_TENTHS)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:])

    def test_every_option_is_one_that_systemd_knows(self):
        done = self.analyze("verify", "--man=no", UNIT)
        self.assertNotRegex(done.stderr, r"Unknown|Failed to parse|ignoring")


if __name__ == "__main__":
    unittest.main()
