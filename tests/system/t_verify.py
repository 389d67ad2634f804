"""sealonce verify with real name servers: the shared vectors, what DNS can do wrong, and DNSSEC."""

import json
import os
import re
import time

from harness import sealonce
from harness.dns import BlackHole, NameServer, Recursor, txt_strings
from harness.keys import make_key, public_record
from harness.ports import free_port
from harness.postfix import REPOSITORY
from harness.workspace import ServerCase

VECTORS = os.path.join(REPOSITORY, "..", "shared", "vectors")
FIELD = "Authentication-Results: "


def cases():
    """The verify cases of the shared vectors; none where they are missing."""
    path = os.path.join(VECTORS, "cases.json")
    if not os.path.exists(path):
        return []
    with open(path) as file:
        return [case for case in json.load(file) if case["kind"] == "verify"]


class Outcome:
    """What verify said: the exit status, a line for each signature, and the unfolded field."""

    def __init__(self, done, took):
        self.status = done.returncode
        self.out = done.stdout.decode("ascii")
        self.err = done.stderr.decode()
        self.took = took
        at = self.out.find(FIELD)
        self.lines = self.out[:at].splitlines()
        self.field = self.out[at:]
        self.results = re.findall(r";\n dkim=(\w+)", self.field)

    def __str__(self):
        return f"status {self.status} after {self.took:.1f} s:\n{self.out}{self.err}"


class VerifyCase(ServerCase):
    def verify(self, message, port, config=None, now=None):
        arguments = ["--dns-server", f"127.0.0.1:{port}"]
        if config is not None:
            path = self.workspace / "dns.toml"
            with open(path, "w") as file:
                file.write(config)
            arguments += ["--config", path]
        if now is not None:
            arguments += ["--now", str(now)]
        began = time.monotonic()
        done = sealonce.run("verify", *arguments, stdin=message)
        outcome = Outcome(done, time.monotonic() - began)
        self.assertTrue(outcome.out.startswith(FIELD) or f"\n{FIELD}" in outcome.out, outcome)
        self.assertTrue(all(len(line) <= 78 for line in outcome.field.splitlines()), outcome)
        self.assertEqual([line.split()[0] for line in outcome.lines],
                         [r for r in outcome.results if r != "none"], outcome)
        return outcome


class Vectors(VerifyCase):
    """Each case against an nsd that has its records and knows that there is nothing else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = []  # of cases whose records can stand in one zone
        for case in cases():
            records = {(name, kind): value for name, kinds in case["records"].items()
                       for kind, value in kinds.items()}
            for group, ids in groups:
                if all(group.get(key, value) == value for key, value in records.items()):
                    break
            else:
                group, ids = {}, []
                groups.append((group, ids))
            group.update(records)
            ids.append(case["id"])
        cls.ports = {}
        for number, (group, ids) in enumerate(groups):
            server = NameServer(cls.workspace, f"nsd.{number}")
            server.add(".", *(txt_strings(f"{name}.", *strings) for (name, kind), texts
                              in group.items() if kind == "TXT" for strings in texts))
            cls.keep(server.start())
            cls.ports.update({case: server.port for case in ids})

    def check(self, case):
        with open(os.path.join(VECTORS, case["file"]), "rb") as file:
            message = file.read()
        outcome = self.verify(message, self.ports[case["id"]], now=case.get("now"))
        expected = {"pass": 0, "notpass": 1, "none": 1}[case["expect"]]
        self.assertEqual(outcome.status, expected, outcome)
        self.assertEqual("pass" in outcome.results, case["expect"] == "pass", outcome)
        self.assertEqual(outcome.results == ["none"], case["expect"] == "none", outcome)
        self.assertNotIn("temperror", outcome.results, outcome)


def _add_vectors():
    for case in cases():
        def test(self, case=case):
            self.check(case)
        name = "test_" + re.sub(r"\W", "_", case["id"])
        test.__doc__ = case["id"]
        setattr(Vectors, name, test)
    if not cases():
        def test_vectors(self):
            self.skipTest(f"there is no {VECTORS}")
        Vectors.test_vectors = test_vectors


_add_vectors()

MESSAGE = (b"From: alice@signed.example\r\nTo: bob@example.org\r\nSubject: dinner\r\n"
           b"\r\nNot today.\r\n")


class DnsCase(VerifyCase):
    """A signed message for any selector and domain, and the key's record."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = make_key(cls.workspace.path, "ed", "ed25519")
        cls.record = public_record(cls.key, "ed25519")

    def signed(self, selector, domain, message=MESSAGE, key=None):
        done = sealonce.run("sign", "--domain", domain, "--selector", selector, "--key",
                            key or self.key, "--time", "1700000000", stdin=message)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def asked(self, selector, domain, port, timeout="20s", **more):
        config = f'[dns]\ntimeout = "{timeout}"\n{more.pop("further", "")}'
        return self.verify(self.signed(selector, domain, **more), port, config)

    def assert_verdict(self, outcome, status, result, text=""):
        self.assertEqual((outcome.status, outcome.results), (status, [result]), outcome)
        self.assertIn(text, outcome.lines[0], outcome)


class Answers(DnsCase):
    SPECIAL = ("signed.test", "signed.invalid", "signed.localhost", "signed.home.arpa",
               "signed.internal", "signed.local", "10.in-addr.arpa")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rsa = make_key(cls.workspace.path, "rsa", bits=4096)
        cls.rsa = rsa
        cls.rsa_record = public_record(rsa)
        other = public_record(make_key(cls.workspace.path, "other", "ed25519"), "ed25519")
        many = public_record(make_key(cls.workspace.path, "many", bits=4096))
        record = cls.record
        cls.server = NameServer(cls.workspace)
        for zone in ("signed.example", *cls.SPECIAL):
            cls.server.add(
                zone,
                txt_strings("one._domainkey", record),
                txt_strings("split._domainkey", *record),
                txt_strings("long._domainkey", cls.rsa_record[:200], "", cls.rsa_record[200:]),
                txt_strings("two._domainkey", other), txt_strings("two._domainkey", record),
                txt_strings("spf._domainkey", "v=spf1 -all"), txt_strings("spf._domainkey", record),
                txt_strings("tcp._domainkey", many), txt_strings("tcp._domainkey", cls.rsa_record),
                txt_strings("empty._domainkey", ""),
                txt_strings("garbage._domainkey", b"\x00\xff\x80;;="),
                txt_strings("revoked._domainkey", "v=DKIM1; p="),
                "nodata._domainkey IN A 127.0.0.1",
                "alias._domainkey IN CNAME one._domainkey.elsewhere.example.",
                "loop._domainkey IN CNAME loop._domainkey",
                "dangling._domainkey IN CNAME nothing.elsewhere.example.")
        cls.server.add("elsewhere.example", txt_strings("one._domainkey", record))
        cls.server.add_broken("broken.example")
        cls.keep(cls.server.start())
        cls.recursor = cls.keep(Recursor(cls.workspace, cls.server.port).start("signed.example"))

    def each(self, selector, status, result, text="", domain="signed.example", **more):
        for port in (self.server.port, self.recursor.port):
            with self.subTest(port=port):
                self.assert_verdict(self.asked(selector, domain, port, **more), status, result,
                                    text)

    def test_a_record(self):
        self.each("one", 0, "pass", "256-bit ed25519 key")

    def test_names_that_libunbound_would_answer_itself(self):
        for domain in self.SPECIAL:  # unbound has its own opinion of them
            outcome = self.asked("one", domain, self.server.port)
            self.assert_verdict(outcome, 0, "pass")

    def test_strings_are_joined(self):
        self.each("split", 0, "pass")
        self.each("long", 0, "pass", "4096-bit rsa key", key=self.rsa)

    def test_several_records(self):
        self.each("two", 0, "pass")
        self.each("spf", 0, "pass")

    def test_an_answer_too_large_for_udp(self):
        self.each("tcp", 0, "pass", key=self.rsa)

    def test_aliases(self):
        self.each("alias", 0, "pass")
        self.each("dangling", 1, "permerror", "no such name in DNS")

    def test_no_such_name(self):
        self.each("none", 1, "permerror", "no such name in DNS")

    def test_no_txt(self):
        self.each("nodata", 1, "permerror", "the name has no TXT record")

    def test_an_empty_record(self):
        self.each("empty", 1, "permerror", "cannot be used: item 1 of the tag list is empty")

    def test_garbage(self):
        self.each("garbage", 1, "permerror", "cannot be used: a control octet")

    def test_a_revoked_key(self):
        self.each("revoked", 1, "permerror", "the key has been revoked")

    def test_another_key(self):
        self.each("one", 1, "fail", "the signature does not match", key=make_key(
            self.workspace.path, "third", "ed25519"))

    def test_server_failure(self):
        for domain in ("broken.example", "unknown.example"):  # nsd: SERVFAIL, REFUSED
            self.each("one", 75, "temperror", domain=domain, timeout="10s")

    def test_a_loop_of_aliases(self):
        outcome = self.asked("loop", "signed.example", self.server.port, timeout="10s")
        self.assertEqual(outcome.status, 75, outcome)

    def test_a_signature_that_passes_outweighs_one_without_an_answer(self):
        message = self.signed("one", "broken.example", self.signed("one", "signed.example"))
        outcome = self.verify(message, self.server.port, '[dns]\ntimeout = "10s"\n')
        self.assertEqual((outcome.status, outcome.results), (0, ["temperror", "pass"]), outcome)


class NoAnswer(DnsCase):
    """Nobody answers: what counts is our own timeout, not libunbound's 17 seconds."""

    def assert_in_time(self, outcome, least, most):
        self.assert_verdict(outcome, 75, "temperror", "DNS did not answer in time")
        self.assertGreater(outcome.took, least, outcome)
        self.assertLess(outcome.took, most, outcome)

    def test_nothing_listens(self):
        self.assert_in_time(self.asked("one", "signed.example", free_port(), "1s"), 0.9, 4)

    def test_a_black_hole(self):
        port = self.keep(BlackHole().start()).port
        self.assert_in_time(self.asked("one", "signed.example", port, "2s"), 1.9, 5)

    def test_all_questions_wait_together(self):
        port = self.keep(BlackHole().start()).port
        message = MESSAGE
        for number in range(8):
            message = self.signed(f"s{number}", "signed.example", message)
        outcome = self.verify(message, port, '[dns]\ntimeout = "2s"\n')
        self.assertEqual((outcome.status, outcome.results), (75, ["temperror"] * 8), outcome)
        self.assertLess(outcome.took, 5, outcome)

    def test_a_server_that_answers_is_found_behind_one_that_does_not(self):
        dead = self.keep(BlackHole().start()).port
        server = NameServer(self.workspace)
        server.add("signed.example", txt_strings("one._domainkey", self.record))
        self.keep(server.start())
        path = self.workspace / "two.toml"
        with open(path, "w") as file:
            file.write(f'[dns]\nservers = ["127.0.0.1:{dead}", "127.0.0.1:{server.port}"]\n'
                       'timeout = "20s"\n')
        done = sealonce.run("verify", "--config", path, stdin=self.signed("one", "signed.example"))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_without_signatures_nobody_is_asked(self):
        outcome = self.verify(MESSAGE, free_port())
        self.assertEqual((outcome.status, outcome.results), (1, ["none"]), outcome)
        self.assertLess(outcome.took, 2)


class Dnssec(DnsCase):
    """A signed zone made by dnspython; its key is the trust anchor."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = NameServer(cls.workspace)
        zone = SignedZone("signed.example")
        for selector in ("good", "forged", "unsigned"):
            text = f'"{cls.record}"'
            zone.add(f"{selector}._domainkey", "TXT", text, signed=selector != "unsigned",
                     served=text.replace("k=", "n=x; k=", 1) if selector == "forged" else text)
        cls.server.add("signed.example", *zone.lines)
        cls.server.add("plain.example", txt_strings("good._domainkey", cls.record))
        cls.keep(cls.server.start())
        cls.anchors = cls.workspace / "anchors"
        with open(cls.anchors, "w") as file:
            file.write(zone.anchor + "\n")
        cls.further = f'trust_anchor_file = "{cls.anchors}"\n'

    def test_secure(self):
        outcome = self.asked("good", "signed.example", self.server.port, further=self.further)
        self.assert_verdict(outcome, 0, "pass", "256-bit ed25519 key; DNSSEC secure")
        self.assertIn("DNSSEC secure", outcome.field)

    def test_without_an_anchor_nothing_is_secure(self):
        for selector in ("good", "forged", "unsigned"):
            outcome = self.asked(selector, "signed.example", self.server.port)
            self.assert_verdict(outcome, 0, "pass")
            self.assertNotIn("DNSSEC", outcome.out)

    def test_a_zone_outside_the_anchors_is_insecure(self):
        outcome = self.asked("good", "plain.example", self.server.port, further=self.further)
        self.assert_verdict(outcome, 0, "pass")
        self.assertNotIn("DNSSEC", outcome.out)

    def test_tampered_or_stripped_is_bogus(self):
        # The forged record would verify the message: nothing but DNSSEC can tell.
        for selector in ("forged", "unsigned", "missing"):
            outcome = self.asked(selector, "signed.example", self.server.port,
                                 further=self.further)
            self.assert_verdict(outcome, 75, "temperror", "DNSSEC validation failed: ")

    def test_a_validating_recursor_says_servfail(self):
        with open(self.anchors) as file:
            anchor = file.read().strip()
        recursor = Recursor(self.workspace, self.server.port, [anchor], "validating")
        self.keep(recursor.start("plain.example"))
        self.assert_verdict(self.asked("good", "signed.example", recursor.port), 0, "pass")
        self.assert_verdict(self.asked("forged", "signed.example", recursor.port, "10s"),
                            75, "temperror")


class SignedZone:
    """Zone-file lines with their RRSIG lines, and the DS that proves them."""

    def __init__(self, name):
        import dns.dnssec
        import dns.name
        import dns.rdataset
        from cryptography.hazmat.primitives.asymmetric import ed25519
        self.dns = dns
        self.origin = dns.name.from_text(name)
        self.key = ed25519.Ed25519PrivateKey.generate()
        self.dnskey = dns.dnssec.make_dnskey(self.key.public_key(), "ED25519", flags=257)
        self.anchor = f"{name}. IN DS " + dns.dnssec.make_ds(self.origin, self.dnskey,
                                                             "SHA256").to_text()
        self.lines = []
        self.add("@", "DNSKEY", self.dnskey.to_text())

    def add(self, owner, kind, text, signed=True, served=None):
        name = self.dns.name.from_text(owner, self.origin)
        rdataset = self.dns.rdataset.from_text("IN", kind, 300, text)
        self.lines.append(f"{owner} 300 IN {kind} {served or text}")
        if signed:
            rrsig = self.dns.dnssec.sign((name, rdataset), self.key, self.origin, self.dnskey,
                                         inception=time.time() - 3600, lifetime=86400)
            self.lines.append(f"{owner} 300 IN RRSIG {rrsig.to_text()}")


del VerifyCase, DnsCase  # base classes, not tests
