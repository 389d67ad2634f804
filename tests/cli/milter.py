"""A milter's other side: what a filter would add to a message (the protocol of libmilter 6)."""

import re
import socket
import struct

PROTOCOL = 6
EVERY_ACTION = 0x1FF
NO_CONNECT, NO_HELO, NO_MAIL, NO_RECIPIENT, NO_BODY = 0x01, 0x02, 0x04, 0x08, 0x10
NO_REPLY = {b"C": 0x1000, b"H": 0x2000, b"M": 0x4000, b"R": 0x8000, b"L": 0x80, b"N": 0x40000,
            b"B": 0x80000}
LAST_WORDS = b"acdrty4"


class Milter:
    """One message, from the connection to the filter's verdict."""

    def __init__(self, port, offered=0):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._send(b"O", struct.pack("!III", PROTOCOL, EVERY_ACTION, offered))
        _, data = self._receive()
        self.steps = struct.unpack("!III", data[:12])[2]

    def _send(self, command, data=b""):
        self.socket.sendall(struct.pack("!I", len(data) + 1) + command + data)

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise EOFError("the milter hung up")
            data += piece
        return data

    def _receive(self):
        (size,) = struct.unpack("!I", self._exactly(4))
        data = self._exactly(size)
        return data[:1], data[1:]

    def _step(self, command, *words):
        """The reply's code; empty where the message goes on."""
        self._send(command, b"".join(word + b"\0" for word in words))
        if self.steps & NO_REPLY[command]:
            return b""
        code = b"p"
        while code == b"p":
            code, _ = self._receive()
        return b"" if code == b"c" else code

    def _envelope(self):
        if not self.steps & NO_CONNECT:
            self._send(b"C", b"localhost\0" + b"4" + struct.pack("!H", 2525) + b"127.0.0.1\0")
            if not self.steps & NO_REPLY[b"C"]:
                self._receive()
        if not self.steps & NO_HELO:
            self._step(b"H", b"localhost")
        if not self.steps & NO_MAIL:
            self._step(b"M", b"<sender@example.com>")
        if not self.steps & NO_RECIPIENT:
            self._step(b"R", b"<recipient@example.net>")

    def ask(self, header):
        """header: (name, value) pairs; returns the fields that are added and the last code."""
        with self.socket:
            self._envelope()
            for name, value in header:
                code = self._step(b"L", name, value)
                if code:
                    return [], code
            code = self._step(b"N")
            if code:
                return [], code
            if not self.steps & NO_BODY:
                self._step(b"B", b"body\r\n")
            self._send(b"E")
            return self._changes()

    def _changes(self):
        added = []
        while True:
            code, data = self._receive()
            if code == b"h":
                added.append(tuple(data.split(b"\0")[:2]))
            elif code == b"i":
                added.append(tuple(data[4:].split(b"\0")[:2]))
            elif code in LAST_WORDS:
                return added, code


def tags(value):
    """The tags of a DKIM-Signature."""
    pairs = (part.split(b"=", 1) for part in re.sub(rb"\s+", b"", value).split(b";") if b"=" in part)
    return {name.decode(): content.decode() for name, content in pairs}
