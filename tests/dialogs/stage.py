"""Plays a transcript: a sealonce of its own, clients, and a next hop."""

import re
import signal
import socket
import ssl
import time

from harness.deadline import wait_for
from harness.keys import make_key
from harness.ports import accepts, free_port
from harness.process import Daemon
from harness.sealonce import binary
from harness.sink import EHLO_KEYWORDS, Sink

from next_hop import CLOSED, CONNECTED, ScriptedHop
from transcript import octets

PATIENCE = 15.0  # seconds for a step that has no `within`
QUIET = 0.05     # seconds in which what must not come would have come


class Mismatch(Exception):
    """What happened is not what the transcript says."""


class Client:
    """Sends exactly what it is told; reads lines."""

    def __init__(self, port, source, piecewise):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE,
                                               source_address=(source, 0) if source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.piecewise = piecewise
        self.buffer = b""

    def send(self, data):
        try:
            for piece in ([bytes([o]) for o in data] if self.piecewise else [data]):
                self.socket.sendall(piece)
        except OSError:
            pass  # it was closed: what was said before stands in the next step

    def start_tls(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket)

    def line(self, seconds):
        """The next line without CRLF; None at the end of the connection."""
        end = time.monotonic() + seconds
        while b"\r\n" not in self.buffer:
            self.socket.settimeout(max(end - time.monotonic(), 0.001))
            try:
                got = self.socket.recv(65536)
            except (TimeoutError, socket.timeout):
                raise Mismatch(f"no line within {seconds:.1f} s; {self.buffer!r}") from None
            except OSError:
                got = b""
            if not got:
                return None
            self.buffer += got
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line.decode("utf-8", "backslashreplace")

    def left(self):
        """What came and was not asked for."""
        self.socket.settimeout(QUIET)
        try:
            self.buffer += self.socket.recv(65536)
        except OSError:
            pass
        return self.buffer

    def close(self):
        self.socket.close()


def configuration(transcript, directory, listen, next_hop):
    """The TOML that the header asks for."""
    sections = {name: list(lines) for name, lines in transcript.sections.items()}
    sections.setdefault("server", []).insert(0, 'hostname = "relay.example"')
    own = sections.pop("relay", [])
    text = "\n".join(["[[relay]]", 'name = "test"', f'listen = "127.0.0.1:{listen}"',
                      f'next_hop = "127.0.0.1:{next_hop}"', *own, ""])
    for name in sorted(sections, key=lambda n: not n.startswith("relay.")):
        text += f"[{name}]\n" + "\n".join(sections[name]) + "\n"
    if domain := transcript.options.get("domain"):
        key = make_key(directory, domain, "ed25519")
        text += f'[[domain]]\nname = "{domain}"\n[[domain.key]]\nselector = "ed"\nfile = "{key}"\n'
    return text


class Stage:
    def __init__(self, transcript, directory, piecewise):
        self.transcript = transcript
        self.piecewise = piecewise
        self.told = []     # the conversation, for people
        self.clients = {}
        self.waiting = b""  # lines of a client that go out with the next
        self.sources = {}
        self.bounds = (0.0, PATIENCE)
        self.port = free_port()
        option = transcript.options.get
        keywords = [k.strip() for k in option("next hop", ", ".join(EHLO_KEYWORDS)).split(",") if k.strip()]
        if transcript.scripted_hop():
            self.hop = ScriptedHop(free_port(), keywords, option("greeting") == "by hand")
        else:
            self.hop = Sink(free_port(), keywords)
        with open(f"{directory}/sealonce.toml", "w") as file:
            file.write(configuration(transcript, directory, self.port, self.hop.port))
        self.hop.start()
        self.daemon = Daemon([binary(), "serve", "--config", f"{directory}/sealonce.toml"],
                             f"{directory}/log")

    def play(self):
        """Raises Mismatch with the line of the file."""
        try:
            self.daemon.wait_for_log("ready")
            wait_for(lambda: accepts(self.port), "a port that accepts", 30, self.daemon.log)
            steps = self.transcript.steps
            for index, step in enumerate(steps):
                following = steps[index + 1] if index + 1 < len(steps) else None
                self._step(step, following)
            step = None
            self._end()
        except Mismatch as wrong:
            where = f"{self.transcript.path}:{step.line}" if step else f"{self.transcript.path}: end"
            raise Mismatch(f"{where}: {wrong}\n" + "\n".join(self.told[-30:]) +
                           "\n--- log\n" + self.daemon.log()[-2000:]) from None
        finally:
            for client in self.clients.values():
                client.close()
            self.hop.stop()
            status = self.daemon.stop()
        if status != 0:
            raise Mismatch(f"{self.transcript.path}: sealonce ended with {status}\n{self.daemon.log()[-4000:]}")

    def _client(self, number):
        if number not in self.clients:
            source = self.sources.get(number, self.transcript.options.get("from"))
            self.clients[number] = Client(self.port, source, self.piecewise)
        return self.clients[number]

    def _step(self, step, following):
        handler = getattr(self, f"_{step.who or step.kind}")
        began = time.monotonic()
        handler(step, following)
        if step.who in "SNL" and step.who:
            took = time.monotonic() - began
            if took < self.bounds[0]:
                raise Mismatch(f"came after {took:.1f} s, not before {self.bounds[0]:.1f} was wanted")
            self.bounds = (0.0, PATIENCE)

    # ---- the client

    def _C(self, step, following):
        client = self._client(step.number)
        if step.kind == "!":
            self.told.append(f"C{step.number}! {step.text}")
            client.socket.shutdown(socket.SHUT_WR) if step.text == "half" else client.close()
            return
        data = octets(step.text) + (b"\r\n" if step.kind == ":" else b"")
        self.told.append(f"C{step.number}: {data!r}")
        # Lines that follow one another go out together: what is pipelined here is so on the wire.
        self.waiting += data
        if following and (following.who, following.number) == ("C", step.number) and following.kind != "!":
            return
        self.waiting, data = b"", self.waiting
        client.send(data)

    def _S(self, step, _):
        client = self._client(step.number)
        line = client.line(self.bounds[1])
        self.told.append(f"S{step.number}: {line if line is not None else '(closed)'}")
        if step.kind == "*":
            while line is not None and line[3:4] == "-":
                line = client.line(self.bounds[1])
                self.told.append(f"S{step.number}: {line}")
        self._compare(step, line, None)

    def _compare(self, step, got, closed):
        """`closed`: what stands for the end of the connection."""
        if step.kind == "!":
            good = got is closed
        elif got is closed or not isinstance(got, str):
            good = False
        elif step.kind == "~":
            good = re.fullmatch(step.text, got) is not None
        else:
            good = got.startswith(step.text) if step.kind == "*" else got == step.text
        if not good:
            shown = "the end of the connection" if got is closed else repr(got)
            raise Mismatch(f"{step.who}{step.kind} {step.text}\ncame: {shown}")

    # ---- the next hop

    def _N(self, step, following):
        got = self._hop_line(end_wanted=step.kind == "!")
        if step.kind == "+":
            if got is not CONNECTED:
                raise Mismatch(f"a connection to the next hop was wanted, came: {got!r}")
            return
        if step.kind == "*":
            while isinstance(got, str) and got != ".":
                got = self._hop_line()
            if got != ".":
                raise Mismatch("a message up to its final dot was wanted")
        else:
            self._compare(step, got, CLOSED)
        if not (following and following.who == "n"):
            self.hop.usual_answer()

    def _hop_line(self, end_wanted=False):
        got = self.hop.next(self.bounds[1], end_wanted)
        if got is None:
            raise Mismatch(f"nothing came to the next hop within {self.bounds[1]:.1f} s")
        self.told.append(f"N: {'(closed)' if got is CLOSED else '(connected)' if got is CONNECTED else got}")
        return got

    def _n(self, step, _):
        self.told.append(f"n{step.kind} {step.text}")
        if step.kind == "!":
            self.hop.close()
        elif step.kind != "-":
            self.hop.say(octets(step.text) + (b"\r\n" if step.kind == ":" else b""))

    # ---- the log, and words

    def _L(self, step, _):
        def seen():
            return re.search(step.text, self.daemon.log(), re.MULTILINE)
        if step.kind == "!":
            time.sleep(QUIET)
            if seen():
                raise Mismatch(f"the log has what must not be there: {step.text}")
            return
        try:
            wait_for(seen, step.text, self.bounds[1])
        except AssertionError:
            raise Mismatch(f"not in the log: {step.text}") from None

    def _greet(self, step, _):
        client = self._client(step.number)
        self._expect_reply(client, "220")
        client.send(f"EHLO {step.text or 'client.example'}\r\n".encode())
        self._expect_reply(client, "250")

    def _quit(self, step, _):
        client = self._client(step.number)
        client.send(b"QUIT\r\n")
        self._expect_reply(client, "221")
        if client.line(PATIENCE) is not None:
            raise Mismatch("something came behind the reply to QUIT")

    def _expect_reply(self, client, code):
        lines = [client.line(PATIENCE)]
        while lines[-1] and lines[-1][3:4] == "-":
            lines.append(client.line(PATIENCE))
        self.told.append(f"S: {lines}")
        if not (lines[-1] or "").startswith(code):
            raise Mismatch(f"{code} was wanted, came: {lines}")

    def _pause(self, step, _):
        time.sleep(float(step.text))

    def _within(self, step, _):
        given = [float(n) for n in step.text.split()]
        self.bounds = (given[0] if len(given) > 1 else 0.0, given[-1])

    def _open(self, step, _):
        if step.text:
            self.sources[step.number] = step.text
        self._client(step.number)

    def _tls(self, step, _):
        self._client(step.number).start_tls()

    def _stop(self, _step, _):
        self.daemon.send(signal.SIGTERM)

    def _freeze(self, _step, _):
        self.daemon.send(signal.SIGSTOP)

    def _thaw(self, _step, _):
        self.daemon.send(signal.SIGCONT)

    def _end(self):
        """What is left over."""
        for number, client in self.clients.items():
            if client.socket.fileno() >= 0 and (left := client.left()):
                raise Mismatch(f"client {number} got more: {left!r}")
        if isinstance(self.hop, ScriptedHop):
            if left := self.hop.left():
                raise Mismatch(f"the next hop got more: {left}")
            return
        wanted = int(self.transcript.options.get("delivered", "0"))
        if len(self.hop.deliveries) != wanted:
            raise Mismatch(f"{len(self.hop.deliveries)} messages were delivered, not {wanted}")
