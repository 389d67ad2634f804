"""Addresses that Postfix rewrites, expands or adds around the filter: once, and the signature holds.

Each fragment with virtual aliases, automatic BCC, canonical addresses, and missing header fields.
"""

from harness.deadline import wait_for
from harness.loop import Loop, own_signatures, start_run
from harness.messages import USUAL
from harness.smtp_client import submit
from harness.workspace import ServerCase

DOMAINS = {"rsa.example": ["rsa"], "new.example": ["rsa"]}

MAIN_CF = """\
virtual_alias_domains = alias.example
virtual_alias_maps = inline:{{ {{ team@alias.example = one@rcpt.example, two@rcpt.example }} }}
always_bcc = archive@rcpt.example
canonical_maps = inline:{{ {{ old@rsa.example = fresh@new.example }} }}
header_checks = regexp:{directory}/header_checks
"""


def message(sender, name):
    head = USUAL.replace(b"alice@DOMAIN", sender.encode()).replace(b"DOMAIN", b"rsa.example")
    return head % (name.encode(), name.encode()) + b"\r\nHello\r\n"


class Mappings(ServerCase):
    """With 20-signer.cf: everything is rewritten before the signature."""

    fragment = "20-signer.cf"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with open(cls.workspace / "header_checks", "w") as file:
            file.write("/^Subject:/ PREPEND X-Checked: yes\n")
        main_cf = MAIN_CF.format(directory=cls.workspace.path)
        cls.loop = Loop(cls, cls.fragment, DOMAINS, main_cf)
        cls.reference = start_run(cls, "reference", main_cf)

    def setUp(self):
        self.runs = (self.loop.run, self.reference)
        for run in self.runs:
            run.sink.clear()

    def send(self, recipients, sender="alice@rsa.example", port="front", content=None):
        """Through both Postfixes; returns the deliveries of each, by recipient."""
        found = []
        for run in self.runs:
            submit(getattr(run.postfix, port), sender, recipients,
                   content or message(sender, "mapped"))
            run.postfix.wait_until_empty()
            wait_for(lambda r=run: r.sink.count(), "a delivery")
            found.append(sorted((a, d.content) for d in run.sink.deliveries for a in d.addresses()))
        return found

    def assert_like_reference(self, got, expected):
        self.assertEqual([a for a, _ in got], [a for a, _ in expected])

    def assert_good(self, content, domain="rsa.example"):
        self.assertEqual(len(own_signatures(content, domain)), 1)
        verdicts = self.loop.verifiers.all_three(content)
        self.assertEqual(len(verdicts), 3)
        for verdict in verdicts:
            self.assertTrue(verdict.passed, verdict)

    def test_alias_is_expanded_once(self):
        got, expected = self.send(["team@alias.example"])
        self.assert_like_reference(got, expected)
        self.assertEqual([a for a, _ in got],
                         ["archive@rcpt.example", "one@rcpt.example", "two@rcpt.example"])
        for _, content in got:
            self.assert_good(content)

    def test_header_checks_run_once(self):
        got, _ = self.send(["bob@rcpt.example"])
        for _, content in got:
            self.assertEqual(content.count(b"X-Checked: yes\r\n"), 1)
            self.assert_good(content)

    def test_missing_fields_are_added_before(self):
        got, _ = self.send(["bob@rcpt.example"], content=b"Subject: x\r\n\r\nno From, no Date\r\n")
        for _, content in got:
            self.assertEqual(content.count(b"\nDate: "), 1)
            self.assertEqual(content.count(b"\nFrom: "), 1)
            self.assert_good(content)

    def test_canonical_addresses(self):
        """old@rsa.example leaves as fresh@new.example, with the signature of new.example."""
        got, expected = self.send(["bob@rcpt.example"], sender="old@rsa.example")
        self.assert_like_reference(got, expected)
        for _, content in got:
            self.assertIn(b"<fresh@new.example>", content)
            self.assertNotIn(b"From: Alice <old@rsa.example>", content)
            self.assert_good(content, "new.example")

    def test_from_elsewhere(self):
        got, expected = self.send(["bob@rcpt.example", "team@alias.example"], port="foreign")
        self.assert_like_reference(got, expected)
        for _, content in got:
            self.assert_good(content)


class MappingsAsDocumented(Mappings):
    """With 10-content-filter.cf: aliases and BCC behind the filter."""

    fragment = "10-content-filter.cf"

    def test_canonical_addresses(self):
        """Behind the signature header fields of local clients are rewritten, which breaks it: the
        fragment says so. Mail from elsewhere keeps its header."""
        got, expected = self.send(["bob@rcpt.example"], sender="old@rsa.example", port="foreign")
        self.assert_like_reference(got, expected)
        for _, content in got:
            self.assert_good(content)


class SizeLimit(ServerCase):
    """The signature makes a message longer; what the front has accepted must still come through."""

    LIMIT = 60_000
    fragment = "20-signer.cf"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.loop = Loop(cls, cls.fragment, {"rsa.example": ["rsa"]},
                        f"message_size_limit = {cls.LIMIT}\n")

    def test_sizes_near_the_limit(self):
        head = message("alice@rsa.example", "limit")
        accepted = []
        for size in range(self.LIMIT - 3000, self.LIMIT + 200, 100):
            body = b"x" * 68 + b"\r\n"
            content = head + body * ((size - len(head)) // len(body))
            name = f"size-{size}@rcpt.example"
            try:
                submit(self.loop.postfix.front, "alice@rsa.example", [name], content)
                accepted.append(name)
            except AssertionError as refused:
                self.assertIn("552 5.3.4", str(refused))
        self.assertGreater(len(accepted), 5)
        self.loop.postfix.wait_until_empty()
        self.assertEqual(sorted(a for d in self.loop.sink.deliveries for a in d.addresses()),
                         sorted(accepted), "a bounce, or one that is missing")


class SizeLimitAsDocumented(SizeLimit):
    fragment = "10-content-filter.cf"
