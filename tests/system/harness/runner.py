"""Runs the unittest modules t_*.py of one directory, one line for each test that is not usual."""

import argparse
import os
import sys
import time
import unittest


class Result(unittest.TestResult):
    """One line for each test that failed, was skipped or took long; counts for the rest."""

    SLOW = 5.0  # seconds

    def __init__(self):
        super().__init__()
        self.passed = 0
        self._began = 0.0

    def startTest(self, test):
        super().startTest(test)
        self._began = time.monotonic()

    def addSuccess(self, test):
        self.passed += 1
        took = time.monotonic() - self._began
        if took > self.SLOW:
            print(f"ok   {test.id()} ({took:.0f} s)", flush=True)

    def _fail(self, test, error):
        print(f"FAIL {test.id()}\n{self._exc_info_to_string(error, test)}", flush=True)

    def addError(self, test, err):
        super().addError(test, err)
        self._fail(test, err)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._fail(test, err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._fail(subtest, err)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        print(f"skip {test.id()}: {reason}", flush=True)

    def bad(self):
        return len(self.failures) + len(self.errors) + len(self.unexpectedSuccesses)


def every_test(suite):
    for part in suite:
        if isinstance(part, unittest.TestSuite):
            yield from every_test(part)
        else:
            yield part


def main(directory, title):
    """`N passed, M failed` is the last line; the result is the exit status."""
    options = argparse.ArgumentParser(description=f"{title}: PATTERN = only tests whose name "
                                                  "(module.Class.test) has this text")
    options.add_argument("--binary", help="the sealonce to test")
    options.add_argument("--fail-fast", action="store_true")
    options.add_argument("patterns", nargs="*", metavar="PATTERN")
    options = options.parse_args()
    if os.getuid() != 0:
        sys.exit("system tests run as root: Postfix's master does")
    if options.binary:
        os.environ["SEALONCE"] = os.path.realpath(options.binary)
    # Debian's servers live where a user's PATH does not always look.
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    tests = list(every_test(unittest.TestLoader().discover(directory, pattern="t_*.py",
                                                           top_level_dir=directory)))
    if options.patterns:
        tests = [t for t in tests if any(p in t.id() for p in options.patterns)]
    result = Result()
    result.failfast = options.fail_fast
    began = time.monotonic()
    unittest.TestSuite(tests).run(result)
    print(f"{title}: {time.monotonic() - began:.0f} s")
    skipped = f", {len(result.skipped)} skipped" if result.skipped else ""
    print(f"{result.passed} passed, {result.bad()} failed{skipped}")
    return 1 if result.bad() or not result.passed else 0

