"""A next hop whose every command and reply stands in the transcript."""

import queue
import socket
import threading
import time

from harness.sink import EHLO_KEYWORDS

USUAL = {"MAIL": "250 2.1.0 Ok", "RCPT": "250 2.1.5 Ok", "DATA": "354 go on", "RSET": "250 2.0.0 Ok",
         "XFORWARD": "250 2.0.0 Ok", "NOOP": "250 2.0.0 Ok", "QUIT": "221 2.0.0 Bye"}
DOT = "250 2.0.0 Ok: queued as HOP"
CLOSED = object()     # in the place of a line: sealonce has closed the connection
CONNECTED = object()  # a connection, where the transcript greets by hand


class _Connection:
    def __init__(self, peer):
        self.peer = peer
        self.in_data = False
        self.buffer = b""

    def line(self):
        """Without its line end; None at the end of the connection."""
        while b"\n" not in self.buffer:
            try:
                got = self.peer.recv(65536)
            except OSError:
                return None
            if not got:
                return None
            self.buffer += got
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.removesuffix(b"\r").decode("utf-8", "backslashreplace")

    def send(self, data):
        try:
            self.peer.sendall(data)
        except OSError:
            pass  # what sealonce thinks of it stands in the next step


class ScriptedHop:
    """Greets by itself (unless told not to); after that each line it gets waits for the transcript."""

    def __init__(self, port, keywords=None, by_hand=False):
        self.port = port
        self.keywords = EHLO_KEYWORDS if keywords is None else keywords
        self.by_hand = by_hand
        self.lines = queue.Queue()  # of (connection, line)
        self.current = None         # the connection that spoke last
        self.last = ""              # what it said
        self._open = []
        self._held = []             # what came before its turn
        self._listener = None

    def start(self):
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def stop(self):
        for one in [self._listener, *(c.peer for c in self._open)]:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()

    def _accept(self):
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = _Connection(peer)
            self._open.append(connection)
            threading.Thread(target=self._listen_to, args=(connection,), daemon=True).start()

    def _greet(self, connection):
        connection.send(b"220 hop.example ESMTP\r\n")
        while True:
            line = connection.line()
            if line is None:
                return False
            if line.split(" ")[0] in ("EHLO", "LHLO"):
                said = ["hop.example", *self.keywords]
                connection.send("".join(f"250-{k}\r\n" for k in said[:-1]).encode() +
                                f"250 {said[-1]}\r\n".encode())
                return True
            connection.send(b"503 5.5.1 EHLO first\r\n")

    def _listen_to(self, connection):
        if self.by_hand:
            self.lines.put((connection, CONNECTED))
        elif not self._greet(connection):
            return
        line = ""
        while line is not None:
            line = connection.line()
            self.lines.put((connection, CLOSED if line is None else line))

    def next(self, seconds, end_wanted=False):
        """The next line, CLOSED or CONNECTED; None where nothing came in time. Each connection is read
        by a thread of its own: where an end is wanted, what another connection says may have overtaken
        it."""
        before = self.current
        until = time.monotonic() + seconds
        passed = []
        found = None
        while found is None and time.monotonic() < until:
            found = self._take(until)
            if end_wanted and found and found[0] is not before and found[1] is not CLOSED:
                passed.append(found)
                found = None
        self._held = passed + self._held
        if found is None and self._held:  # then it is what is wrong
            found = self._held.pop(0)
        if found is None:
            return None
        self.current, self.last = found
        return self.last

    def _take(self, until):
        if self._held:
            return self._held.pop(0)
        try:
            return self.lines.get(timeout=max(until - time.monotonic(), 0.001))
        except queue.Empty:
            return None

    def say(self, data):
        """Octets to the connection that spoke last."""
        self.current.in_data = data.startswith(b"354")
        self.current.send(data)

    def close(self):
        try:
            self.current.peer.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.current.peer.close()

    def usual_answer(self):
        """To the line that came last; nothing to a line of a message."""
        if self.last in (CLOSED, CONNECTED) or self.current.in_data and self.last != ".":
            return
        verb = self.last.split(" ")[0].upper()
        answer = DOT if self.current.in_data else USUAL.get(verb, "502 5.5.2 unknown")
        self.say(answer.encode() + b"\r\n")

    def left(self):
        """What came and no step asked for; connections that ended are of no account."""
        found = []
        while self._held or not self.lines.empty():
            line = (self._held.pop(0) if self._held else self.lines.get())[1]
            if line is not CLOSED:
                found.append("a connection" if line is CONNECTED else line)
        return found
