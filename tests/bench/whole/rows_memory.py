"""Rows: resident memory of idle connections and of messages in flight."""

import os
import resource
import signal
import socket

from harness.deadline import wait_for

from . import tools
from .row import Result, Row
from .rows_processor import text
from .stage import cpu_us, resident_octets

KIB = 1024
CONNECTIONS = "[server]\nmax_connections = 3000\n"
DESCRIPTORS = 8192
PATIENCE = 60  # seconds for each answer


class Connection:
    """A client that can be held at any step."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.lines = self.socket.makefile("rb")
        self.expect("220")
        self.say("EHLO bench.example", "250")

    def expect(self, code):
        while True:
            line = self.lines.readline().decode()
            if not line.startswith(code):
                raise AssertionError(f"{code} wanted, not {line!r}")
            if line[3:4] != "-":
                return

    def say(self, line, code):
        self.socket.sendall(line.encode() + b"\r\n")
        self.expect(code)

    def begin(self, message):
        """All of a message but its dot."""
        self.say("MAIL FROM:<alice@bench.example>", "250")
        self.say("RCPT TO:<bob@rcpt.example>", "250")
        self.say("DATA", "354")
        self.socket.sendall(message)

    def close(self):
        self.lines.close()
        self.socket.close()


def quiet(pid):
    """Waits until the process has used no time on the processor between two looks."""
    last = [cpu_us(pid)]

    def unchanged():
        now = cpu_us(pid)
        last.append(now)
        return now - last[-2] == 0
    wait_for(lambda: unchanged() and unchanged() and unchanged(), "sealonce to rest")


class Memory(Row):
    steady = True
    once = True

    def round(self, bench):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < DESCRIPTORS:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(DESCRIPTORS, hard), hard))
        return self.held(bench)

    def held(self, bench):
        raise NotImplementedError


class IdleConnection(Memory):
    """Between few and a thousand more, so that what the process needs itself drops out."""

    name = "memory-idle"
    what = "resident memory per idle connection"
    target = 8
    unit = " KiB"
    FEW, MORE = 100, 1000

    def held(self, bench):
        with bench.stage(further=CONNECTIONS) as stage:
            connections = [Connection(stage.port) for _ in range(self.FEW)]
            quiet(stage.pid)
            before = resident_octets(stage.pid)
            connections += [Connection(stage.port) for _ in range(self.MORE)]
            quiet(stage.pid)
            after = resident_octets(stage.pid)
            for connection in connections:
                connection.close()
        return {"connections": [self.FEW, self.FEW + self.MORE], "resident_octets": [before, after]}

    def result(self, rounds):
        before, after = rounds[0]["resident_octets"]
        return Result((after - before) / self.MORE / KIB,
                      f"{self.FEW} connections {before / KIB:.0f} KiB, {self.MORE} more {after / KIB:.0f} KiB",
                      rounds)


class MessageInFlight(Memory):
    """Between two and ten messages held at once: first all but the dot is there, then the dot, too,
    while the next hop, stopped, takes nothing."""

    name = "memory-message"
    what = "resident memory per message in flight / (1.05 × size + 256 KiB), worst size"
    target = 1
    IN_A_FILE = '[message]\nmemory_limit = "1MiB"\n'
    SIZES = {"4 KiB": (4 * KIB, ""), "128 KiB": (128 * KIB, ""), "1000 KiB": (1000 * KIB, ""),
             "10 MiB": (10240 * KIB, ""), "10 MiB in a file": (10240 * KIB, IN_A_FILE)}
    FEW, MORE = 2, 8

    def held(self, bench):
        return {name: self.of_size(bench, text(octets), further)
                for name, (octets, further) in self.SIZES.items()}

    def of_size(self, bench, message, further):
        with bench.stage(further=further) as stage:
            tools.load(stage.port, 20, 1)
            clients = [Connection(stage.port) for _ in range(self.FEW + self.MORE)]
            for client in clients[:self.FEW]:
                client.begin(message)
            quiet(stage.pid)
            before = resident_octets(stage.pid)
            for client in clients[self.FEW:]:
                client.begin(message)
            quiet(stage.pid)
            without_dot = resident_octets(stage.pid)
            os.kill(stage.sink.pid, signal.SIGSTOP)
            try:
                for client in clients:
                    client.socket.sendall(b".\r\n")
                quiet(stage.pid)
                stalled = resident_octets(stage.pid)
            finally:
                os.kill(stage.sink.pid, signal.SIGCONT)
            for client in clients:
                client.expect("250")
                client.close()
        return {"octets": len(message), "few": before, "without_dot": without_dot, "stalled": stalled}

    def share(self, figures):
        """Of what one message may need."""
        most = max(figures["without_dot"], figures["stalled"]) - figures["few"]
        return most / self.MORE / (1.05 * figures["octets"] + 256 * KIB)

    def result(self, rounds):
        shares = {name: self.share(figures) for name, figures in rounds[0].items()}
        return Result(max(shares.values()),
                      ", ".join(f"{name}: {share:.2f}" for name, share in shares.items()), rounds)
