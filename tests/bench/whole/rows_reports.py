"""Rows that other programs measure: tests/bench/peers and tests/bench/road leave .build/bench/*.json."""

import json
import os
import subprocess

from harness.postfix import REPOSITORY

from .row import Result, Row

RESULTS = os.path.join(REPOSITORY, ".build", "bench")
PROGRAMS = ("peers", "road")
RUN_TIME = 3600  # seconds for each


def run_all(short):
    """Runs the programs; what they say goes to the terminal, what they find to their files."""
    for program in PROGRAMS:
        path = os.path.join(REPOSITORY, "tests", "bench", program)
        done = subprocess.run([path, *(["--short"] if short else [])], timeout=RUN_TIME)
        if done.returncode != 0:
            raise SystemExit(f"{path} ended with {done.returncode}")


class Report(Row):
    """A figure out of the file of a program."""

    program = ""
    once = True

    def round(self, bench):
        path = os.path.join(RESULTS, f"{self.program}.json")
        if not os.path.exists(path):
            raise ValueError(f"there is no {os.path.relpath(path, REPOSITORY)}: "
                             f"tests/bench/{self.program}, or tests/bench/run --all")
        with open(path) as file:
            return json.load(file)


class Peer(Report):
    program = "peers"
    at_least = True
    target = 1.0
    peer = ""

    def result(self, rounds):
        figures = rounds[0]["peers"][self.peer]
        return Result(figures["ratio"], figures.get("note", ""), skipped=figures["ratio"] is None)


class OpenDkim(Peer):
    name, peer = "peer-opendkim", "opendkim"
    what = "CPU per message of OpenDKIM's own process / of sealonce, same work"


class Amavis(Peer):
    name, peer = "peer-amavis", "amavis"
    what = "the same of amavis"


class DkimProxy(Peer):
    name, peer = "peer-dkimproxy", "dkimproxy"
    what = "the same of dkimproxy"


class Road(Report):
    name = program = "road"
    what = "CPU of everything per message, best fragment / the same Postfix without a filter"
    target = 2.0

    # The ways out of the queue and back into the same Postfix; 40 is before the queue, 50 does not come
    # back, so neither is the road of the target. With --all, road also measures fragments with an
    # option changed, called otherwise than a file: not what is installed.
    AFTER_QUEUE = ("1", "2", "3")
    FRAGMENT = ".cf"

    def result(self, rounds):
        rows = {row["what"]: row for row in rounds[0]["rows"] if row["way"] != "none"}
        back = {what: row["ratio"] for what, row in rows.items()
                if row["way"].startswith(self.AFTER_QUEUE) and what.endswith(self.FRAGMENT)}
        if not back:
            return Result(None, "the last tests/bench/road had no fragment that is after the queue")
        best = min(back, key=back.get)
        others = sorted((row["ratio"], what) for what, row in rows.items() if what != best)
        return Result(back[best], f"{best}; " + ", ".join(f"{what} {ratio:.2f}" for ratio, what in others))


ROWS = [OpenDkim, Amavis, DkimProxy, Road]
