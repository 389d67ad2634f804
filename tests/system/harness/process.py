"""A server that a test starts and ends by its process id, also when the test fails or dies."""

import atexit
import ctypes
import os
import signal
import subprocess

from .deadline import wait_for

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)
_running = []


def _end_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Daemon:
    """A child in a session of its own, its standard error in a file.

    It ends with stop(), at the end of the interpreter, or by the kernel when the test run is killed.
    before_exec is called in the child, as its last step.
    """

    def __init__(self, arguments, log_path, environment=None, directory=None, before_exec=None):
        def prepare():
            if before_exec:
                before_exec()
            _end_with_parent()  # last: a change of account forgets it
        self.arguments = [str(a) for a in arguments]
        self.log_path = log_path
        log = open(log_path, "ab")
        try:
            self.child = subprocess.Popen(
                self.arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=directory,
                env={**os.environ, **(environment or {})}, start_new_session=True,
                preexec_fn=prepare)
        finally:
            log.close()
        _running.append(self)

    @property
    def pid(self):
        return self.child.pid

    def alive(self):
        return self.child.poll() is None

    def log(self):
        with open(self.log_path, "rb") as log:
            return log.read().decode("utf-8", "replace")

    def wait_for_log(self, text, seconds=30):
        """Waits for a text in the log; a process that ends before is a failure at once."""
        def seen():
            if text in self.log():
                return True
            if not self.alive():
                raise AssertionError(
                    f"{self.arguments[0]} ended with {self.child.returncode}:\n{self.log()}")
            return False
        wait_for(seen, f"{text!r} in {self.log_path}", seconds, self.log)

    def send(self, number):
        self.child.send_signal(number)

    def stop(self, number=signal.SIGTERM, seconds=20):
        """Ends the process and what it left in its session; returns its exit status."""
        if self.alive():
            self.send(number)
            try:
                self.child.wait(seconds)
            except subprocess.TimeoutExpired:
                self._kill_session()
                self.child.wait(seconds)
                raise AssertionError(f"{self.arguments[0]} did not end within {seconds} s")
            finally:
                self._kill_session()
        if self in _running:
            _running.remove(self)
        return self.child.returncode

    def _kill_session(self):
        # The session has the child's id; its members outlive the child only when it failed to
        # end them, and the id cannot be anyone else's while a member lives.
        try:
            os.killpg(self.child.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass


def stop_all():
    """Ends whatever a failed test left running."""
    for daemon in list(_running):
        try:
            daemon.stop(seconds=5)
        except AssertionError:
            pass


atexit.register(stop_all)
