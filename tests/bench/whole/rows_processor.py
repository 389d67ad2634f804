"""Rows: time on the processor for a message, in signatures or in hashes."""

import base64
import random

from . import tools
from .row import Result, Row, best_ratio, calibrated

SMALL = 4096
LARGE = 10 << 20
HEADER = (b"Received: from client.example (client.example [192.0.2.7])\r\n"
          b"\tby mail.example (Postfix) with ESMTPS id 4XyZ1234Abcd\r\n"
          b"\tfor <bob@rcpt.example>; Thu, 29 Feb 2024 12:00:00 +0000 (UTC)\r\n"
          b"Date: Thu, 29 Feb 2024 12:00:00 +0000\r\nFrom: Alice <alice@bench.example>\r\n"
          b"To: Bob <bob@rcpt.example>\r\nSubject: What a signed message costs\r\n"
          b"Message-ID: <1@bench.example>\r\nMIME-Version: 1.0\r\n")


def attachment(octets):
    """A message of about so many octets that is nearly all one base64 attachment."""
    encoded = base64.encodebytes(random.Random(1).randbytes(octets * 57 // 78)).replace(b"\n", b"\r\n")
    return (HEADER + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n'
            b"See the attachment.\r\n--b\r\nContent-Type: application/octet-stream\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n" + encoded + b"--b--\r\n")


def text(octets):
    """A message of so many octets of short text lines."""
    line = b"the message is signed once and goes to its next hop as it came, unchanged\r\n"
    return HEADER + b"\r\n" + line * (octets // len(line))


class InSignatures(Row):
    """CPU of sealonce for a message / CPU of one bare RSA-2048 signature."""

    def send(self, port, messages):
        raise NotImplementedError

    def round(self, bench):
        messages = bench.count(3000, 100)

        def measure():
            with bench.stage() as stage:
                self.send(stage.port, bench.count(300, 20))
                return {"cpu_us": stage.cpu_of(lambda: self.send(stage.port, messages), messages)}
        return calibrated(bench, measure)

    def result(self, rounds):
        return best_ratio(rounds, "cpu_us", "signature_us")


class Pipelined(InSignatures):
    name = "pipelined"
    what = "CPU per signed 4 KiB message / RSA-2048 signature: pipelined, kept, 8 at a time"
    target = 1.20

    def send(self, port, messages):
        tools.load(port, messages, 8, "-s", SMALL)


class LockStepKept(InSignatures):
    name = "lock-step-kept"
    what = "the same by smtp-source, connections kept"
    target = 1.30

    def send(self, port, messages):
        tools.smtp_source(port, messages, 8, SMALL, kept=True)


class LockStepNew(InSignatures):
    name = "lock-step-new"
    what = "the same by smtp-source, a connection for each message"
    target = 1.65

    def send(self, port, messages):
        tools.smtp_source(port, messages, 8, SMALL, kept=False)


class Large(Row):
    """CPU of sealonce for a signed message of 10 MiB / CPU of SHA-256 of 10 MiB, one at a time."""

    target = 2.0

    def message(self):
        raise NotImplementedError

    def round(self, bench):
        path = bench.file("large.eml", self.message())
        messages = bench.count(16, 2)

        def measure():
            with bench.stage() as stage:
                tools.load(stage.port, 2, 1, "-f", path)
                return {"cpu_us": stage.cpu_of(lambda: tools.load(stage.port, messages, 1, "-f", path),
                                               messages)}
        return calibrated(bench, measure)

    def result(self, rounds):
        return best_ratio(rounds, "cpu_us", "sha256_10mib_us")


class LargeAttachment(Large):
    name = "large"
    what = "CPU per signed 10 MiB message (attachment) / SHA-256 of 10 MiB"

    def message(self):
        return attachment(LARGE)


class LargeText(Large):
    name = "large-text"
    what = "the same, 10 MiB of text"

    def message(self):
        return text(LARGE)


class OwnSignature(Row):
    name = "own-signature"
    what = "CPU of a 4 KiB message that is signed already and passes / of one that is signed"
    target = 0.35

    def round(self, bench):
        plain = text(SMALL - len(HEADER))
        files = {"signing_us": bench.file("plain.eml", plain),
                 "passing_us": bench.file("signed.eml", bench.sign(plain))}
        messages, warm = bench.count(3000, 100), bench.count(300, 20)
        figures = {}
        with bench.stage() as stage:
            for name, path in files.items():
                tools.load(stage.port, warm, 8, "-f", path)
                figures[name] = stage.cpu_of(lambda: tools.load(stage.port, messages, 8, "-f", path),
                                             messages)
            lines = stage.sealonce.wait_for_transactions(2 * (messages + warm))
        left_alone = sum(line["action"] != "signed" for line in lines)
        if left_alone < messages:
            raise AssertionError(f"only {left_alone} of {messages} messages with our signature were left alone")
        return figures

    def result(self, rounds):
        best = {name: min(r[name] for r in rounds) for name in ("passing_us", "signing_us")}
        each = sorted(r["passing_us"] / r["signing_us"] for r in rounds)
        return Result(best["passing_us"] / best["signing_us"],
                      f"{best['passing_us']:.0f} µs / {best['signing_us']:.0f} µs; "
                      f"rounds {each[0]:.2f} to {each[-1]:.2f}", rounds)

