"""Rows: canonicalization and SHA-256 of bodies, in parts of the throughput of bare SHA-256."""

import os
import re
import subprocess

from harness.postfix import REPOSITORY

from . import tools
from .row import Result, Row

PROGRAM = os.path.join(REPOSITORY, "tests", "bench", "micro", "body_hash_ratios")
RUN_TIME = 300  # seconds
# The bodies that mail has; the others of the program are the worst that can be thought of.
USUAL = ("base64, 76 columns", "plain text", "quoted-printable", "indented HTML")


class BodyHash(Row):
    """The program compares within itself, in turns; its table is run once for all rows of a round."""

    at_least = True
    _tables = {}  # row's name → a table that it has not seen

    def round(self, bench):
        if self.name not in self._tables:
            table = self.run()
            self._tables.update({kind.name: table for kind in BodyHash.__subclasses__()})
        return self._tables.pop(self.name)

    @staticmethod
    def run():
        """Body → the throughput of simple and of relaxed by that of SHA-256."""
        done = subprocess.run([PROGRAM, f"{tools.DIRECTORY}/bench_micro"], capture_output=True,
                              text=True, timeout=RUN_TIME, check=True)
        rows = re.findall(r"^(\S.*?)  +[\d.]+ +[\d.]+ +[\d.]+ +([\d.]+) +([\d.]+)$", done.stdout, re.MULTILINE)
        table = {name: {"simple": float(simple), "relaxed": float(relaxed)} for name, simple, relaxed in rows}
        if not set(USUAL) <= set(table):
            raise AssertionError(f"{PROGRAM}: {done.stdout}")
        return table

    def ratios(self, table):
        """Body → ratio, of those that the row is about."""
        raise NotImplementedError

    def result(self, rounds):
        each = [self.ratios(table) for table in rounds]
        best = {name: max(one[name] for one in each) for name in each[0]}
        worst = min(best, key=best.get)
        low, high = min(one[worst] for one in each), max(one[worst] for one in each)
        return Result(best[worst], f"{worst}; rounds {low:.2f} to {high:.2f}", rounds)


class Simple(BodyHash):
    name = "canon-simple"
    what = "canonicalization + SHA-256 / bare SHA-256: simple, worst of the usual bodies"
    target = 0.95

    def ratios(self, table):
        return {name: table[name]["simple"] for name in USUAL}


class RelaxedBase64(BodyHash):
    name = "canon-base64"
    what = "the same, relaxed on base64"
    target = 0.80

    def ratios(self, table):
        return {name: table[name]["relaxed"] for name in USUAL[:1]}


class RelaxedText(BodyHash):
    name = "canon-text"
    what = "the same, relaxed on text"
    target = 0.60

    def ratios(self, table):
        return {name: table[name]["relaxed"] for name in USUAL[1:2]}


class Worst(BodyHash):
    name = "canon-worst"
    what = "the same, the worst body of all for either"
    target = 0.20

    def ratios(self, table):
        return {f"{name}, {kind}": ratio for name, kinds in table.items() for kind, ratio in kinds.items()}


ROWS = [Simple, RelaxedBase64, RelaxedText, Worst]
