"""Chains of Postfix, sealonce and other filters: messages to send through them, and what must be true
of everything that comes out, whatever the chain is: ChainTests.
"""

import re

import dkim

from .dns import txt_record
from .keys import make_key, public_record
from .loop import DOMAINS, make_keys, submit_case
from .messages import Case, USUAL, cases
from .ports import free_port
from .postfix import Postfix
from .sealonce import Sealonce
from .sink import Sink
from .verify import Verifiers, signature_fields, split_fields

FOREIGN = "foreign.example"

# Of messages.py, one of each kind; none that Postfix itself changes.
TAKEN = {"plain", "plain-foreign", "empty-body", "blanks", "empty-lines-at-end", "dots", "eight-bit",
         "quoted-printable", "attachment", "folded", "repeated", "list", "null-sender", "sendmail",
         "two-recipients", "many-recipients", "another-domain"}

SIGNED_FIELDS = [b"from", b"to", b"subject", b"date", b"message-id"]


def dkimpy_signature(content, domain, selector, key_file, canonical=(b"relaxed", b"relaxed")):
    """A DKIM-Signature field by a signer that is not ours, RSA."""
    with open(key_file, "rb") as key:
        return dkim.sign(content, selector.encode(), domain.encode(), key.read(),
                         canonicalize=canonical, include_headers=SIGNED_FIELDS)


def usual(name, domain, body=b"Hello Bob,\r\n\r\n.a text.\r\n"):
    head = USUAL.replace(b"DOMAIN", domain.encode())
    return head % (name.encode(), name.encode()) + b"\r\n" + body


class Mailbag:
    """(case, domain) pairs; among them messages that carry signatures already."""

    def __init__(self, keys, foreign_key, taken=TAKEN):
        self.entries = [(c, d) for c in cases() if c.name in taken for d in keys]
        for domain, configured in keys.items():
            key_file = dict(configured)["rsa"]
            for case in self._signed_before(domain, key_file, foreign_key):
                self.entries.append((case, domain))

    @staticmethod
    def _signed_before(domain, key_file, foreign_key):
        def foreign(content, canonical=b"relaxed"):
            return dkimpy_signature(content, FOREIGN, "f", foreign_key, (canonical, canonical))

        def own(content):
            return dkimpy_signature(content, domain, "rsa", key_file)

        text = usual("by-another", domain)
        yield Case("by-another", foreign(text) + text)
        text = usual("by-another-simple", domain)
        yield Case("by-another-simple", foreign(text, b"simple") + text)
        text = usual("signed-before", domain)
        yield Case("signed-before", own(text) + text)
        text = usual("both-before", domain)
        yield Case("both-before", own(text) + foreign(text) + text)
        text = usual("broken-before", domain)
        yield Case("broken-before", own(text) + text + b"one line more\r\n")
        text = usual("forged-before", domain)
        forged = re.sub(rb"(\bb=)[^;]*", rb"\1AAAA", own(text))
        yield Case("forged-before", forged.rstrip(b"\r\n") + b"\r\n" + text)
        text = usual("doubled-before", domain)
        yield Case("doubled-before", own(text) + own(text) + text)
        # Of another domain: the signatures are another's, too, and stay.
        text = usual("not-ours", FOREIGN)
        yield Case("not-ours", foreign(text) + text, signed=False)


class Chain:
    """Name server, keys, sink, and a Postfix that is not started yet, so that filters can be put
    around its ports; then start(). Everything ends with the test class."""

    def __init__(self, case_class, main_cf="", domains=None, name="filtered"):
        workspace = case_class.workspace
        self.case_class = case_class
        self.keys, self.name_server = make_keys(workspace, domains or DOMAINS)
        self.foreign_key = make_key(workspace.directory("keys"), "foreign")
        self.name_server.add(FOREIGN, txt_record("f._domainkey", public_record(self.foreign_key)))
        self.sink = case_class.keep(Sink(free_port()).start())
        self.postfix = Postfix(workspace, self.sink.port, name, main_cf)
        self.verifiers = None
        self.sealonces = []

    def sealonce(self, listen_port, next_hop_port, name="sealonce", further=""):
        one = Sealonce(self.case_class.workspace, next_hop_port, self.keys, listen_port, name,
                       further)
        self.case_class.keep(one).start()
        self.sealonces.append(one)
        return one

    def put(self, one):
        """Starts a filter that the test has made."""
        return self.case_class.keep(one).start()

    def start(self, fragment, ports=None):
        """ports: numbers of the fragment besides sealonce's own → those of the test."""
        self.case_class.keep(self.name_server.start())
        self.verifiers = Verifiers(self.case_class.workspace, self.name_server.port)
        self.postfix.fragment_ports.update(ports or {})
        self.postfix.apply(fragment)
        self.case_class.keep(self.postfix).start()
        return self

    def submit(self, entries):
        for case, domain in entries:
            outcome = submit_case(self.postfix, case, domain)
            if outcome != "accepted":
                raise AssertionError(f"{case.name} from {domain}: {outcome}")

    def own(self, content, domain):
        """The signatures by keys that are configured."""
        selectors = [s for s, _ in self.keys.get(domain, [])]
        return [(f, t) for f, t in signature_fields(content)
                if t.get("d", "").lower() == domain and t.get("s") in selectors]


class ChainTests:
    """Mixin for a ServerCase. A subclass builds its chain in build() and returns it, started."""

    body_changes = False   # a filter of the chain writes into bodies
    good_ones_stay = True  # no filter breaks a signature that was good when it came
    further = ()           # Cases besides the usual ones
    without_xforward = None  # a sealonce that is not told of the original client

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.chain = cls.build()
        cls.mail = Mailbag(cls.chain.keys, cls.chain.foreign_key).entries
        cls.mail += [(case, domain) for case in cls.further for domain in cls.chain.keys]
        cls.send_all()
        cls.verdicts = Verdicts(cls.chain.verifiers, cls.chain.sink.deliveries)

    @classmethod
    def build(cls):
        raise NotImplementedError

    @classmethod
    def send_all(cls):
        """Until all of it has arrived."""
        cls.chain.submit(cls.mail)
        cls.chain.postfix.wait_until_empty()

    @staticmethod
    def arrives_as(address):
        """The envelope's recipient at the end of the chain."""
        return address

    @staticmethod
    def arrived_body(body):
        """What a filter makes of a body that it does not mean to change."""
        return body

    def deliveries(self):
        """(case, domain, content) of all that arrived, by what was sent."""
        for case, domain in self.mail:
            for address in case.addresses(domain):
                for delivery in self.chain.sink.for_recipient(self.arrives_as(address)):
                    yield case, domain, delivery.content

    SHOWN = 8  # faults; the rest is counted

    def assert_none(self, faults):
        if faults:
            self.fail("\n".join([f"{len(faults)} faults", *faults[:self.SHOWN]]))

    def test_one_delivery_for_each_recipient(self):
        faults = []
        for case, domain in self.mail:
            for address in case.addresses(domain):
                got = len(self.chain.sink.for_recipient(self.arrives_as(address)))
                if got != 1:
                    faults.append(f"{address}: {got} deliveries")
        self.assert_none(faults)
        self.assertEqual(self.chain.sink.count(),
                         sum(len(c.addresses(d)) for c, d in self.mail), "bounces, or others")

    def test_one_valid_signature_by_each_key(self):
        faults = set()
        for case, domain, content in self.deliveries():
            wanted = sorted(s for s, _ in self.chain.keys[domain]) if case.signed else []
            there = sorted(t["s"] for _, t in self.chain.own(content, domain))
            if there != wanted:
                faults.add(f"{case.name} from {domain}: signed by {there}, wanted {wanted}")
            faults.update(f"{case.name} from {domain}: {v}"
                          for v in self.verdicts.failures(content, domain, wanted))
        self.assert_none(sorted(faults))

    def test_signatures_of_others_stay_valid(self):
        faults, seen = set(), 0
        for case, domain, content in self.deliveries():
            before = self.foreign_fields(case.for_domain(domain))
            if self.foreign_fields(content) != before:
                faults.add(f"{case.name} from {domain}: not the signatures of others that it had")
            if before and not self.body_changes:
                seen += 1
                faults.update(f"{case.name} from {domain}: {v}"
                              for v in self.verdicts.failures(content, FOREIGN, ["f"]))
        self.assert_none(sorted(faults))
        self.assertTrue(seen or self.body_changes)

    @staticmethod
    def foreign_fields(content):
        return [f for f, t in signature_fields(content) if t.get("d") == FOREIGN]

    def test_good_own_signatures_are_left(self):
        """What was signed before, elsewhere, by a key of ours arrives with that very signature."""
        for case, domain, content in self.deliveries():
            if case.name in ("signed-before", "both-before") and self.good_ones_stay:
                before = [f for f, _ in self.chain.own(case.for_domain(domain), domain)]
                after = [f for f, t in self.chain.own(content, domain) if t["s"] == "rsa"]
                self.assertEqual(after, before, f"{case.name} from {domain}")

    def test_bodies_are_the_same(self):
        faults = set()
        for case, domain, content in self.deliveries():
            sent = split_fields(case.for_domain(domain))[1]
            if case.way != "sendmail" and not self.body_changes:
                got, wanted = split_fields(content)[1], self.arrived_body(sent)
                if got != wanted:
                    faults.add(f"{case.name} from {domain}: {got[-80:]} is not {wanted[-80:]}")
        self.assert_none(sorted(faults))

    def test_original_client_is_known(self):
        """Every filter hands on what XFORWARD told it; rules for mail from outside need that. (For
        mail from sendmail(1) Postfix has nothing to tell.)"""
        clients = set(re.findall(r"(\w+): client=localhost", self.chain.postfix.log()))
        wanted = sum(1 for case, _ in self.mail if case.way != "sendmail")
        for sealonce in self.chain.sealonces:
            if sealonce is not self.without_xforward:
                known = {t["queue_id"] for t in sealonce.transactions()}
                self.assertGreaterEqual(len(known & clients), wanted, sealonce.base)

    def test_postfix_has_no_complaint(self):
        self.assertEqual(self.complaints(), [])

    def complaints(self):
        return self.chain.postfix.complaints()


class Verdicts:
    """What dkimpy and Mail::DKIM say of each content that arrived, asked once."""

    def __init__(self, verifiers, deliveries):
        contents = list({d.content for d in deliveries})
        self.by_content = dict(zip(contents, verifiers.mail_dkim(contents)))
        for content in contents:
            self.by_content[content] = self.by_content[content] + verifiers.dkimpy(content)

    def failures(self, content, domain, selectors):
        """What is wrong with the signatures of these selectors: each must be there for each verifier
        (Debian 12's Mail::DKIM has no Ed25519) exactly once, and good."""
        verdicts = [v for v in self.by_content[content] if v.domain.lower() == domain]
        found = []
        for selector in selectors:
            for verifier in ("dkimpy",) if selector == "ed25519" else ("dkimpy", "Mail::DKIM"):
                these = [v for v in verdicts
                         if v.selector == selector and v.verifier == verifier]
                if len(these) != 1 or not these[0].passed:
                    found.append(f"{verifier}, {selector}: {these}")
        return found
