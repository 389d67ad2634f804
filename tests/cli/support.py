"""What the tests share: running sealonce, files, verifying with dkimpy."""

import base64
import os
import re
import subprocess
import tempfile
import unittest

try:
    import dkim
except ImportError:
    dkim = None

SEALONCE = os.environ["SEALONCE"]
NEEDS_DKIM = unittest.skipIf(dkim is None, "python3-dkim is not installed")


class Result:
    def __init__(self, done):
        self.status = done.returncode
        self.out = done.stdout
        self.err = done.stderr.decode()


class CommandTest(unittest.TestCase):
    """A test with a directory of its own."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="sealonce-cli-")
        self.addCleanup(directory.cleanup)
        self.dir = directory.name

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, content, mode=0o600):
        data = content if isinstance(content, bytes) else content.encode()
        with open(self.path(name), "wb") as file:
            file.write(data)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def run_it(self, *arguments, stdin=b"", status=0):
        done = subprocess.run([SEALONCE, *arguments], input=stdin, cwd=self.dir, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        result = Result(done)
        self.assertEqual(result.status, status, result.err)
        return result

    def keygen(self, *more, domain="example.com", selector="mail", status=0):
        return self.run_it("keygen", "--domain", domain, "--selector", selector, *more,
                           status=status)

    def sign(self, message, *more, domain="example.com", selector="mail", key="mail.private",
             status=0):
        return self.run_it("sign", "--domain", domain, "--selector", selector, "--key", key, *more,
                           stdin=message, status=status)

    def record(self, selector="mail"):
        """The text of the TXT record that keygen wrote: its strings joined."""
        strings = re.findall(rb'"([^"]*)"', self.read(selector + ".txt"))
        for string in strings:
            self.assertLessEqual(len(string), 255)
        return b"".join(strings)

    def verify(self, message, records):
        """Whether dkimpy accepts every signature; records: name without the last dot -> text."""

        def lookup(name, timeout=5):
            return records.get(name.decode().rstrip("."))

        verifier = dkim.DKIM(message, minkey=1024)
        count = len(re.findall(rb"(?mi)^DKIM-Signature:", message.split(b"\r\n\r\n")[0]))
        self.assertGreater(count, 0)
        try:
            return all(verifier.verify(idx=i, dnsfunc=lookup) for i in range(count))
        except dkim.ValidationError:
            return False


def public_key_of(record):
    """p= of a record, decoded."""
    return base64.b64decode(re.search(rb"p=([A-Za-z0-9+/=]+)", record).group(1))
