"""The measuring programs of tests/bench/load, built when they are not there, and what they print."""

import json
import os
import signal
import subprocess

from harness.deadline import wait_for
from harness.ports import accepts, free_port
from harness.postfix import REPOSITORY
from harness.process import Daemon

from .machine import give_precedence

DIRECTORY = os.path.join(REPOSITORY, ".build", "release", "sealonce", "tests")
RUN_TIME = 600    # seconds until a load is given up
BUILD_TIME = 1500


def build(*targets):
    """In the release build's directory; the product's own target is built only when it is named."""
    script = ("cmake -S .cmake --preset bench >/dev/null && "
              f"cmake --build .build/release -j{len(os.sched_getaffinity(0))} --target {' '.join(targets)}")
    done = subprocess.run(["sh", "-c", script], cwd=REPOSITORY, capture_output=True, text=True,
                          timeout=BUILD_TIME)
    if done.returncode != 0:
        raise AssertionError(f"{script}:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")


def _run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=RUN_TIME)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: {done.stderr or done.stdout}")
    return done.stdout


def load(where, messages, connections=1, *options):
    """bench_load to its end; what it prints. `where` is a port or unix:PATH."""
    where = f"127.0.0.1:{where}" if isinstance(where, int) else where
    return json.loads(_run(f"{DIRECTORY}/bench_load", "-m", messages, "-c", connections, *options, where))


def smtp_source(port, messages, connections, octets, kept):
    """Postfix's own driver, which waits for the reply to each command."""
    _run("smtp-source", *(["-d"] if kept else []), "-s", connections, "-m", messages, "-l", octets,
         "-f", "alice@bench.example", "-t", "bob@rcpt.example", "-S", "benchmark", f"127.0.0.1:{port}")


def calibrate(key, milliseconds):
    """CPU of one bare signature and of SHA-256 of 10 MiB, now, in µs."""
    return json.loads(_run(f"{DIRECTORY}/bench_calibrate", key, milliseconds))


class BenchSink:
    """bench_sink on a port of its own; stop() returns what it counted."""

    def __init__(self, log_path):
        self.port = free_port()
        self.path = log_path
        self.daemon = Daemon([f"{DIRECTORY}/bench_sink", f"127.0.0.1:{self.port}"], log_path)
        give_precedence(self.daemon.pid)
        wait_for(lambda: accepts(self.port), "bench_sink", 30, self.daemon.log)

    @property
    def pid(self):
        return self.daemon.pid

    def _counts(self):
        return [json.loads(line) for line in self.daemon.log().splitlines() if line.startswith("{")]

    def counts(self):
        """Since the last time."""
        known = len(self._counts())
        self.daemon.send(signal.SIGUSR1)
        wait_for(lambda: len(self._counts()) > known, "the counts of bench_sink", 30, self.daemon.log)
        return self._counts()[known]

    def stop(self):
        self.daemon.send(signal.SIGCONT)
        self.daemon.stop()
        return self._counts()[-1]
