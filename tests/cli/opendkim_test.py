"""The same tables, read by opendkim and by sealonce: both must name the same keys.

OPENDKIM_SEED repeats a run of the random tables; OPENDKIM_ROUNDS sets how many there are.
"""

import base64
import os
import random
import re
import shutil
import socket
import subprocess
import time
import unittest

import milter
from support import CommandTest

OPENDKIM = shutil.which("opendkim") or "/usr/sbin/opendkim"

CONF = """\
Socket inet:{port}@127.0.0.1
Mode s
Syslog no
RequireSafeKeys no
KeyTable {keys}
SigningTable {signing}
MultipleSignatures {several}
"""

# The rows of a table with every form, and those forms that are easily got wrong.
KEYS = """\
# name  domain:selector:key
k1      d.example:one:{key}
  k2\td.example:two:{key}   # a comment
k3 d.example:three:{key}
own     %:own:{key}
path    %:path:{dir}/keys/%/key
fixed   a.example:fixed:{dir}/keys/%/key
bare    d.example:bare:{bare}
b.example b.example:named:{key}
K4      d.example:four:{key}
"""

FILE = """\
joe@example.com k1
example.com k2:joe@d.example

.example.com own:@%
joe@.example.com own:x@other.example
joe@* k3:@sub.d.example
.com own:%@%
a.example path
b.example %
c.example fixed:joe@a.example
e.example bare:@d.example
*@star.example k1
F.EXAMPLE k4
odd@odd@g.example k1
h.example missing
i.example k1
i.example k2
"""

REFILE = """\
joe@sub.example.com k1
*@example.com k2:joe@d.example
*@*.example.com own:@%
j*@*.co* k3:@sub.d.example
*@a.example path
*b.example %
c.example fixed
*@C.example fixed:@a.example
*.star.example k1
j+e@plus.example k1
joe@* bare
"""

AUTHORS = ["joe@example.com", "jim@example.com", "JOE@EXAMPLE.COM", "joe@sub.example.com",
           "jim@sub.example.com", "jim@a.b.example.com", "joe@other.com", "jim@other.com",
           "joe@a.example", "jim@a.example", "jim@b.example", "jim@c.example", "jim@e.example",
           "jim@star.example", "jim@x.star.example", "jim@f.example", "jim@g.example",
           "jim@h.example", "jim@i.example", "j+e@plus.example", "joe@nowhere.example",
           "jim@nowhere.example", "Joe <joe@example.com>", "jim@sub.a.example", "joe@com"]

LABELS = ["a", "b", "com", "org", "aa"]
USERS = ["joe", "jo", "j", "eoj"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@unittest.skipUnless(os.access(OPENDKIM, os.X_OK), "opendkim is not installed")
class OpenDkim(CommandTest):
    maxDiff = None

    def setUp(self):
        super().setUp()
        os.chmod(self.dir, 0o700)
        self.keygen()
        # A line of a table has 1023 octets for opendkim, and the key of 2048 bits has more.
        self.keygen("--bits", "1024", selector="small")
        for domain in ("a.example", "b.example"):
            os.makedirs(self.path(f"keys/{domain}"))
            shutil.copy(self.path("mail.private"), self.path(f"keys/{domain}/key"))
        self.write("keys.pem", self.read("mail.private"))

    def tables(self, keys, signing, kind="file", several=False):
        bare = subprocess.run(["openssl", "pkey", "-in", self.path("small.private"), "-outform",
                               "DER"], stdout=subprocess.PIPE, check=True).stdout
        keys = keys.format(key=self.path("keys.pem"), dir=self.dir,
                           bare=base64.b64encode(bare).decode())
        self.write("KeyTable", keys)
        self.write("SigningTable", signing)
        sources = (f"file:{self.path('KeyTable')}", f"{kind}:{self.path('SigningTable')}")
        self.write("x.toml", '[signing]\nkey_table = "%s"\nsigning_table = "%s"\n'
                             'multiple_signatures = %s\n' % (*sources, str(several).lower()))
        self.port = free_port()
        self.write("conf", CONF.format(port=self.port, keys=sources[0], signing=sources[1],
                                       several=several))

    def start(self):
        daemon = subprocess.Popen([OPENDKIM, "-f", "-x", self.path("conf")],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.addCleanup(daemon.stderr.close)
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.kill)
        end = time.monotonic() + 30
        while time.monotonic() < end and daemon.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return daemon
            except OSError:
                time.sleep(0.02)
        self.fail("opendkim does not run: " + daemon.stderr.read().decode())

    def opendkim(self, author):
        added, code = milter.Milter(self.port).ask([(b"From", b" " + author.encode()),
                                                    (b"Subject", b" x")])
        if code == b"t":
            return "deferred"
        keys = [milter.tags(value) for name, value in added if name == b"DKIM-Signature"]
        # opendkim puts every new field on top, so the last signature is the first.
        return [(k["d"], k["s"], k.get("i", "")) for k in keys]

    def sealonce(self, author):
        """The keys that sign, and those that the tables name before double ones are left out."""
        done = subprocess.run([os.environ["SEALONCE"], "explain", "--config", self.path("x.toml"),
                               "--from", author], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=60)
        out = done.stdout.decode()
        if "\ndeferred with 451" in out:
            return "deferred", []
        keys = re.findall(r"^  d=(\S+) s=(\S+) a=\S+(?: i=(\S+))?$", out, re.MULTILINE)
        self.assertEqual(done.returncode, 0 if keys else 1, out)
        return keys, re.findall(r"^  key_table: .*: d=(\S+) s=(\S+)$", out, re.MULTILINE)

    def compare(self, authors, context=""):
        different = []
        for author in authors:
            theirs = self.opendkim(author)
            ours, named = self.sealonce(author)
            if isinstance(theirs, list) and len(named) > 1:
                # opendkim 2.11 loses all but the first and the last of several requests: its list
                # never moves its tail (opendkim.c, dkimf_add_signrequest).
                theirs = [key[:2] for key in theirs]
                ours = [named[0], named[-1]]
            if theirs != ours:
                different.append(f"{author}: opendkim {theirs}, sealonce {ours}")
        self.assertEqual(different, [], context)

    def test_a_file(self):
        self.tables(KEYS, FILE)
        self.start()
        self.compare(AUTHORS)

    def test_a_file_with_several_signatures(self):
        self.tables(KEYS, FILE, several=True)
        self.start()
        self.compare(AUTHORS)

    def test_a_refile(self):
        self.tables(KEYS, REFILE, kind="refile")
        self.start()
        self.compare(AUTHORS)

    def test_a_refile_with_several_signatures(self):
        self.tables(KEYS, REFILE, kind="refile", several=True)
        self.start()
        self.compare(AUTHORS)

    def random_domain(self, dice):
        return ".".join(dice.choices(LABELS, k=dice.randint(1, 4)))

    def random_rows(self, dice, kind):
        for row in range(dice.randint(1, 25)):
            name, domain = dice.choice(USERS), self.random_domain(dice)
            if kind == "file":
                pattern = dice.choice([f"{name}@{domain}", domain, f"{name}@.{domain}",
                                       f".{domain}", f"{name}@*", "*"])
            else:
                pattern = dice.choice(["{u}@{d}", "*@{d}", "*@*.{d}", "*{d}", "{u}@*", "{u}*@{d}",
                                       "*{u}@*{d}", "*", "*.{d}", "{u}@{d}*"])
                pattern = pattern.format(u=name, d=domain)
            yield f"{pattern} k{row}{dice.choice(['', ':@%', ':' + name + '@d.example'])}\n"

    def test_random_tables(self):
        seed = int(os.environ.get("OPENDKIM_SEED", random.randrange(10**9)))
        for turn in range(int(os.environ.get("OPENDKIM_ROUNDS", 4))):
            dice = random.Random(seed + turn)
            kind = ["file", "refile"][turn % 2]
            rows = "".join(self.random_rows(dice, kind))
            keys = "".join(f"k{i} {dice.choice(['d.example', '%'])}:s{i}:{{key}}\n"
                           for i in range(25))
            self.tables(keys, rows, kind=kind, several=dice.random() < 0.5)
            daemon = self.start()
            self.compare([f"{dice.choice(USERS)}@{self.random_domain(dice)}" for _ in range(25)],
                         f"OPENDKIM_SEED={seed + turn}\n{rows}")
            daemon.kill()
            daemon.wait()
