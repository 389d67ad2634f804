"""Three verifiers that are not ours: OpenDKIM's tool, Mail::DKIM and dkimpy, each asking the test's
own name server over DNS.

Each gives, for a message, one Verdict per DKIM-Signature field that it looks at.
"""

import logging
import os
import re
import subprocess
from dataclasses import dataclass

import dkim
import dns.resolver

HERE = os.path.dirname(__file__)


@dataclass(frozen=True)
class Verdict:
    verifier: str
    domain: str
    selector: str
    passed: bool
    detail: str


def split_fields(message):
    """(header lines with their continuations and CRLF, the rest from the empty line on). A line that
    is no field, such as an mbox "From " line, counts as one."""
    fields, at = [], 0
    for match in re.finditer(rb"[^\r\n][^\n]*\n(?:[ \t][^\n]*\n)*", message):
        if match.start() != at:
            break
        fields.append(match[0])
        at = match.end()
    return fields, message[at:]


def signature_fields(message):
    """The message's DKIM-Signature fields as (field, tags)."""
    found = []
    for field in split_fields(message)[0]:
        if re.match(rb"dkim-signature[ \t]*:", field, re.IGNORECASE):
            value = re.sub(rb"\s+", b"", field.split(b":", 1)[1]).decode("latin-1")
            tags = dict(t.split("=", 1) for t in value.split(";") if "=" in t)
            found.append((field, tags))
    return found


def only_signature(message, wanted):
    """The message with one of its DKIM-Signature fields alone (a signature covers no other)."""
    fields, rest = split_fields(message)
    unwanted = [f for f, _ in signature_fields(message) if f is not wanted]
    kept = [f for f in fields if not (f in unwanted and f != wanted)]
    return b"".join(kept) + rest


class Verifiers:
    def __init__(self, workspace, dns_port):
        self.workspace = workspace
        self.port = dns_port
        self.scratch = workspace.directory("verify")
        self.shim = os.path.join(self.scratch, "fixed_resolver.so")
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-o", self.shim,
                        os.path.join(HERE, "fixed_resolver.c"), "-ldl"], check=True, timeout=120)

    def all_three(self, message):
        return self.opendkim(message) + self.mail_dkim([message])[0] + self.dkimpy(message)

    def opendkim(self, message):
        """opendkim-testmsg says yes when any signature is good, so each is shown to it alone."""
        verdicts = []
        for field, tags in signature_fields(message):
            done = subprocess.run(
                ["opendkim-testmsg", "-C", "-t", self.scratch], input=only_signature(message, field),
                capture_output=True, timeout=60,
                env={**os.environ, "LD_PRELOAD": self.shim, "DNS_PORT": str(self.port)})
            detail = (done.stdout + done.stderr).decode("utf-8", "replace").strip()
            verdicts.append(Verdict("opendkim", tags.get("d", ""), tags.get("s", ""),
                                    done.returncode == 0 and not detail,
                                    detail or f"exit {done.returncode}"))
        return verdicts

    def mail_dkim(self, messages):
        """A list of verdicts for each message; one Perl process reads them all."""
        files = []
        for number, message in enumerate(messages):
            files.append(os.path.join(self.scratch, f"{number}.eml"))
            with open(files[-1], "wb") as file:
                file.write(message)
        done = subprocess.run(["perl", os.path.join(HERE, "mail_dkim.pl"), str(self.port), *files],
                              check=True, capture_output=True, timeout=600)
        verdicts = {file: [] for file in files}
        for line in done.stdout.decode("utf-8", "replace").split("\n"):
            if line:
                file, domain, selector, _, detail = line.split("\t", 4)
                verdicts[file].append(
                    Verdict("Mail::DKIM", domain, selector, detail == "pass", detail))
        return [verdicts[file] for file in files]

    def dkimpy(self, message):
        log = logging.getLogger("dkimpy.quiet")
        log.addHandler(logging.NullHandler())
        log.propagate = False
        verdicts = []
        for index, (_, tags) in enumerate(signature_fields(message)):
            verifier = dkim.DKIM(message, logger=log, minkey=1024)
            try:
                passed = verifier.verify(idx=index, dnsfunc=self.txt)
                detail = "" if passed else "verify() is false"
            except dkim.DKIMException as error:
                passed, detail = False, f"{type(error).__name__}: {error}"
            verdicts.append(
                Verdict("dkimpy", tags.get("d", ""), tags.get("s", ""), passed, detail))
        return verdicts

    def txt(self, name, timeout=10):
        """dkimpy's way to the name server."""
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = ["127.0.0.1"]
        resolver.port = self.port
        resolver.lifetime = timeout
        try:
            answer = resolver.resolve(name.decode(), "TXT", search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return None
        return b"".join(answer[0].strings)
