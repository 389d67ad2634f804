"""Time on the processor of whole servers: of every process below one, those that ended included.

A Postfix is some forty processes that come and go. The kernel adds what an ended child used to its
parent once that has waited for it, and Postfix's master(8) waits for all of its children; so the sum
over the living and what they collected is everything. Where the kernel's own sum over a control group
can be had, Group gives that, to hold the two against each other.
"""

import glob
import os
import resource
import time

_LAST_ONES, _POLL = 5, 0.05  # seconds
_TICK = 1 / os.sysconf("SC_CLK_TCK")
# Fields of /proc/PID/stat behind the parenthesis of the name, proc(5).
_PARENT, _USER, _SYSTEM, _CHILDREN_USER, _CHILDREN_SYSTEM = 1, 11, 12, 13, 14
# Where the kernel's control groups may be: the file that has the sum, and how to read seconds from it.
_CONTROLLERS = (("/sys/fs/cgroup/cpuacct", "cpuacct.usage", lambda text: int(text) / 1e9),
                ("/sys/fs/cgroup", "cpu.stat", lambda text: int(text.split()[1]) / 1e6))


def _stat(pid):
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()


def _own_seconds(pid, stat):
    """The scheduler's nanoseconds of the living threads, or, where threads have ended, the ticks."""
    precise = 0
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        with open(path) as file:
            precise += int(file.read().split()[0])
    return max(precise / 1e9, (int(stat[_USER]) + int(stat[_SYSTEM])) * _TICK)


def _children_seconds(stat):
    return (int(stat[_CHILDREN_USER]) + int(stat[_CHILDREN_SYSTEM])) * _TICK


def _look(root):
    """(processes below root, what root has of ended children, seconds of all)."""
    stats = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                stats[int(name)] = _stat(name)
            except (FileNotFoundError, ProcessLookupError):
                pass
    family, waiting = set(), [root]
    while waiting:
        pid = waiting.pop()
        family.add(pid)
        waiting += [p for p, stat in stats.items() if int(stat[_PARENT]) == pid]
    seconds = sum(_own_seconds(pid, stats[pid]) + _children_seconds(stats[pid]) for pid in family)
    return family, _children_seconds(_stat(root)), seconds


def seconds_of(root):
    """Of a process and everything below it. Looks again while processes come or go."""
    while True:
        try:
            before = _children_seconds(_stat(root))
            family, after, seconds = _look(root)
            if before == after and family == _look(root)[0]:
                return seconds
        except (FileNotFoundError, ProcessLookupError):
            if not os.path.exists(f"/proc/{root}"):
                raise


def seconds_of_ended():
    """Of our own children that ended and were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Group:
    """A control group for one server, when the kernel lets us have one: else seconds() is None. The
    server's first process calls join() before it becomes what it is."""

    def __init__(self, name):
        self.path = None
        for directory, self.file, self.read in _CONTROLLERS:
            path = f"{directory}/sealonce-{os.getpid()}-{name}"
            try:
                os.mkdir(path)
            except OSError:
                continue
            if os.path.exists(f"{path}/{self.file}"):
                self.path = path
                return
            os.rmdir(path)

    def join(self):
        if self.path:
            with open(f"{self.path}/cgroup.procs", "w") as file:
                file.write(str(os.getpid()))

    def seconds(self):
        if not self.path:
            return None
        with open(f"{self.path}/{self.file}") as file:
            return self.read(file.read())

    def remove(self):
        """When its processes have been told to end; the last of them may take a moment."""
        end = time.monotonic() + _LAST_ONES
        while self.path and os.path.isdir(self.path) and time.monotonic() < end:
            try:
                os.rmdir(self.path)
            except OSError:
                time.sleep(_POLL)
