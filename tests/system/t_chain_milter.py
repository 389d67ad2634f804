"""OpenDKIM as a signing milter in the Postfix that sealonce is the filter of: with our very key and
selector for one domain, with a key and selector of its own for the other.
"""

from harness.chain import Chain, ChainTests, usual
from harness.dns import txt_record
from harness.keys import make_key, public_record
from harness.opendkim import OpenDkim
from harness.smtp_client import submit
from harness.verify import signature_fields
from harness.workspace import ServerCase

OTHER_SELECTOR = "milter"


def milter_chain(case_class):
    """OpenDKIM signs before the filter; 20-signer.cf keeps it from signing behind it."""
    chain = Chain(case_class)
    other = make_key(case_class.workspace.directory("keys"), "milter")
    chain.name_server.add("both.example", txt_record(f"{OTHER_SELECTOR}._domainkey",
                                                     public_record(other)))
    milter = OpenDkim(case_class.workspace, {
        "rsa.example": ("rsa", dict(chain.keys["rsa.example"])["rsa"]),
        "both.example": (OTHER_SELECTOR, other)})
    chain.put(milter)
    chain.postfix.add_main_cf(f"smtpd_milters = inet:127.0.0.1:{milter.port}\n"
                              "non_smtpd_milters = $smtpd_milters\n"
                              "milter_default_action = tempfail\n")
    chain.sealonce(chain.postfix.filter_port, chain.postfix.reinject_port)
    return chain.start("20-signer.cf")


def signed_by(content, domain):
    return sorted(t["s"] for _, t in signature_fields(content) if t.get("d") == domain)


class OpenDkimAndSealonce(ChainTests, ServerCase):
    """With no_milters, as the fragment has it."""

    good_ones_stay = False  # OpenDKIM has put its own beside them: one of the two is taken off

    @classmethod
    def build(cls):
        return milter_chain(cls)

    def test_opendkim_signed_once(self):
        """Its signature by another selector is another signer's: it stays, and is valid."""
        for case, domain, content in self.deliveries():
            if domain == "both.example" and case.signed:
                self.assertEqual(signed_by(content, domain).count(OTHER_SELECTOR), 1, case.name)
                self.assertEqual(self.verdicts.failures(content, domain, [OTHER_SELECTOR]), [])

    def test_opendkim_with_our_key_counts_as_we(self):
        """Its signature by our key and selector is one of ours, though we did not make it: none is
        put beside it. Where it does not cover Message-ID, as is its default, ours takes its place."""
        mine = [t for t in self.chain.sealonces[0].transactions() if t["keys"] == "rsa.example/rsa"]
        self.assertNotIn("signed", {t["action"] for t in mine})
        self.assertIn(("replaced", "own-coverage"), {(t["action"], t["reason"]) for t in mine})


class WithoutNoMilters(ServerCase):
    """What no_milters is there for: without it OpenDKIM signs again, behind sealonce, where nothing
    can be done about it any more."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.chain = milter_chain(cls)
        cls.service = f"127.0.0.1:{cls.chain.postfix.reinject_port}/inet"
        cls.option = f"{cls.service}/receive_override_options"

    def send(self, name, domain, content=None):
        address = f"{name}@rcpt.example"
        submit(self.chain.postfix.front, f"alice@{domain}", [address],
               content or usual(name, domain))
        self.chain.postfix.wait_until_empty()
        got = self.chain.sink.for_recipient(address)
        self.assertEqual(len(got), 1)
        return got[0].content

    def set_options(self, value):
        self.chain.postfix.postconf("-P", f"{self.option}={value}")
        self.chain.postfix.reload()
        # An smtpd that serves a connection of sealonce's goes on with the old options.
        self.chain.sealonces[0].stop()
        self.chain.sealonces[0].start()

    def test_twice_without_and_once_with(self):
        line = self.chain.postfix.postconf("-P", self.option).strip()
        right = line.split("=", 1)[1].strip()
        self.assertTrue(right.endswith(",no_milters"), right)
        self.set_options(right.removesuffix(",no_milters"))
        try:
            same = self.send("same", "rsa.example")
            other = self.send("other", "both.example")
        finally:
            self.set_options(right)
        self.assertEqual(signed_by(same, "rsa.example"), ["rsa", "rsa"])
        self.assertEqual(signed_by(other, "both.example"),
                         ["ed25519", OTHER_SELECTOR, OTHER_SELECTOR, "rsa"])
        # And once more through the loop as it should be: of each key of ours one stays.
        self.assertEqual(signed_by(self.send("again", "rsa.example", same), "rsa.example"), ["rsa"])
        self.assertEqual(signed_by(self.send("more", "both.example", other), "both.example"),
                         ["ed25519", OTHER_SELECTOR, OTHER_SELECTOR, OTHER_SELECTOR, "rsa"])
