"""The messages that go round the loop: each is a Case with its exact octets and what to expect.

DOMAIN stands for the signing domain; every case is sent for each domain of the test. The octets are
as an SMTP client sends them (CRLF) or as sendmail(1) reads them.
"""

import base64
import random
from dataclasses import dataclass

# Every case has these unless the case is about their absence: libopendkim reads no message
# without Date, and Postfix would add what is missing.
USUAL = (b"From: Alice <alice@DOMAIN>\r\n"
         b"To: Bob <bob@rcpt.example>\r\n"
         b"Date: Fri, 20 Nov 2026 10:00:00 +0000\r\n"
         b"Message-ID: <%s@DOMAIN>\r\n"
         b"Subject: %s\r\n")


@dataclass
class Case:
    name: str
    content: bytes
    way: str = "front"         # front, submission, foreign (SMTP), or sendmail
    sender: str = "alice@DOMAIN"
    recipients: int = 1
    mail_parameters: str = ""
    rcpt_parameters: str = ""
    signed: bool = True
    refused: bool = False      # Postfix or the filter may refuse it; then both runs must
    opendkim: bool = True      # false: libopendkim does not read such a message (the why is beside)
    dkimpy: bool = True
    mail_dkim: bool = True

    def for_domain(self, domain):
        upper = self.content.replace(b"UPPERDOMAIN", domain.upper().encode())
        return upper.replace(b"DOMAIN", domain.encode())

    def addresses(self, domain):
        return [f"{self.name}-{n}.{domain}@rcpt.example" for n in range(self.recipients)]


def _usual(name, more=b""):
    return USUAL % (name.encode(), name.encode()) + more


def _text(name, body, more=b""):
    return _usual(name, more) + b"\r\n" + body


def _multipart(name, parts, kind=b"mixed"):
    boundary = b"=_boundary_" + name.encode()
    content = _usual(name, b"MIME-Version: 1.0\r\nContent-Type: multipart/" + kind +
                     b';\r\n\tboundary="' + boundary + b'"\r\n') + b"\r\npreamble\r\n"
    for part in parts:
        content += b"--" + boundary + b"\r\n" + part + b"\r\n"
    return content + b"--" + boundary + b"--\r\nepilogue\r\n"


def _attachment(size, seed):
    octets = random.Random(seed).randbytes(size)
    return (b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
            b'Content-Disposition: attachment; filename="data.bin"\r\n\r\n' +
            base64.encodebytes(octets).replace(b"\n", b"\r\n"))


TEXT_PART = b"Content-Type: text/plain; charset=utf-8\r\n\r\nHello Bob.\r\n"
HTML_PART = b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>Hello <b>Bob</b>.</p>\r\n"


def _bodies():
    yield Case("plain", _text("plain", b"Hello Bob,\r\n\r\na plain text.\r\n"))
    yield Case("plain-submission", _text("plain-submission", b"Hello\r\n"), way="submission")
    yield Case("plain-foreign", _text("plain-foreign", b"Hello\r\n"), way="foreign")
    yield Case("empty-body", _text("empty-body", b""))
    yield Case("one-empty-line", _text("one-empty-line", b"\r\n"))
    yield Case("only-empty-lines", _text("only-empty-lines", b"\r\n" * 40))
    yield Case("empty-lines-at-end", _text("empty-lines-at-end", b"text\r\n\r\n\r\n\r\n"))
    yield Case("blanks", _text("blanks", b"two  blanks \r\n\ttab\t\r\n  \r\n \t \r\nend\t \r\n \r\n"))
    yield Case("dots", _text("dots", b".\r\n..\r\n...\r\n.x\r\nx.\r\n. \r\n\r\n.\r\nlast\r\n.\r\n"))
    yield Case("dot-first", _text("dot-first", b".first line has a dot\r\n"))
    yield Case("long-lines", _text("long-lines", b"a" * 998 + b"\r\n" + b"b " * 499 + b"\r\n"))
    yield Case("very-long-line", _text("very-long-line", b"word " * 1500 + b"\r\n" + b"x" * 5000 +
                                       b"\r\nend\r\n"))
    yield Case("dot-where-a-long-line-is-cut",
               _text("dot-where-a-long-line-is-cut", (b"y" * 997 + b".") * 4 + b"\r\n"))
    yield Case("large", _text("large", (b"0123456789abcdef" * 4 + b"\r\n") * 45000))
    yield Case("from-in-body", _text("from-in-body", b"From here on\r\n>From quoted\r\n"))
    yield Case("looks-like-a-command", _text("looks-like-a-command",
                                             b"QUIT\r\nRSET\r\nDATA\r\nMAIL FROM:<x@y>\r\n"))


def _eight_bit():
    utf8 = "Grüße aus Köln — mit Ümläuten, 日本語 и русский\r\n".encode() * 20
    mime = (b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
            b"Content-Transfer-Encoding: 8bit\r\n")
    yield Case("eight-bit", _text("eight-bit", utf8, mime), mail_parameters="BODY=8BITMIME")
    yield Case("eight-bit-undeclared", _text("eight-bit-undeclared", utf8, mime))
    yield Case("latin1-no-mime", _text("latin1-no-mime", b"caf\xe9 \xa0 \xff\xfe\r\n" * 9),
               mail_parameters="BODY=8BITMIME")
    yield Case("eight-bit-header", _text("eight-bit-header", b"x\r\n",
                                         "X-Note: schöne Grüße\r\n".encode()),
               mail_parameters="BODY=8BITMIME")
    yield Case("smtputf8", _text("smtputf8", utf8, mime + "X-Note: ü\r\n".encode()),
               mail_parameters="BODY=8BITMIME SMTPUTF8")
    yield Case("quoted-printable", _text(
        "quoted-printable", b"Gr=C3=BC=C3=9Fe=20\r\nsoft =\r\nbreak\r\n",
        b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n"))


def _parts():
    yield Case("alternative", _multipart("alternative", [TEXT_PART, HTML_PART], b"alternative"))
    yield Case("attachment", _multipart("attachment", [TEXT_PART, _attachment(60_000, 1)]))
    yield Case("attachments", _multipart("attachments", [
        TEXT_PART, HTML_PART, _attachment(300_000, 2), _attachment(1, 3), _attachment(0, 4)]))
    inner = b"Content-Type: message/rfc822\r\n\r\n" + _text("inner", b"forwarded\r\n")
    yield Case("forwarded", _multipart("forwarded", [TEXT_PART, inner]))
    yield Case("unclosed-multipart", _text("unclosed-multipart", b"--b\r\n\r\nno end\r\n",
               b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n'))


def _headers():
    yield Case("folded", _text("folded", b"x\r\n", b"X-Folded: one\r\n two\r\n\tthree\r\n"
                               b"X-Empty:\r\nX-Blank: \r\nX-Fold-First:\r\n value\r\n"
                               b"References: <a@b>\r\n\t<c@d>   <e@f>\r\n"))
    yield Case("odd-case", (b"fRoM: alice@DOMAIN\r\nTO: bob@rcpt.example\r\n"
                            b"DATE: Fri, 20 Nov 2026 10:00:00 +0000\r\nSUBJECT: odd  case \r\n"
                            b"message-id: <odd@DOMAIN>\r\n\r\nx\r\n"))
    yield Case("repeated", _text("repeated", b"x\r\n", b"Comments: one\r\nComments: two\r\n"
                                 b"X-A: 1\r\nX-A: 2\r\nCc: c@rcpt.example\r\nKeywords: a\r\n"))
    yield Case("list", _text("list", b"x\r\n", b"List-Id: The list <list.DOMAIN>\r\n"
                             b"List-Unsubscribe: <https://DOMAIN/u>,\r\n <mailto:u@DOMAIN>\r\n"
                             b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
                             b"List-Post: <mailto:l@DOMAIN>\r\nReply-To: l@DOMAIN\r\n"))
    yield Case("long-header", _text("long-header", b"x\r\n", b"X-Long: " + b"v" * 985 + b"\r\n"
                                    b"X-Words: " + b"\r\n ".join([b"word " * 12] * 60) + b"\r\n"))
    yield Case("many-fields", _text("many-fields", b"x\r\n", b"".join(
        b"X-Field-%d: value %d\r\n" % (n, n) for n in range(500))))
    yield Case("received", b"".join(
        b"Received: from h%d.test (h%d.test [192.0.2.%d])\r\n\tby h%d.test with ESMTP id %d;\r\n"
        b"\tFri, 20 Nov 2026 09:%02d:00 +0000\r\n" % (n, n, n, n + 1, n, n)
        for n in reversed(range(30))) + _text("received", b"x\r\n"))
    yield Case("resent", b"Resent-From: r@DOMAIN\r\nResent-To: q@rcpt.example\r\n"
               b"Resent-Date: Fri, 20 Nov 2026 11:00:00 +0000\r\n"
               b"Resent-Message-ID: <r@DOMAIN>\r\n" + _text("resent", b"x\r\n"))
    yield Case("mbox-from-line", b"From alice@DOMAIN Fri Nov 20 10:00:00 2026\r\n" +
               _text("mbox-from-line", b"x\r\n"), way="sendmail")
    yield Case("blank-before-colon", _text("blank-before-colon", b"x\r\n", b"X-Blank : y\r\n"))
    yield Case("bcc", _text("bcc", b"x\r\n", b"Bcc: hidden@rcpt.example\r\n"), recipients=2)
    yield Case("encoded-words", (
        b"From: =?utf-8?q?Alice_M=C3=BCller=2C_Chief?= <alice@DOMAIN>\r\nTo: undisclosed:;\r\n"
        b"Date: Fri, 20 Nov 2026 10:00:00 +0000\r\nMessage-ID: <e@DOMAIN>\r\n"
        b"Subject: =?utf-8?B?R3LDvMOfZQ==?=\r\n =?iso-8859-1?q?caf=E9?=\r\n\r\nx\r\n"))
    yield Case("from-comments", (
        b'From: "Alice (not) <x@y.test>" (a comment (nested)) <alice@DOMAIN> (end)\r\n'
        b"To: bob@rcpt.example\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\n"
        b"Message-ID: <c@DOMAIN>\r\n\r\nx\r\n"))
    yield Case("upper-case-domain", _text("upper-case-domain", b"x\r\n").replace(
        b"alice@DOMAIN>", b"Alice@UPPERDOMAIN>", 1))
    yield Case("foreign-signature", (
        b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=elsewhere.test; s=s; h=from;\r\n"
        b"\tbh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n" +
        _text("foreign-signature", b"x\r\n")))


def _unusual():
    yield Case("null-sender", _text("null-sender", b"a bounce\r\n"), sender="")
    yield Case("many-recipients", _text("many-recipients", b"x\r\n"), recipients=120)
    yield Case("two-recipients", _text("two-recipients", b"x\r\n"), recipients=2)
    yield Case("dsn", _text("dsn", b"x\r\n"), mail_parameters="RET=HDRS ENVID=a+2Bb",
               rcpt_parameters="NOTIFY=FAILURE,DELAY ORCPT=rfc822;first+2Bx@rcpt.example")
    yield Case("another-envelope", _text("another-envelope", b"x\r\n"),
               sender="bounces+bob=rcpt.example@elsewhere.test")
    yield Case("no-from", (b"To: bob@rcpt.example\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\n"
                           b"Message-ID: <n@DOMAIN>\r\n\r\nx\r\n"), way="foreign", signed=False)
    yield Case("two-from", b"From: mallory@elsewhere.test\r\n" + _text("two-from", b"x\r\n"),
               way="foreign", signed=False)
    yield Case("another-domain", _text("another-domain", b"x\r\n").replace(
        b"alice@DOMAIN>", b"alice@elsewhere.test>", 1), signed=False)
    # libopendkim reads no message without Date.
    yield Case("from-only", b"From: alice@DOMAIN\r\n\r\nbody\r\n", way="foreign", opendkim=False)
    yield Case("no-body-no-blank-line", _usual("no-body-no-blank-line"), way="foreign")
    yield Case("no-header", b"no field here, just text\r\nand a second line\r\n", way="foreign",
               signed=False)
    yield Case("no-header-local", b"no field here, just text\r\n")
    yield Case("nothing-at-all", b"", way="foreign", signed=False)


def _sendmail():
    def lf(content):
        return content.replace(b"\r\n", b"\n")
    yield Case("sendmail", lf(_text("sendmail", b"Hello\r\n.\r\n..dots\r\nend\r\n")),
               way="sendmail")
    yield Case("sendmail-crlf", _text("sendmail-crlf", b"Hello\r\nend\r\n"), way="sendmail")
    yield Case("sendmail-no-final-newline", lf(_text("sendmail-no-final-newline", b"Hello\r\nend")),
               way="sendmail")
    yield Case("sendmail-no-body", lf(_usual("sendmail-no-body"))[:-1], way="sendmail")
    yield Case("sendmail-fields-missing", b"Subject: x\n\nPostfix adds From, Date, Message-Id\n",
               way="sendmail")
    yield Case("sendmail-eight-bit", lf(_text("sendmail-eight-bit", "Grüße\r\n".encode() * 9)),
               way="sendmail")
    yield Case("sendmail-null-sender", lf(_text("sendmail-null-sender", b"x\r\n")), sender="",
               way="sendmail")
    yield Case("sendmail-many", lf(_text("sendmail-many", b"x\r\n")), recipients=60,
               way="sendmail")
    yield Case("sendmail-attachment", lf(_multipart("sendmail-attachment", [
        TEXT_PART, _attachment(100_000, 5)])), way="sendmail")


def cases():
    """All of them, in a fixed order, each name once."""
    found = [*_bodies(), *_eight_bit(), *_parts(), *_headers(), *_unusual(), *_sendmail()]
    assert len({c.name for c in found}) == len(found), "two cases of one name"
    return found
