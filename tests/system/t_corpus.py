"""The corpus of tests/corpus/messages through the running relay: action and reason as its .expect says,
the content as it was, and what is signed is good for three verifiers.
"""

import glob
import os
import re

from harness.loop import make_keys, own_signatures
from harness.postfix import REPOSITORY
from harness.relay import RECIPIENT, RelayCase
from harness.verify import Verifiers

MESSAGES = os.path.join(REPOSITORY, "tests", "corpus", "messages")
DOMAINS = {"example.com": ["rsa", "ed25519"], "xn--mnchen-3ya.example": ["rsa"]}
# Which of them a message is from is in its .eml; all others are from the first.
FROM_SECOND = "30-u-label"

# What a verifier is known to get wrong, by message and verifier, and why.
KNOWN = {
    ("12-blank-before-colon", "dkimpy"): "it keeps the blank before the colon in the field's name",
}

# policy::action in .expect → the log's action.
LOG_ACTIONS = {"sign": "signed", "pass_unsigned": "unsigned", "pass_signed": "already-signed",
               "refuse": "refused"}


class Corpus(RelayCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        keys, name_server = make_keys(cls.workspace, DOMAINS)
        cls.keep(name_server.start())
        cls.verifiers = Verifiers(cls.workspace, name_server.port)
        cls.sealonce.stop()
        cls.sealonce.write_config(keys)
        cls.sealonce.start()

    def check(self, path):
        name = os.path.basename(path)[:-len(".eml")]
        domain = list(DOMAINS)[name == FROM_SECOND]
        with open(path, "rb") as file:
            content = file.read()
        with open(path[:-len(".eml")] + ".expect") as file:
            action, reason = file.read().split()
        before = len(self.sealonce.transactions())
        client = self.client()
        client.greet()
        reply = client.transaction("alice@elsewhere.test", [RECIPIENT], content,
                                   "BODY=8BITMIME SMTPUTF8")
        line = self.sealonce.wait_for_transactions(before + 1)[-1]
        self.assertEqual((line["action"], line["reason"]), (LOG_ACTIONS[action], reason))
        if action == "refuse":
            self.assertEqual(reply[0], "5")
            return
        self.assertTrue(reply.startswith("250"), reply)
        got = self.sink.deliveries[0].content
        own = own_signatures(got, domain)
        wanted = sorted(DOMAINS[domain]) if action == "sign" else []
        self.assertEqual(sorted(t["s"] for _, t in own), wanted)
        self.check_unchanged(content, got, own)
        if action == "sign":
            self.check_signatures(name, domain, got)

    def check_unchanged(self, content, got, own):
        """Without the new fields it is what was sent, but for a final CRLF, which SMTP always has."""
        for field, _ in own:
            got = got.replace(field, b"", 1)
        if content and not content.endswith(b"\r\n"):
            content += b"\r\n"
        self.assertTrue(got == content, f"{got[:400]!r} is not {content[:400]!r}")

    def check_signatures(self, name, domain, got):
        verdicts = self.verifiers.dkimpy(got) + self.verifiers.mail_dkim([got])[0]
        # libopendkim reads no message without Date, and needs the empty line.
        if re.search(rb"(?im)^date:", got) and b"\r\n\r\n" in got:
            verdicts += self.verifiers.opendkim(got)
        for verdict in verdicts:
            # Debian 12's Mail::DKIM has no Ed25519.
            if verdict.domain == domain and (name, verdict.verifier) not in KNOWN and \
                    (verdict.verifier, verdict.selector) != ("Mail::DKIM", "ed25519"):
                self.assertTrue(verdict.passed, verdict)


def _add_tests():
    paths = sorted(glob.glob(f"{MESSAGES}/*.eml"))
    assert paths, "the corpus is not there"
    for path in paths:
        def test(self, path=path):
            self.check(path)
        name = re.sub(r"\W", "_", os.path.basename(path)[:-len(".eml")])
        setattr(Corpus, f"test_{name}", test)


_add_tests()
