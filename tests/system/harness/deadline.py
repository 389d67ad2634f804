"""Waiting without fixed sleeps: poll until something is true, or fail at a deadline."""

import time

# This machine may be busy with other work; a deadline is for what hangs, not for what is slow.
PATIENCE = 60.0
POLL = 0.02


class DeadlineMissed(AssertionError):
    """What was waited for did not come true in time."""


def wait_for(condition, what, seconds=PATIENCE, detail=None):
    """Returns the first true value of condition(); detail() is added to the failure's text."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            more = f"\n{detail()}" if detail else ""
            raise DeadlineMissed(f"not within {seconds:.0f} s: {what}{more}")
        time.sleep(POLL)
