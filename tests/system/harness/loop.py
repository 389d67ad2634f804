"""The content_filter loop with everything around it, and the same Postfix without the filter beside
it: what the reference does to a message, Postfix does.
"""

import grp
import os
import pwd
import re
import shutil
from dataclasses import dataclass

from .dns import NameServer, txt_record
from .keys import make_key, public_record
from .postfix import Postfix
from .sealonce import Sealonce
from .sink import Sink
from .ports import free_port
from .smtp_client import SmtpClient, SmtpError
from .verify import Verifiers, signature_fields, split_fields

# Signing domain → kinds of its keys; the selector of a key is the name of its kind.
DOMAINS = {"rsa.example": ["rsa"], "both.example": ["rsa", "ed25519"]}

RECEIVED_HERE = re.compile(rb"received:[^\r\n]*(?:\r\n[ \t][^\r\n]*)*?"
                           rb"\bby mail\.example \(Postfix", re.IGNORECASE)
MADE_MESSAGE_ID = re.compile(rb"^message-id: <\d{14}\.\w+@mail\.example>", re.IGNORECASE)
DATE = re.compile(rb"^date:", re.IGNORECASE)


def make_keys(workspace, domains):
    """(domain → [(selector, key file)], name server not yet started, with their records)."""
    directory = workspace.directory("keys")
    name_server = NameServer(workspace)
    name_server.add("elsewhere.test")  # what foreign signatures name: there is no such key
    configured = {}
    for domain, kinds in domains.items():
        configured[domain] = []
        for kind in kinds:
            path = make_key(directory, f"{domain}-{kind}", kind)
            configured[domain].append((kind, path))
            name_server.add(domain, txt_record(f"{kind}._domainkey", public_record(path, kind)))
    return configured, name_server


def submit_case(postfix, case, domain):
    """Sends one case to a Postfix; returns "accepted" or the reply that refused it."""
    content = case.for_domain(domain)
    sender = case.sender.replace("DOMAIN", domain)
    addresses = case.addresses(domain)
    if case.way == "sendmail":
        postfix.sendmail(sender, addresses, content)
        return "accepted"
    port = getattr(postfix, case.way)
    with SmtpClient(port) as client:
        client.greet()
        try:
            reply = client.transaction(sender, addresses, content, case.mail_parameters,
                                       case.rcpt_parameters)
        except SmtpError as error:
            return str(error)
    return "accepted" if reply.startswith("250") else reply


def own_signatures(content, domain):
    return [(f, t) for f, t in signature_fields(content) if t.get("d", "").lower() == domain]


def without_traces(content, domain, submitted):
    """(fields, rest) less what differs from run to run: our own Postfix's Received fields, our own
    signatures, and the values that Postfix makes up where the submission had none."""
    fields, rest = split_fields(content)
    own = {f for f, _ in own_signatures(content, domain)}
    had_date = any(DATE.match(f) for f in split_fields(submitted.replace(b"\r\n", b"\n"))[0])
    kept = []
    for field in fields:
        if field in own or RECEIVED_HERE.match(field):
            continue
        if MADE_MESSAGE_ID.match(field):
            field = b"Message-Id: made by Postfix\r\n"
        elif DATE.match(field) and not had_date:
            field = b"Date: made by Postfix\r\n"
        kept.append(field)
    return kept, rest


def envelope(delivery, address):
    """What the envelope says for one recipient, without SIZE, which counts the added lines."""
    parameters = re.sub(r"\bSIZE=\d+ ?", "", delivery.mail_parameters).strip()
    return delivery.reverse_path, parameters, dict(delivery.recipients)[address]


@dataclass
class Run:
    """One Postfix with its sink, and what came of each (case, domain)."""
    postfix: Postfix
    sink: Sink
    outcomes: dict

    def send(self, cases, domains):
        for case in cases:
            for domain in domains:
                self.outcomes[case.name, domain] = submit_case(self.postfix, case, domain)
        self.postfix.wait_until_empty()


def start_run(case_class, name, main_cf="", fragment=None):
    """A Postfix with its sink, with the fragment put in; ended with the test class."""
    sink = case_class.keep(Sink(free_port()).start())
    postfix = Postfix(case_class.workspace, sink.port, name, main_cf)
    if fragment:
        postfix.apply(fragment)
    return Run(case_class.keep(postfix).start(), sink, {})


class Loop:
    """Name server and Postfix → sealonce → Postfix, all started; ended with the test class. With
    last_hop sealonce sends to the sink itself; with unix_sockets both its sides are sockets in the
    queue directory, and it is nobody with the group postdrop."""

    def __init__(self, case_class, fragment, domains=None, main_cf="", further="", relay_keys="",
                 last_hop=False, unix_sockets=False):
        workspace = case_class.workspace
        self.keys, self.name_server = make_keys(workspace, domains or DOMAINS)
        case_class.keep(self.name_server.start())
        self.verifiers = Verifiers(workspace, self.name_server.port)
        self.run = start_run(case_class, "filtered", main_cf, fragment)
        self.postfix, self.sink = self.run.postfix, self.run.sink
        behind = self.sink.port if last_hop else self.postfix.reinject_port
        sockets = self._unix_sockets() if unix_sockets else {"relay_keys": relay_keys}
        self.sealonce = Sealonce(workspace, behind, self.keys, self.postfix.filter_port,
                                 further=further, **sockets)
        if unix_sockets:
            self.sealonce.before_exec = self._become_nobody
        case_class.keep(self.sealonce).start()

    def _unix_sockets(self):
        """As 22-signer-unix-sockets.cf has it."""
        queue = f"{self.postfix.base}/queue"
        os.makedirs(f"{queue}/sealonce")
        shutil.chown(f"{queue}/sealonce", "nobody", "postfix")
        os.chmod(f"{queue}/sealonce", 0o750)
        for configured in self.keys.values():
            for _, file in configured:
                shutil.chown(file, "nobody")
        return {"socket": f"{queue}/sealonce/outbound.sock", "relay_keys": 'listen_protocol = "lmtp"',
                "next_hop": f'"unix:{queue}/public/sealonce-back"'}

    @staticmethod
    def _become_nobody():
        """As systemd would, in the child."""
        account = pwd.getpwnam("nobody")
        os.setgroups([grp.getgrnam("postdrop").gr_gid])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
