"""The service's sandbox, as far as it can be had without systemd: the account, no capabilities, the
unit's system call filter, no memory that is written and run, nothing writable but its own places."""

import ctypes
import os
import pwd
import re
import shutil
import subprocess
import unittest

from harness.loop import make_keys, own_signatures
from harness.ports import free_port
from harness.postfix import REPOSITORY
from harness.relay import MESSAGE, RECIPIENT, SENDER, RelayCase
from harness.sealonce import Sealonce
from harness.sink import Sink
from harness.smtp_client import SmtpClient

try:
    import seccomp
except ImportError:
    seccomp = None

ACCOUNT = pwd.getpwnam("nobody")
PR_SET_NO_NEW_PRIVS, PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN = 38, 65, 1
PR_CAPBSET_DROP, LAST_CAPABILITY = 24, 40
LIBC = ctypes.CDLL(None, use_errno=True)
BIG = 3 << 20  # octets: over memory_limit below


def unit():
    """The options of the unit, each with its values in order."""
    options = {}
    with open(f"{REPOSITORY}/etc/sealonce.service", encoding="ascii") as file:
        for key, value in re.findall(r"^(\w+)=(.*)$", file.read(), re.MULTILINE):
            options.setdefault(key, []).append(value)
    return options


def calls_of(group, seen=None):
    """The names of system calls in one of systemd's groups."""
    seen = seen if seen is not None else set()
    text = subprocess.run(["systemd-analyze", "syscall-filter", group], check=True, timeout=60,
                          capture_output=True, text=True).stdout
    for word in re.findall(r"^    (@?[\w-]+)$", text, re.MULTILINE):
        if word.startswith("@"):
            calls_of(word, seen)
        else:
            seen.add(word)
    return seen


def allowed_calls():
    allowed = calls_of("@default")
    for value in unit()["SystemCallFilter"]:
        for group in value.lstrip("~").split():
            allowed = allowed - calls_of(group) if value.startswith("~") else allowed | calls_of(group)
    return sorted(allowed)


def confine(calls):
    """For the child, between fork and exec."""
    for capability in range(LAST_CAPABILITY + 1):
        LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    os.setgroups([])
    os.setgid(ACCOUNT.pw_gid)
    os.setuid(ACCOUNT.pw_uid)
    LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    LIBC.prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0)  # not before Linux 6.3
    rules = seccomp.SyscallFilter(defaction=seccomp.ERRNO(1))
    for call in calls:
        try:
            rules.add_rule(seccomp.ALLOW, call)
        except (RuntimeError, ValueError):
            pass  # of another architecture
    rules.load()


@unittest.skipIf(seccomp is None, "python3-seccomp is not installed")
@unittest.skipIf(shutil.which("systemd-analyze") is None, "systemd is not installed")
@unittest.skipIf("asan" in os.environ.get("SEALONCE", "") or "/dev/" in os.environ.get("SEALONCE", ""),
                 "sanitizers need more system calls")
class Sandbox(RelayCase):
    @classmethod
    def setUpClass(cls):
        super(RelayCase, cls).setUpClass()
        keys, _ = make_keys(cls.workspace, {"rsa.example": ["rsa"]})
        cls.sink = cls.keep(Sink(free_port()).start())
        cls.sealonce = Sealonce(cls.workspace, cls.sink.port, keys,
                                further='[message]\nmemory_limit = "1MiB"\n')
        for directory, _, files in os.walk(cls.workspace.path):
            shutil.chown(directory, ACCOUNT.pw_uid, ACCOUNT.pw_gid)
            for name in files:
                shutil.chown(os.path.join(directory, name), ACCOUNT.pw_uid, ACCOUNT.pw_gid)
        calls = allowed_calls()
        cls.sealonce.before_exec = lambda: confine(calls)
        cls.keep(cls.sealonce).start()

    def status(self, key):
        with open(f"/proc/{self.sealonce.daemon.pid}/status", encoding="ascii") as file:
            return dict(line.rstrip("\n").split(":\t", 1) for line in file)[key]

    def test_it_is_confined(self):
        self.assertEqual(set(self.status("Uid").split()), {str(ACCOUNT.pw_uid)})
        for capabilities in ("CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertEqual(int(self.status(capabilities), 16), 0)
        self.assertEqual(self.status("NoNewPrivs"), "1")
        self.assertEqual(self.status("Seccomp"), "2")

    def test_the_unit_is_such(self):
        self.assertEqual(unit()["CapabilityBoundingSet"], [""])
        self.assertNotIn("root", unit()["User"])

    def test_mail_passes_and_is_signed(self):
        client = SmtpClient(self.sealonce.port)
        self.addCleanup(client.close)
        client.greet()
        for message in (MESSAGE, MESSAGE + b"0123456789abcde\r\n" * (BIG // 17)):
            self.sink.clear()
            reply = client.transaction(SENDER, [RECIPIENT], message)
            self.assertTrue(reply.startswith("250"), reply)
            content = self.sink.deliveries[0].content
            self.assertEqual(len(own_signatures(content, "rsa.example")), 1)
            self.assertTrue(content.endswith(message))

    def test_reload(self):
        self.sealonce.reload()
        self.sealonce.daemon.wait_for_log("reloaded")
        self.test_mail_passes_and_is_signed()
