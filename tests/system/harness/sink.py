"""A next hop for tests: an SMTP or LMTP server that records what it is given, to the byte, and that can be
told to refuse, drop, stall or half-answer at any step.

    sink = Sink(); sink.start()
    sink.on("rcpt", reply="452 4.2.2 full", times=1)
    sink.on("dot", half="250 2.0.0 Ok: que")

Steps: connect, ehlo (LHLO too), helo, mail, rcpt, data, content, dot, rset, quit, and any other verb in lower
case. "content" is after 354 was sent and before anything of the message was read. In LMTP "dot" is
there once for each recipient, and `match` looks at the address; each recipient is a delivery.
"""

import re
import socket
import threading
import time
from dataclasses import dataclass, field

EHLO_KEYWORDS = ("PIPELINING", "SIZE 104857600", "ENHANCEDSTATUSCODES", "8BITMIME", "DSN", "SMTPUTF8",
                 "XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE")


@dataclass
class Delivery:
    """One message as it was accepted."""
    reverse_path: str
    mail_parameters: str
    recipients: list  # of (forward path, parameters)
    content: bytes    # dots unstuffed, with its final CRLF
    xforward: dict
    connection: int
    tls: str = ""     # the version of TLS it came in

    def addresses(self):
        return [path for path, _ in self.recipients]


@dataclass
class Act:
    """What to do at a step instead of the usual answer."""
    reply: str = None    # this reply; "" = none at all
    half: str = None     # these characters without a line end, then close
    drop: bool = False   # close without a word
    taken: bool = False  # at "dot": the message counts as accepted all the same
    stall: bool = False  # answer nothing until the sink is stopped or told to go on
    delay: float = 0.0   # seconds before the usual answer
    times: int = None    # how often; None = always
    match: str = None    # only for command lines with this text


class _Gone(Exception):
    """This connection has ended."""


@dataclass
class _Transaction:
    reverse_path: str = None
    mail_parameters: str = ""
    recipients: list = field(default_factory=list)


class _Connection:
    PATH = re.compile(r"^(?:MAIL FROM|RCPT TO):\s*<(.*?)>(?:\s+(.*))?$", re.IGNORECASE)

    def __init__(self, sink, peer, number):
        self.sink, self.peer, self.number = sink, peer, number
        self.buffer = b""
        self.transaction = _Transaction()
        self.xforward = {}
        self.secure = False

    def run(self):
        try:
            if self.sink.implicit_tls:
                self.start_tls()
            self.answer("connect", "", "220 sink.example ESMTP")
            while True:
                self.command(self.read_until(b"\r\n").decode("utf-8", "surrogateescape"))
        except (_Gone, OSError):
            pass
        finally:
            self.peer.close()
            self.sink.forget(self)

    def start_tls(self):
        self.peer = self.sink.tls.wrap_socket(self.peer, server_side=True)
        self.secure = True

    def do_starttls(self, line):
        if self.sink.tls is None:
            self.answer("starttls", line, "502 5.5.2 unknown")
        elif self.answer("starttls", line, "220 2.0.0 go on").startswith("220"):
            self.start_tls()

    def closed_by_peer(self):
        try:
            # Below TLS, where there is TLS: it has no peeking.
            return socket.socket.recv(self.peer, 1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def read_until(self, end):
        while end not in self.buffer:
            got = self.peer.recv(65536)
            if not got:
                raise _Gone
            self.sink.count_octets(len(got))
            self.buffer += got
        line, self.buffer = self.buffer.split(end, 1)
        return line

    def read_content(self):
        """The stuffed content with its final CRLF; the end is CRLF.CRLF alone."""
        # The CRLF of the DATA command is the first half of the end of an empty message.
        self.buffer = b"\r\n" + self.buffer
        pieces = []
        while b"\r\n.\r\n" not in self.buffer:
            # The four last octets may be the beginning of the end.
            if len(self.buffer) > 4:
                pieces.append(self.buffer[:-4])
                self.buffer = self.buffer[-4:]
            got = self.peer.recv(1 << 18)
            if not got:
                raise _Gone
            self.sink.count_octets(len(got))
            self.buffer += got
        rest, self.buffer = self.buffer.split(b"\r\n.\r\n", 1)
        pieces.append(rest + b"\r\n")
        return b"".join(pieces)[2:]

    def answer(self, step, line, usual):
        """Says the usual reply, or what the script has for this step; returns what was said."""
        return self.act(self.sink.act_for(step, line), usual)

    def act(self, act, usual):
        if act is None:
            said = usual
        elif act.drop:
            raise _Gone
        elif act.half is not None:
            self.peer.sendall(act.half.encode())
            raise _Gone
        elif act.stall:
            self.sink.released.wait()
            raise _Gone
        else:
            time.sleep(act.delay)
            said = usual if act.reply is None else act.reply
        if said:
            self.peer.sendall(said.replace("\n", "\r\n").encode() + b"\r\n")
        if said.startswith("421"):
            raise _Gone
        return said

    def command(self, line):
        verb = line.split(" ", 1)[0].lower()
        self.sink.note(self.number, line)
        if not self.secure:
            self.sink.plain_commands.append(verb)
        handler = getattr(self, "do_" + verb, None)
        if handler is None or (verb in ("ehlo", "helo") if self.sink.lmtp else verb == "lhlo"):
            self.answer(verb, line, "502 5.5.2 unknown")
        else:
            handler(line)

    def do_ehlo(self, line):
        keywords = ["sink.example", *self.sink.keywords]
        if self.sink.tls is not None and not self.secure:
            keywords.append("STARTTLS")
        text = "".join(f"250-{k}\n" for k in keywords[:-1]) + f"250 {keywords[-1]}"
        self.answer("ehlo", line, text)
        self.transaction = _Transaction()

    do_lhlo = do_ehlo

    def do_helo(self, line):
        self.answer("helo", line, "250 sink.example")

    def do_xforward(self, line):
        self.xforward.update(p.split("=", 1) for p in line.split(" ")[1:] if "=" in p)
        self.answer("xforward", line, "250 2.0.0 Ok")

    def do_mail(self, line):
        path = self.PATH.match(line)
        if not path:
            self.answer("mail", line, "501 5.5.4 bad path")
        elif self.answer("mail", line, "250 2.1.0 Ok").startswith("2"):
            self.transaction = _Transaction(path[1], path[2] or "")

    def do_rcpt(self, line):
        path = self.PATH.match(line)
        if not path or self.transaction.reverse_path is None:
            self.answer("rcpt", line, "503 5.5.1 no")
        elif self.answer("rcpt", line, "250 2.1.5 Ok").startswith("2"):
            self.transaction.recipients.append((path[1], path[2] or ""))

    def do_data(self, line):
        if not self.transaction.recipients:
            self.answer("data", line, "554 5.5.1 no valid recipients")
            return
        if not self.answer("data", line, "354 go on").startswith("3"):
            return
        self.answer("content", line, "")
        stuffed = self.read_content()
        content = re.sub(rb"(^|\r\n)\.", rb"\1", stuffed)
        transaction, self.transaction = self.transaction, _Transaction()
        xforward, self.xforward = self.xforward, {}
        ends = [(line, transaction.recipients)]
        if self.sink.lmtp:
            ends = [(recipient[0], [recipient]) for recipient in transaction.recipients]
        for what, recipients in ends:
            self.end_message(what, Delivery(transaction.reverse_path, transaction.mail_parameters,
                                            recipients, content, xforward, self.number,
                                            self.peer.version() if self.secure else ""))

    def end_message(self, line, delivery):
        # Recorded before the reply is out: whoever has seen the 250 finds the message here.
        # The script is asked once, because another connection may ask it meanwhile.
        act = self.sink.act_for("dot", line)
        accepted = act is None or (act.reply or "2").startswith("2") and act.half is None
        if (accepted and not (act and (act.drop or act.stall))) or (act and act.taken):
            queued = self.sink.record(delivery)
        else:
            queued = 0
        self.act(act, f"250 2.0.0 Ok: queued as SINK{queued}")

    def do_rset(self, line):
        self.transaction = _Transaction()
        self.answer("rset", line, "250 2.0.0 Ok")

    def do_noop(self, line):
        self.answer("noop", line, "250 2.0.0 Ok")

    def do_quit(self, line):
        self.answer("quit", line, "221 2.0.0 Bye")
        raise _Gone


class Sink:
    """Listens from start() to stop(); all members may be read from any thread."""

    def __init__(self, port, keywords=EHLO_KEYWORDS, lmtp=False, host="127.0.0.1", tls=None,
                 implicit_tls=False):
        self.port, self.host = port, host
        self.tls = tls  # an ssl.SSLContext: STARTTLS is offered
        self.implicit_tls = implicit_tls
        self.plain_commands = []  # verbs that came outside TLS
        self.lmtp = lmtp
        self.keywords = list(keywords)
        self.deliveries = []
        self.commands = []  # (connection number, line)
        self.octets = 0
        self.connections = 0
        self.released = threading.Event()
        self._acts = []
        self._open = set()
        self._lock = threading.Lock()
        self._listener = None

    def start(self):
        self.released.clear()
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._listener = socket.socket(family, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((self.host, self.port))
        self._listener.listen(512)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()
        return self

    def stop(self):
        """Closes the listener and every connection; start() may follow."""
        self.released.set()
        if self._listener is not None:
            # close() alone leaves the accept in the other thread asleep, and the port open.
            try:
                self._listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            self._listener.close()
            self._listener = None
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            try:
                connection.peer.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _accept(self, listener):
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.connections += 1
                connection = _Connection(self, peer, self.connections)
                self._open.add(connection)
            threading.Thread(target=connection.run, daemon=True).start()

    def forget(self, connection):
        with self._lock:
            self._open.discard(connection)

    def open_connections(self):
        with self._lock:
            return len(self._open)

    def abandoned(self):
        """How many open connections their peer has closed (a stalled one does not look itself)."""
        with self._lock:
            connections = list(self._open)
        return sum(1 for c in connections if c.closed_by_peer())

    def on(self, step, **act):
        """Adds an act to the script; acts of one step are used in the order they were added."""
        with self._lock:
            self._acts.append((step, Act(**act)))
        return self

    def usual(self):
        """Forgets the script; what stalls is let go."""
        with self._lock:
            self._acts.clear()
        self.released.set()
        self.released = threading.Event()

    def _find(self, step, line):
        for entry in self._acts:
            if entry[0] == step and (entry[1].match is None or entry[1].match in line):
                return entry
        return None

    def act_for(self, step, line):
        with self._lock:
            entry = self._find(step, line)
            if entry is None:
                return None
            if entry[1].times is not None:
                entry[1].times -= 1
                if entry[1].times <= 0:
                    self._acts.remove(entry)
            return entry[1]

    def note(self, connection, line):
        with self._lock:
            self.commands.append((connection, line))

    def count_octets(self, number):
        with self._lock:
            self.octets += number

    def record(self, delivery):
        with self._lock:
            self.deliveries.append(delivery)
            return len(self.deliveries)

    def for_recipient(self, address):
        """Every delivery that names this recipient."""
        with self._lock:
            return [d for d in self.deliveries if address in d.addresses()]

    def count(self):
        """Recipients served, over all deliveries."""
        with self._lock:
            return sum(len(d.recipients) for d in self.deliveries)

    def clear(self):
        with self._lock:
            self.deliveries.clear()
            self.commands.clear()
            self.plain_commands.clear()
            self.octets = 0
