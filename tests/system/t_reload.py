"""SIGHUP: configuration, tables and keys are swapped while mail flows; an error keeps the old."""

import os
import pwd
import re
import shutil
import threading

from harness.deadline import wait_for
from harness.keys import make_key
from harness.loop import Loop, own_signatures
from harness.messages import USUAL
from harness.ports import free_port
from harness.sealonce import Sealonce
from harness.sink import Sink
from harness.smtp_client import SmtpClient, submit
from harness.verify import signature_fields
from harness.workspace import ServerCase

RELOADED = "configuration reloaded"
KEPT = "reload failed: the old configuration stays"


def message(name, domain):
    head = USUAL.replace(b"DOMAIN", domain.encode()) % (name.encode(), name.encode())
    return head + b"\r\nHello " + name.encode() + b"\r\n"


def account():
    """Whom sealonce becomes: its own account where the machine has it."""
    try:
        return pwd.getpwnam("sealonce").pw_name
    except KeyError:
        return "nobody"


class ReloadCase(ServerCase):
    """client → sealonce → sink."""

    owner = account()  # of the keys

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keys = {name: make_key(cls.workspace.directory("keys"), name)
                    for name in ("a", "b", "c")}
        for path in cls.keys.values():
            shutil.chown(path, cls.owner)
        cls.sink = cls.keep(Sink(free_port()).start())
        cls.count = 0

    def setUp(self):
        """An instance for each test: what a reload did stays with it."""
        type(self).count += 1
        self.sealonce = Sealonce(self.workspace, self.sink.port, {"a.example": self.key("a")},
                                 name=f"sealonce-{self.count}")
        self.addCleanup(self.sealonce.stop)
        self.sealonce.start()
        self.sink.clear()

    def key(self, name, selector="s"):
        return [(selector, self.keys[name])]

    def reload(self, wanted=RELOADED):
        """SIGHUP, and what it logged."""
        before = len(self.sealonce.log())
        self.sealonce.reload()
        said = wait_for(lambda: self.since(before, wanted), f"{wanted!r} in the log",
                        detail=self.sealonce.log)
        return said

    def since(self, mark, wanted):
        text = self.sealonce.log()[mark:]
        return text if wanted in text else ""

    def signatures(self, domain, name="m"):
        """Sends a message; the (d=, s=) of what arrives."""
        self.sink.clear()
        submit(self.sealonce.port, f"alice@{domain}", ["bob@rcpt.example"], message(name, domain))
        content, = [d.content for d in self.sink.deliveries]
        return [(t["d"], t["s"]) for _, t in signature_fields(content)]

    def write_raw(self, text):
        with open(self.sealonce.config, "w") as file:
            file.write(text)


class Reload(ReloadCase):
    def test_new_domain_signs_without_a_restart(self):
        self.assertEqual(self.signatures("b.example"), [])
        self.sealonce.write_config({"a.example": self.key("a"), "b.example": self.key("b")})
        self.reload()
        self.assertEqual(self.signatures("b.example"), [("b.example", "s")])
        self.assertEqual(self.signatures("a.example"), [("a.example", "s")])

    def test_removed_domain_signs_no_more(self):
        self.sealonce.write_config({"b.example": self.key("b")})
        self.reload()
        self.assertEqual(self.signatures("a.example"), [])

    def test_another_selector(self):
        self.sealonce.write_config({"a.example": self.key("b", "next")})
        self.reload()
        self.assertEqual(self.signatures("a.example"), [("a.example", "next")])

    def test_tables(self):
        tables = self.workspace.directory(f"tables-{self.count}")
        rows = {"key_table": f"row a.example:t:{self.keys['a']}\n",
                "signing_table": "*@a.example row\n"}

        def write():
            for name, text in rows.items():
                with open(f"{tables}/{name}", "w") as file:
                    file.write(text)

        write()
        self.sealonce.write_config({}, f'[signing]\nkey_table = "file:{tables}/key_table"\n'
                                       f'signing_table = "refile:{tables}/signing_table"\n')
        self.reload()
        self.assertEqual(self.signatures("a.example"), [("a.example", "t")])
        self.assertEqual(self.signatures("b.example"), [])
        rows["key_table"] += f"other b.example:u:{self.keys['b']}\n"
        rows["signing_table"] = "*@b.example other\n"
        write()
        self.reload()
        self.assertEqual(self.signatures("a.example"), [])
        self.assertEqual(self.signatures("b.example"), [("b.example", "u")])
        # A table that is gone: an error, and the old one stays.
        os.remove(f"{tables}/key_table")
        said = self.reload(KEPT)
        self.assertIn(f"{tables}/key_table", said)
        self.assertEqual(self.signatures("b.example"), [("b.example", "u")])

    def test_broken_configuration_keeps_the_old(self):
        with open(self.sealonce.config) as file:
            good = file.read()
        broken = {"no TOML": ("[[domain]\n", rf"{self.sealonce.config}:\d+:\d+: "),
                  "unknown key": ("[signing]\nlifetme = \"7d\"\n", r":\d+:1: signing\.lifetme: .*lifetime"),
                  "wrong type": ("[server]\nthreads = \"two\"\n", r":\d+:\d+: server\.threads: ")}
        for name, (more, complaint) in broken.items():
            with self.subTest(name):
                self.write_raw(good + more)
                said = self.reload(KEPT)
                self.assertRegex(said, complaint)
                self.assertEqual(self.signatures("a.example"), [("a.example", "s")])
        os.remove(self.sealonce.config)
        self.assertIn(self.sealonce.config, self.reload(KEPT))
        self.assertEqual(self.signatures("a.example"), [("a.example", "s")])
        self.write_raw(good)
        self.reload()
        self.assertEqual(self.signatures("a.example"), [("a.example", "s")])


class UnreadableKey(ReloadCase):
    """Started as root, sealonce reads root's keys, gives up root, and cannot read them again."""

    owner = "root"

    def test_old_key_stays(self):
        who, path = account(), self.keys["a"]
        said = self.reload()
        self.assertIn(f"domain a.example, selector s: {path}: cannot open the key: Permission denied "
                      f"(this process runs as {who}): chown {who} {path} && chmod 0600 {path}; "
                      "the domain signs with the keys that it had", said)
        self.assertEqual(self.signatures("a.example"), [("a.example", "s")])
        self.assertRegex(said, rf"{self.sealonce.config}:\d+:\d+: domain a\.example")
        # And again, from what was kept.
        self.reload()
        self.assertEqual(self.signatures("a.example"), [("a.example", "s")])

    def test_the_command_in_the_log_mends_it(self):
        path = f"{self.workspace.directory('mended')}/mended.private"
        shutil.copy(self.keys["b"], path)
        os.chmod(path, 0o600)
        self.sealonce.write_config({"a.example": self.key("a"), "b.example": [("s", path)]})
        command = re.search(r"(chown \S+ \S+mended\.private && chmod 0600 \S+mended\.private)",
                            self.reload())[1]
        # It never had a key: its mail waits; the other domain's does not.
        with SmtpClient(self.sealonce.port) as client:
            client.greet()
            reply = client.transaction("alice@b.example", ["bob@rcpt.example"],
                                       message("waits", "b.example"))
        self.assertTrue(reply.startswith("451 4.7.5"), reply)
        self.assertEqual(self.signatures("a.example"), [("a.example", "s")])
        self.assertEqual(os.system(command), 0)
        self.assertNotIn("mended.private", self.reload())
        self.assertEqual(self.signatures("b.example"), [("b.example", "s")])

    def test_directory_that_is_closed(self):
        """Both commands are named: for the directory and for the file."""
        directory = self.workspace.directory(f"closed-{self.count}", mode=0o700)
        path = f"{directory}/closed.private"
        shutil.copy(self.keys["b"], path)
        self.sealonce.write_config({"b.example": [("s", path)]})
        said = self.reload()
        self.assertIn(f"chmod 0711 {directory} && chown {account()} {path}", said)

    def test_rotation_with_an_unreadable_key(self):
        """The new key cannot be read, so the domain signs with the one that it had."""
        self.sealonce.write_config({"a.example": self.key("b", "next"),
                                    "c.example": self.key("c")})  # new: its mail waits
        self.reload()
        self.assertEqual(self.signatures("a.example"), [("a.example", "s")])

    def test_tables(self):
        """Rows of a key table keep theirs in the same way; so do paths with "%"."""
        tables = self.workspace.directory(f"tables-{self.count}")
        authors = self.workspace.directory(f"authors-{self.count}")
        for domain in ("b.example", "c.example"):
            os.makedirs(f"{authors}/{domain}", mode=0o700)
            shutil.copy(self.keys[domain[0]], f"{authors}/{domain}/key")
        with open(f"{tables}/key_table", "w") as file:
            file.write(f"row a.example:t:{self.keys['a']}\nany %:t:{authors}/%/key\n")
        with open(f"{tables}/signing_table", "w") as file:
            file.write("*@a.example row\n* any\n")
        self.sealonce.stop()
        self.sealonce.write_config({}, f'[signing]\nkey_table = "file:{tables}/key_table"\n'
                                       f'signing_table = "refile:{tables}/signing_table"\n')
        self.sealonce.start()
        said = self.reload()
        self.assertIn(f"{self.keys['a']}: cannot open the key: Permission denied", said)
        for domain in ("a.example", "b.example", "c.example"):
            self.assertEqual(self.signatures(domain), [(domain, "t")])
            self.assertEqual(said.count("stays in use"), 3)


class ReloadUnderLoad(ReloadCase):
    """500 messages on 8 connections while 20 SIGHUPs come."""

    CONNECTIONS, EACH, SIGNALS = 8, 63, 20

    def send_each(self, worker, failures, done):
        try:
            with SmtpClient(self.sealonce.port) as client:
                client.greet()
                for n in range(self.EACH):
                    # A connection lives on in the old configuration; half of them are renewed.
                    if n % 8 == 0 and worker % 2:
                        client.command("QUIT", "221")
                        client.close()
                        client.__init__(self.sealonce.port)
                        client.greet()
                    name = f"w{worker}-{n}"
                    reply = client.transaction("alice@a.example", [f"{name}@rcpt.example"],
                                               message(name, "a.example"))
                    if not reply.startswith("250"):
                        failures.append(f"{name}: {reply}")
                    done.append(name)
        except Exception as error:  # what ends a thread must end the test
            failures.append(f"{worker}: {error!r}")

    def test_nothing_is_lost_doubled_or_unsigned(self):
        good = {selector: {"a.example": self.key(name, selector)}
                for selector, name in (("one", "a"), ("two", "b"))}
        failures, done = [], []
        threads = [threading.Thread(target=self.send_each, args=(w, failures, done))
                   for w in range(self.CONNECTIONS)]
        for thread in threads:
            thread.start()
        total = self.CONNECTIONS * self.EACH
        for number in range(self.SIGNALS):
            wait_for(lambda: len(done) >= total * number // (self.SIGNALS + 1) or failures, "progress")
            if number % 5 == 4:
                self.write_raw("[[domain]\n")
                self.reload(KEPT)
                continue
            self.sealonce.write_config(good["one" if number % 2 else "two"])
            self.reload()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.check([f"w{w}-{n}" for w in range(self.CONNECTIONS) for n in range(self.EACH)])

    def check(self, names):
        by_name = {}
        for delivery in self.sink.deliveries:
            by_name.setdefault(delivery.addresses()[0].split("@")[0], []).append(delivery)
        self.assertEqual(len(self.sink.deliveries), len(names))
        self.assertEqual(sorted(by_name), sorted(names))
        seen = set()
        for name, (delivery,) in by_name.items():
            (_, tags), = own_signatures(delivery.content, "a.example")
            seen.add(tags["s"])
            self.assertTrue(delivery.content.endswith(message(name, "a.example")))
        self.assertGreaterEqual(seen, {"one", "two"})


class StoppedUnderLoad(ServerCase):
    """SIGTERM and a new start, again and again, while Postfix sends 8 messages at a time."""

    CONNECTIONS, EACH, STOPS = 8, 40, 4

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.loop = Loop(cls, "20-signer.cf", {"rsa.example": ["rsa"]})

    def send_each(self, worker):
        with SmtpClient(self.loop.postfix.front) as client:
            client.greet()
            for n in range(self.EACH):
                name = f"w{worker}-{n}"
                client.transaction("alice@rsa.example", [f"{name}@rcpt.example"],
                                   message(name, "rsa.example"))

    def test_nothing_is_lost_doubled_or_unsigned(self):
        threads = [threading.Thread(target=self.send_each, args=(w,))
                   for w in range(self.CONNECTIONS)]
        for thread in threads:
            thread.start()
        total = self.CONNECTIONS * self.EACH
        for stop in range(self.STOPS):
            enough = total * (stop + 1) // (self.STOPS + 2)
            wait_for(lambda: self.loop.sink.count() >= enough, f"{enough} deliveries",
                     detail=lambda: self.loop.postfix.log()[-3000:])
            self.loop.sealonce.stop()
            self.loop.sealonce.start()
        for thread in threads:
            thread.join()
        self.loop.postfix.flush()
        self.loop.postfix.wait_until_empty()
        self.assertEqual(sorted(a for d in self.loop.sink.deliveries for a in d.addresses()),
                         sorted(f"w{w}-{n}@rcpt.example" for w in range(self.CONNECTIONS)
                                for n in range(self.EACH)))
        for delivery in self.loop.sink.deliveries:
            self.assertEqual(len(own_signatures(delivery.content, "rsa.example")), 1)
