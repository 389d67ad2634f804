"""A message that comes back to the relay: octet by octet as it was where its signature is valid, and
with a new signature in the place of the old one where it is not; in memory, in many chunks, in a file.
"""

from harness.loop import own_signatures
from harness.relay import MESSAGE, RECIPIENT, SENDER, RelayCase

DOMAIN = "rsa.example"
# Lines that are stuffed with a dot on the wire, in front of the fields that are taken out.
ABOVE = b"Received: by a filter\r\n\t.of\r\n.dots: 1\r\n.dots: 2\r\n.dots: 3\r\n"
LINE = b".begins with a dot, and is as long as lines of text are wont to be, more or less.\r\n"
# A chunk has 32 KiB, further ones 256 KiB; above memory_limit there is a file.
SIZES = {"one_chunk": 2_000, "many_chunks": 700_000, "file": 3_000_000}


class OwnSignatures(RelayCase):
    further = '[message]\nmemory_limit = "1MiB"\n'

    def through(self, message):
        """What arrives, and the log's line."""
        before = len(self.sealonce.transactions())
        client = self.client()
        client.greet()
        self.sink.clear()
        reply = client.transaction(SENDER, [RECIPIENT], message)
        self.assertTrue(reply.startswith("250"), reply)
        line = self.sealonce.wait_for_transactions(before + 1)[-1]
        return self.sink.deliveries[0].content, line

    def check(self, size):
        message = MESSAGE + LINE * (size // len(LINE))
        signed, line = self.through(message)
        self.assertEqual((line["action"], line["reason"]), ("signed", "signed"))
        again, line = self.through(ABOVE + signed)
        self.assertTrue(again == ABOVE + signed)
        self.assertEqual((line["action"], line["reason"]), ("already-signed", "already-signed"))
        self.assertEqual(line["keys"], f"{DOMAIN}/rsa")

        changed, line = self.through(ABOVE + signed + b"a footer\r\n")
        self.assertEqual((line["action"], line["reason"]), ("replaced", "own-broken"))
        (field, _), = own_signatures(changed, DOMAIN)
        self.assertNotIn(field, signed)
        self.assertTrue(changed == field + ABOVE + message + b"a footer\r\n")
        again, line = self.through(changed)
        self.assertTrue(again == changed)
        self.assertEqual(line["action"], "already-signed")

    def test_twice_the_same(self):
        signed, _ = self.through(MESSAGE)
        (field, _), = own_signatures(signed, DOMAIN)
        got, line = self.through(field + ABOVE + field + MESSAGE)
        self.assertTrue(got == field + ABOVE + MESSAGE)
        self.assertEqual((line["action"], line["reason"]), ("already-signed", "own-duplicate"))

    def test_broken_and_not_to_be_signed_now(self):
        signed, _ = self.through(MESSAGE)
        message = MESSAGE + b"x" * 999 + b"\r\n"
        got, line = self.through(ABOVE + signed + b"x" * 999 + b"\r\n")
        self.assertTrue(got == ABOVE + message)
        self.assertEqual((line["action"], line["reason"]), ("unsigned", "long-lines"))


def _add_tests():
    for name, size in SIZES.items():
        setattr(OwnSignatures, f"test_in_{name}", lambda self, size=size: self.check(size))


_add_tests()
