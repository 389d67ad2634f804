"""An SMTP client that sends exactly the octets it is told to; smtplib would mend them."""

import re
import socket


class SmtpError(AssertionError):
    """A reply that the test did not want, or none."""


def dot_stuff(content):
    """Content in CRLF form as it stands on the wire, the final dot included."""
    stuffed = re.sub(rb"(^|\r\n)\.", rb"\1..", content)
    if stuffed and not stuffed.endswith(b"\r\n"):
        stuffed += b"\r\n"
    return stuffed + b".\r\n"


class SmtpClient:
    def __init__(self, port, host="127.0.0.1", timeout=60, source=None):
        self.socket = socket.create_connection((host, port), timeout=timeout,
                                               source_address=(source, 0) if source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, octets):
        self.socket.sendall(octets)

    def line(self):
        while b"\r\n" not in self.buffer:
            got = self.socket.recv(65536)
            if not got:
                raise SmtpError(f"connection closed; unread: {self.buffer!r}")
            self.buffer += got
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line.decode("utf-8", "surrogateescape")

    def reply(self):
        """The next reply, its lines joined by a line feed."""
        lines = [self.line()]
        while lines[-1][3:4] == "-":
            lines.append(self.line())
        return "\n".join(lines)

    def command(self, text, expect=None):
        self.send(text.encode("utf-8", "surrogateescape") + b"\r\n")
        got = self.reply()
        if expect and not got.startswith(expect):
            raise SmtpError(f"{text!r}: wanted {expect}, got {got!r}")
        return got

    def greet(self, name="client.example", verb="EHLO"):
        """Greeting and EHLO, or LHLO; returns the keywords offered."""
        got = self.reply()
        if not got.startswith("220"):
            raise SmtpError(f"greeting: {got!r}")
        return [line[4:] for line in self.command(f"{verb} {name}", "250").split("\n")[1:]]

    def ends(self, number):
        """LMTP: the replies to the message."""
        return [self.reply() for _ in range(number)]

    def transaction(self, sender, recipients, content, mail_parameters="", rcpt_parameters=""):
        """One message whose every command must succeed; returns the reply to the final dot."""
        self.command(f"MAIL FROM:<{sender}>{mail_parameters and ' ' + mail_parameters}", "250")
        for recipient in recipients:
            self.command(f"RCPT TO:<{recipient}>{rcpt_parameters and ' ' + rcpt_parameters}", "250")
        self.command("DATA", "354")
        self.send(dot_stuff(content))
        return self.reply()


def submit(port, sender, recipients, content, **parameters):
    """One message over a connection of its own; it must be accepted. Returns the last reply."""
    with SmtpClient(port) as client:
        client.greet()
        reply = client.transaction(sender, recipients, content, **parameters)
        if not reply.startswith("250"):
            raise SmtpError(f"final dot: {reply!r}")
        client.command("QUIT", "221")
        return reply
