"""Rows: system calls, messages per second, latency."""

import contextlib
import os
import re
import signal
import subprocess

from harness.deadline import wait_for

from . import tools
from .row import Result, Row, calibrated, others

SMALL = 4096
THREADS = 2
TRACE_END = 60  # seconds


class SystemCalls(Row):
    """strace counts what further messages cost: connections and their greetings drop out."""

    name = "system-calls"
    what = "system calls per message (pipelined, kept, 8 at a time)"
    target = 10
    steady = True
    FEW, MANY = 200, 1200
    SHORT = 700
    VAIN = "in vain"

    def calls(self, bench, stage, messages):
        """System call → how often, while so many messages pass; "in vain" → how many of them failed."""
        report = bench.workspace / f"strace-{messages}"
        said = f"{report}.stderr"
        with open(said, "wb") as log:
            tracer = subprocess.Popen(["strace", "-c", "-f", "-o", report, "-p", str(stage.pid)],
                                      stderr=log, stdin=subprocess.DEVNULL)
        try:
            wait_for(lambda: tracer.poll() is not None or b"attached" in open(said, "rb").read(), "strace")
            tools.load(stage.port, messages, 8, "-s", SMALL)
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.wait(TRACE_END)
        with open(report) as file:
            # % time, seconds, µs/call, calls, perhaps errors, the call
            rows = re.findall(r"^ *[\d.]+ +[\d.]+ +\d+ +(\d+) +(\d*) +(\w+)$", file.read(), re.MULTILINE)
        counted = {call: int(number) for number, _, call in rows if call != "total"}
        vain = sum(int(errors or 0) for _, errors, call in rows if call != "total")
        if not counted:
            with open(said) as log:
                raise AssertionError(f"strace counted nothing: {log.read()}")
        return {**counted, self.VAIN: vain}

    def round(self, bench):
        many = bench.count(self.MANY, self.SHORT)
        with bench.stage() as stage:
            tools.load(stage.port, 50, 8, "-s", SMALL)
            few = self.calls(bench, stage, self.FEW)
            more = self.calls(bench, stage, many)
        return {call: round((more[call] - few.get(call, 0)) / (many - self.FEW), 3) for call in more}

    def result(self, rounds):
        """The median: how often a read comes before what it wants depends on the peers' pace."""
        each = sorted(rounds, key=self.total)
        calls = {call: number for call, number in each[len(each) // 2].items() if number >= 0.01}
        vain = calls.pop(self.VAIN, 0)
        note = ", ".join(f"{call} {number:.2f}" for call, number in sorted(calls.items(), key=lambda c: -c[1]))
        return Result(self.total(each[len(each) // 2]), f"{note}; of them in vain {vain:.2f}; rounds "
                      f"{self.total(each[0]):.1f} to {self.total(each[-1]):.1f}", rounds)

    def total(self, calls):
        return sum(number for call, number in calls.items() if call != self.VAIN)


class Throughput(Row):
    """Driver and sink share the processors with the relay, as in the prototypes whose figure the
    target is: with two processors, 1 cannot be reached."""

    name = "throughput"
    what = f"messages/s × signature time / threads, {THREADS} threads"
    target = 0.65
    at_least = True

    def round(self, bench):
        messages = bench.count(8000, 200)

        def measure():
            with bench.stage(further=f"[server]\nthreads = {THREADS}\n") as stage:
                tools.load(stage.port, bench.count(500, 50), 8, "-s", SMALL)
                return tools.load(stage.port, messages, 8, "-s", SMALL)
        return calibrated(bench, measure)

    def result(self, rounds):
        signature = min(c["signature_us"] for r in rounds for c in (r["before"], r["after"]))
        rates = [r["messages_per_second"] for r in rounds]
        return Result(max(rates) * signature / 1e6 / THREADS,
                      f"{min(rates):.0f} to {max(rates):.0f} messages/s on "
                      f"{len(os.sched_getaffinity(0))} processors, which driver and sink share; "
                      f"{others(rounds)}", rounds)


@contextlib.contextmanager
def processors_awake():
    """A loop for each processor that runs where nothing else does (SCHED_IDLE)."""
    loops = [subprocess.Popen(["chrt", "--idle", "0", "sh", "-c", "while :; do :; done"])
             for _ in os.sched_getaffinity(0)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


class Latency(Row):
    """Median from MAIL to the last reply through sealonce, less the same to the sink alone.

    With processors that are awake, as on a machine that works: a virtual one that has nothing to do
    sleeps in every wait, and the hypervisor takes 30 µs and more to wake it, eight times for a message
    instead of four. What it is then stands beside it.
    """

    name = "latency"
    what = "added median latency at one connection / signature time"
    target = 1.3

    def round(self, bench):
        messages = bench.count(1500, 50)

        def measure():
            with bench.stage() as stage:
                tools.load(stage.port, bench.count(200, 20), 1, "-s", SMALL)
                asleep = self.added(bench, stage, messages)
                with processors_awake():
                    return {**self.added(bench, stage, messages), "asleep": asleep}
        return calibrated(bench, measure)

    @classmethod
    def added(cls, bench, stage, messages):
        direct = cls.direct(bench, messages)
        through = tools.load(stage.port, messages, 1, "-s", SMALL)
        return {"through_us": through["latency_us"], "direct_us": direct["latency_us"]}

    @staticmethod
    def direct(bench, messages):
        sink = tools.BenchSink(bench.workspace / "direct.log")
        try:
            return tools.load(sink.port, messages, 1, "-s", SMALL)
        finally:
            sink.stop()

    def result(self, rounds):
        best = {side: min(r[side]["p50"] for r in rounds) for side in ("through_us", "direct_us")}
        signature = min(c["signature_us"] for r in rounds for c in (r["before"], r["after"]))
        each = sorted(2 * (r["through_us"]["p50"] - r["direct_us"]["p50"]) /
                      (r["before"]["signature_us"] + r["after"]["signature_us"]) for r in rounds)
        asleep = min(r["asleep"]["through_us"]["p50"] - r["asleep"]["direct_us"]["p50"] for r in rounds)
        # The median of pairs of one round, for a difference has no best: where the scheduler puts driver
        # and sink weighs on either side.
        return Result(each[len(each) // 2],
                      f"p50 {best['through_us']} µs, direct {best['direct_us']} µs, signature "
                      f"{signature:.0f} µs; with processors that may sleep {asleep / signature:.2f}; "
                      f"rounds {each[0]:.2f} to {each[-1]:.2f}; {others(rounds)}", rounds)
