"""sealonce between a load and bench_sink, and what of it is measured: time on the processor, memory."""

import glob
import os
import re

from harness.keys import make_key
from harness.sealonce import Sealonce, run
from harness.workspace import Workspace

from . import tools
from .machine import give_precedence

DOMAIN = "bench.example"


def cpu_us(pid):
    """Of all threads, from the scheduler: finer than clock ticks."""
    total = 0
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        with open(path) as file:
            total += int(file.read().split()[0])
    return total / 1000


def resident_octets(pid):
    """Counted page by page: the sum in /proc/PID/status may lag behind."""
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return int(re.search(r"^Rss:\s+(\d+) kB", file.read(), re.MULTILINE)[1]) * 1024


class Bench:
    """What all rows share: a directory, a key, and how much is measured."""

    def __init__(self, short, rounds=None):
        self.short = short
        self.rounds = rounds or (1 if short else 5)
        self.calibration_ms = 60 if short else 300
        self.workspace = Workspace("bench")
        self.key = make_key(self.workspace.path, "bench")
        self.stages = 0

    def count(self, messages, short_messages):
        return short_messages if self.short else messages

    def calibrate(self):
        return tools.calibrate(self.key, self.calibration_ms)

    def stage(self, **keys):
        self.stages += 1
        return Stage(self, f"stage-{self.stages}", **keys)

    def sign(self, message):
        """The message with a signature by the key that the relay holds."""
        with Stage(self, f"signer-{self.stages}") as stage:
            done = run("sign", "--config", stage.sealonce.config, stdin=message)
        if done.returncode != 0:
            raise AssertionError(f"sealonce sign: {done.stderr.decode()}")
        return done.stdout

    def file(self, name, octets):
        path = self.workspace / name
        with open(path, "wb") as file:
            file.write(octets)
        return path

    def close(self):
        self.workspace.remove()


class Stage:
    """bench_sink and a sealonce before it; as a context, both end with it, and the sink must have
    got every message with exactly one signature."""

    def __init__(self, bench, name, further="", relay_keys=""):
        self.directory = bench.workspace.directory(name)
        self.sink = tools.BenchSink(f"{self.directory}/sink.log")
        self.sealonce = Sealonce(bench.workspace, self.sink.port, {DOMAIN: [("mail", bench.key)]},
                                 name=f"{name}/sealonce", further=further, relay_keys=relay_keys)

    def __enter__(self):
        try:
            self.sealonce.start()
            give_precedence(self.pid)
        except BaseException:
            self.sink.stop()
            raise
        return self

    def __exit__(self, kind, error, trace):
        try:
            self.sealonce.stop()
        finally:
            counts = self.sink.stop()
        if kind is None and counts["signed_once"] != counts["messages"]:
            raise AssertionError(f"{counts['messages']} messages, {counts['signed_once']} signed once")
        for path in glob.glob(f"{self.directory}/sealonce/log.*"):
            os.remove(path)

    @property
    def port(self):
        return self.sealonce.port

    @property
    def pid(self):
        return self.sealonce.daemon.pid

    def cpu_of(self, load, messages):
        """µs for a message of this load; what the sink got of it is held against the number."""
        self.sink.counts()
        before = cpu_us(self.pid)
        load()
        used = cpu_us(self.pid) - before
        got = self.sink.counts()
        if got["messages"] != messages or got["signed_once"] != messages:
            raise AssertionError(f"of {messages} messages: {got}")
        return used / messages
