"""Mail round a real Postfix's content_filter loop: delivered once, signed once, otherwise as it was.

Every message of harness/messages.py goes through two Postfixes, one with the filter and one without.
What arrives must be the same, to the octet, but for one signature for each key, which OpenDKIM,
Mail::DKIM and dkimpy must find good with the key from DNS.
"""

import re

from harness.loop import DOMAINS, Loop, envelope, own_signatures, start_run, without_traces
from harness.messages import cases
from harness.workspace import ServerCase


class LoopCase(ServerCase):
    """Sends everything once for the class; each test method looks at one message."""

    fragment = None
    arrangement = {}  # for Loop

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.loop = Loop(cls, cls.fragment, **cls.arrangement)
        cls.reference = start_run(cls, "reference")
        cls.reference.send(cases(), DOMAINS)
        cls.loop.run.send(cases(), DOMAINS)
        cls.mail_dkim = cls._ask_mail_dkim()

    @classmethod
    def _ask_mail_dkim(cls):
        """One Perl process for all messages; by the content."""
        contents = list({d.content for d in cls.loop.sink.deliveries})
        return dict(zip(contents, cls.loop.verifiers.mail_dkim(contents)))

    def check(self, case, domain):
        reference, filtered = self.reference, self.loop.run
        self.assertEqual(self.outcome_of(reference, case, domain),
                         self.outcome_of(filtered, case, domain))
        seen = set()
        for address in case.addresses(domain):
            expected = reference.sink.for_recipient(address)
            got = filtered.sink.for_recipient(address)
            self.assertEqual(len(got), len(expected), f"deliveries to {address}")
            for one, other in zip(got, expected):
                self.assertEqual(envelope(one, address), envelope(other, address))
                self._check_content(case, domain, one.content, other.content)
                if one.content not in seen:
                    seen.add(one.content)
                    self._check_signatures(case, domain, one.content)

    @staticmethod
    def outcome_of(run, case, domain):
        return re.sub(r"queued as \w+", "queued", run.outcomes[case.name, domain])

    def _check_content(self, case, domain, got, expected):
        submitted = case.for_domain(domain)
        fields, rest = without_traces(got, domain, submitted)
        expected_fields, expected_rest = without_traces(expected, domain, submitted)
        self.assertEqual(fields, expected_fields)
        self.assertTrue(rest == expected_rest, f"body changed: {rest[:300]!r}… was "
                                               f"{expected_rest[:300]!r}…")

    def _check_signatures(self, case, domain, content):
        own = own_signatures(content, domain)
        wanted = sorted(DOMAINS[domain]) if case.signed else []
        self.assertEqual(sorted(t["s"] for _, t in own), wanted)
        if not case.signed:
            return
        verifiers = self.loop.verifiers
        if case.opendkim:
            self._all_pass(domain, wanted, verifiers.opendkim(content))
        self._all_pass(domain, wanted, verifiers.dkimpy(content))
        # Debian 12's Mail::DKIM has no Ed25519.
        self._all_pass(domain, ["rsa"], self.mail_dkim[content])

    def _all_pass(self, domain, selectors, verdicts):
        ours = [v for v in verdicts if v.domain.lower() == domain and v.selector in selectors]
        self.assertEqual(sorted(v.selector for v in ours), selectors, verdicts)
        for verdict in ours:
            self.assertTrue(verdict.passed, verdict)


def _add_tests(test_class):
    """One test method for each message and domain, so that each is counted and named."""
    for case in cases():
        for domain in DOMAINS:
            def test(self, case=case, domain=domain):
                self.check(case, domain)
            name = f"test_{case.name}_{domain}".replace("-", "_").replace(".", "_")
            test.__doc__ = f"{case.name} from {domain}, {test_class.fragment}"
            setattr(test_class, name, test)


class LoopAsDocumented(LoopCase):
    fragment = "10-content-filter.cf"

    def test_nothing_bounced(self):
        self.assertEqual(*(sorted(a for d in run.sink.deliveries for a in d.addresses()
                                  if not a.endswith("@rcpt.example"))
                           for run in (self.loop.run, self.reference)))

    def test_postfix_has_no_complaint(self):
        self.assertEqual([c for c in self.loop.postfix.complaints()], [])


class LoopForSigner(LoopAsDocumented):
    fragment = "20-signer.cf"


class LoopOfUnixSockets(LoopAsDocumented):
    """LMTP from the chroot to sealonce, SMTP back."""

    fragment = "22-signer-unix-sockets.cf"
    arrangement = {"unix_sockets": True}


class LastHop(LoopAsDocumented):
    """No loop: sealonce stands between the queue and a smarthost."""

    fragment = "50-last-hop.cf"
    arrangement = {"last_hop": True}


_add_tests(LoopAsDocumented)
_add_tests(LoopForSigner)
_add_tests(LoopOfUnixSockets)
_add_tests(LastHop)
