"""A row of the table: what is measured, its target, and what came out."""

from dataclasses import dataclass, field

from .machine import OtherWork


@dataclass
class Result:
    measured: float            # in the unit of the target; None when it could not be measured
    note: str = ""             # how, or why not
    rounds: list = field(default_factory=list)  # what each round gave
    skipped: bool = False      # what it needs cannot be had here


class Row:
    """Subclasses set the attributes, measure one round at a time, and make a Result of all."""

    name = ""          # for --row
    what = ""          # for the table
    target = 0.0
    at_least = False   # the target is a lower bound
    unit = ""
    steady = False     # does not vary with the machine's load: demanded of a short run, too
    once = False       # one round is enough

    def round(self, bench):
        """Measures once; what it returns is kept and goes into the results."""
        raise NotImplementedError

    def result(self, rounds):
        """The Result of all rounds."""
        raise NotImplementedError

    def good(self, result):
        if result.measured is None:
            return False
        return result.measured >= self.target if self.at_least else result.measured <= self.target

    def target_text(self):
        return f"{'≥' if self.at_least else '≤'} {self.target:g}{self.unit}"


def calibrated(bench, measure):
    """Calibrates, measures, calibrates: what a round of a row that has a ratio gives."""
    before = bench.calibrate()
    others = OtherWork()
    figures = measure()
    return {"before": before, **figures, "others": round(others.share(), 3), "after": bench.calibrate()}


def others(rounds):
    """For the note: what else the processors did meanwhile."""
    shares = [r["others"] for r in rounds]
    return f"others had {min(shares):.0%} to {max(shares):.0%} of the processors"


def best_ratio(rounds, figure, unit):
    """The best figure of all rounds by the best calibration of all rounds, which is what a machine
    with nothing else to do would give: load only adds to either. The note has each round's own ratio,
    from its figure and the mean of its two calibrations, so that the spread can be seen."""
    calibrations = [c[unit] for r in rounds for c in (r["before"], r["after"])]
    each = sorted(2 * r[figure] / (r["before"][unit] + r["after"][unit]) for r in rounds)
    measured = min(r[figure] for r in rounds) / min(calibrations)
    note = (f"{min(r[figure] for r in rounds):.0f} µs / {min(calibrations):.0f} µs; "
            f"rounds {each[0]:.2f} to {each[-1]:.2f}, median {each[len(each) // 2]:.2f}; "
            f"{others(rounds)}")
    return Result(measured, note, rounds)
