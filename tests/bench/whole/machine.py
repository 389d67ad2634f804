"""What the figures were measured on: ratios hold on any machine, the figures behind them on this one."""

import os
import platform
import re
import resource
import subprocess
import time

# What decides how fast OpenSSL signs and hashes.
CRYPTOGRAPHIC_FLAGS = ("sha_ni", "avx512ifma", "avx_ifma", "vaes", "avx2", "avx512f", "bmi2", "adx",
                       "sha2", "sha512", "asimd")


def _processor():
    with open("/proc/cpuinfo") as file:
        text = file.read()
    model = re.search(r"^model name\s*:\s*(.*)$", text, re.MULTILINE)
    flags = re.search(r"^(?:flags|Features)\s*:\s*(.*)$", text, re.MULTILINE)
    known = set(flags[1].split()) if flags else set()
    return (model[1] if model else platform.machine(),
            [flag for flag in CRYPTOGRAPHIC_FLAGS if flag in known])


def load_average():
    return os.getloadavg()[0]


NICENESS = -15


def give_precedence(pid):
    """Before other work on the machine, so that a measurement waits for nobody; where the kernel lets
    us. A session has a group of its own, in which alone the niceness of its processes counts."""
    try:
        os.setpriority(os.PRIO_PROCESS, pid, NICENESS)
        with open(f"/proc/{pid}/autogroup", "w") as file:
            file.write(str(NICENESS))
    except OSError:
        pass


def _output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()


def describe():
    """A dictionary for the results."""
    model, flags = _processor()
    return {"processor": model, "flags": flags, "processors": len(os.sched_getaffinity(0)),
            "kernel": platform.release(), "openssl": _output("openssl", "version"),
            "load_average": load_average()}


def _busy_seconds():
    """Of all processors of the machine, since it started; what the hypervisor took is in it."""
    with open("/proc/stat") as file:
        user, nice, system, _, _, interrupts, soft, stolen = map(int, file.readline().split()[1:9])
    return (user + nice + system + interrupts + soft + stolen) / os.sysconf("SC_CLK_TCK")


def _own_seconds():
    """Of this process and of its children that have ended."""
    return sum(use.ru_utime + use.ru_stime for use in
               (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)))


class OtherWork:
    """What part of the processors others had while we measured. Our children must have ended."""

    def __init__(self):
        self.began, self.busy, self.own = time.monotonic(), _busy_seconds(), _own_seconds()

    def share(self):
        took = (time.monotonic() - self.began) * os.cpu_count()
        return max(0.0, _busy_seconds() - self.busy - (_own_seconds() - self.own)) / took
