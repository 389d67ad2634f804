"""sealonce on its own: clients send to it, it sends through a smarthost. swaks as the client."""

import email.utils
import os
import re
import smtplib
import ssl
import subprocess
import time

from harness.certificates import Authority
from harness.deadline import wait_for
from harness.loop import Loop, make_keys, own_signatures
from harness.ports import free_port
from harness.postfix import REPOSITORY
from harness.program import Program
from harness.relay import MESSAGE, RECIPIENT, SENDER, RelayCase
from harness.sink import Sink
from harness.smarthost import Smarthost
from harness.smtp_client import SmtpClient
from harness.verify import Verifiers, split_fields
from harness.workspace import ServerCase

# RFC 5321 §4.4 as sealonce writes it.
RECEIVED = re.compile(
    rb"Received: from (?P<hello>\S+)(?: \(\[(?P<peer>[^\]]+)\]\))?\r\n"
    rb"\tby (?P<by>\S+) \(sealonce\) with (?P<protocol>[A-Z0-9]+) id (?P<id>[0-9A-F]+-[0-9A-F]+)"
    rb"(?:\r\n\tfor <(?P<recipient>[^>]+)>)?;\r\n\t(?P<date>[^\r\n]+)\r\n")


class ReceivedField(RelayCase):
    relay_keys = "received = true\nmax_hops = 3"
    further = '[server]\nhostname = "relay.example"\n'

    def deliver(self, recipients=(RECIPIENT,), message=MESSAGE, hello="client.example",
                verb="EHLO", parameters=""):
        self.sink.clear()
        client = self.client()
        client.greet(hello, verb)
        reply = client.transaction(SENDER, recipients, message, parameters)
        self.assertTrue(reply.startswith("250"), reply)
        content = self.sink.deliveries[0].content
        found = RECEIVED.match(content)
        self.assertTrue(found, content[:300])
        return found, content

    def test_on_top_of_the_signature_and_not_signed(self):
        found, content = self.deliver()
        self.assertEqual(found["hello"], b"client.example")
        self.assertEqual(found["peer"], b"127.0.0.1")
        self.assertEqual(found["by"], b"relay.example")
        self.assertEqual(found["protocol"], b"ESMTP")
        self.assertEqual(found["recipient"], RECIPIENT.encode())
        then = email.utils.parsedate_to_datetime(found["date"].decode()).timestamp()
        self.assertLess(abs(time.time() - then), 60)
        fields, _ = split_fields(content)
        self.assertTrue(fields[1].lower().startswith(b"dkim-signature:"), fields[1])
        _, tags = own_signatures(content, "rsa.example")[0]
        self.assertNotIn("received", tags["h"].lower())
        self.assertTrue(content.endswith(MESSAGE))
        wait_for(lambda: self.sealonce.transactions()[-1]["queue_id"] == found["id"].decode(),
                 "the log line with its id")

    def test_several_recipients_do_not_learn_of_each_other(self):
        found, _ = self.deliver((RECIPIENT, "carol@rcpt.example"))
        self.assertIsNone(found["recipient"])

    def test_one_that_was_refused_does_not_count(self):
        self.sink.on("rcpt", match="never@", reply="550 5.1.1 no such user")
        client = self.client()
        client.greet()
        replies = self.transact(client, ("never@rcpt.example", RECIPIENT))
        self.assertTrue(replies["dot"].startswith("250"))
        found = RECEIVED.match(self.sink.deliveries[0].content)
        self.assertEqual(found["recipient"], RECIPIENT.encode())

    def test_helo_and_odd_names(self):
        found, _ = self.deliver(verb="HELO")
        self.assertEqual(found["protocol"], b"SMTP")
        found, _ = self.deliver(hello="[IPv6:2001:db8::1]")
        self.assertEqual(found["hello"], b"[IPv6:2001:db8::1]")
        found, _ = self.deliver(hello="(x)")
        self.assertEqual(found["hello"], b"unknown")

    def test_internationalized_mail(self):
        found, _ = self.deliver(parameters="SMTPUTF8", recipients=("b\u00f6b@rcpt.example",))
        self.assertEqual(found["protocol"], b"UTF8SMTP")
        self.assertEqual(found["recipient"], "b\u00f6b@rcpt.example".encode())

    def test_each_message_has_its_own_id(self):
        client = self.client()
        client.greet()
        self.sink.clear()
        for _ in range(3):
            client.transaction(SENDER, [RECIPIENT], MESSAGE)
        ids = {RECEIVED.match(d.content)["id"] for d in self.sink.deliveries}
        self.assertEqual(len(ids), 3)

    def test_hops_are_counted(self):
        trace = b"Received: from a by b; Fri, 20 Nov 2026 14:17:16 +0000\r\n"
        self.deliver(message=3 * trace + MESSAGE)
        client = self.client()
        client.greet()
        for message in (4 * trace + MESSAGE, 100 * trace.upper() + MESSAGE):
            reply = client.transaction(SENDER, [RECIPIENT], message)
            self.assertRegex(reply, "^554 5.4.6 .*Received")
            wait_for(lambda: self.sealonce.transactions()[-1]["reason"] == "hops", "the log line")
        # In the body such lines are text.
        self.deliver(message=MESSAGE + 5 * trace)


class GoesRound(ServerCase):
    def test_mail_that_goes_round_ends(self):
        """The way back is misconfigured: it has the content filter, too."""
        loop = Loop(self, "20-signer.cf", domains={"rsa.example": ["rsa"]},
                    relay_keys="max_hops = 8")
        back = f"127.0.0.1:{loop.postfix.reinject_port}/inet"
        loop.postfix.postconf("-P", f"{back}/content_filter="
                              f"sealonce:[127.0.0.1]:{loop.postfix.filter_port}")
        loop.postfix.reload()
        with SmtpClient(loop.postfix.front) as client:
            client.greet()
            client.transaction(SENDER, [RECIPIENT], MESSAGE)
        wait_for(lambda: "status=bounced" in loop.postfix.log(), "the end of it", 60,
                 loop.postfix.log)
        self.assertRegex(loop.postfix.log(), "status=bounced .*554 5.4.6 Too many hops")
        self.assertFalse([d for d in loop.sink.deliveries if d.reverse_path])


class Example(ServerCase):
    """etc/sealonce-smarthost.toml with the names of this test: swaks → sealonce → Postfix as the
    smarthost, TLS on both ways and a password on the second."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sink = cls.keep(Sink(free_port()).start())
        authority = Authority(cls.workspace.directory("tls"))
        certificate, key = authority.make("mail.example.com")
        cls.smarthost = cls.keep(Smarthost(
            cls.workspace, cls.sink.port, {"relay": "secret"}, smtpd_tls_security_level="encrypt",
            smtpd_tls_auth_only="yes", smtpd_tls_cert_file=certificate, smtpd_tls_key_file=key,
            smtpd_tls_loglevel="1").start())
        keys, name_server = make_keys(cls.workspace, {"rsa.example": ["rsa"]})
        cls.keep(name_server.start())
        cls.verifiers = Verifiers(cls.workspace, name_server.port)
        password = cls.workspace / "password"
        with open(password, "w") as file:
            file.write("secret\n")
        os.chmod(password, 0o600)
        cls.port = free_port()
        with open(f"{REPOSITORY}/etc/sealonce-smarthost.toml") as file:
            text = file.read()
        for documented, own in (
                ('"0.0.0.0:587", "[::]:587"', f'"127.0.0.1:{cls.port}"'),
                ('"192.0.2.0/24", "2001:db8:1::/48"', '"127.0.0.0/8"'),
                ('"smtp.example.net:587", "smtp2.example.net:587"',
                 f'"localhost:{cls.smarthost.front}"'),
                ('level = "verify"', f'level = "verify"\nca_file = "{authority.ca_file}"'),
                ("/etc/sealonce/tls", authority.directory),
                ("/etc/sealonce/smarthost.password", password),
                ('username = "relay@example.com"', 'username = "relay"'),
                ('name = "example.com"', 'name = "rsa.example"'),
                ('selector = "mail"', 'selector = "rsa"'),
                ("/etc/sealonce/keys/example.com/mail.private", keys["rsa.example"][0][1])):
            if documented not in text:
                raise AssertionError(f"the example has no {documented}")
            text = text.replace(documented, str(own))
        cls.program = cls.keep(Program(cls.workspace, text, "standalone").start())

    def setUp(self):
        self.smarthost.wait_until_empty()
        self.sink.clear()

    def swaks(self, *options):
        message = self.workspace / "message"
        with open(message, "wb") as file:
            file.write(MESSAGE.replace(b"\r\n", b"\n"))
        return subprocess.run(
            ["swaks", "--server", f"127.0.0.1:{self.port}", "--from", SENDER, "--to", RECIPIENT,
             "--helo", "client.example", "--data", f"@{message}", *options],
            capture_output=True, timeout=120, text=True)

    def test_swaks_to_smarthost(self):
        done = self.swaks("--tls")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("250 2.0.0 Ok: queued as", done.stdout)
        wait_for(lambda: self.sink.deliveries, "the message at the sink", 60, self.smarthost.log)
        log = self.smarthost.log()
        self.assertIn("TLS connection established from localhost", log)
        self.assertIn("sasl_method=SCRAM-SHA-256, sasl_username=relay@mail.example", log)
        content = self.sink.deliveries[0].content
        found = RECEIVED.search(content)
        self.assertTrue(found, content)
        self.assertEqual(found["protocol"], b"ESMTPS")
        self.assertEqual(found["by"], b"mail.example.com")
        self.assertEqual(len(own_signatures(content, "rsa.example")), 1)
        for verdict in self.verifiers.all_three(content):
            self.assertTrue(verdict.passed, verdict)

    def test_without_tls_there_is_no_mail(self):
        done = self.swaks()
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stdout, "530 5.7.0 ")
        self.assertEqual(self.sink.deliveries, [])

    def test_smtplib(self):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with smtplib.SMTP("127.0.0.1", self.port, "client.example", timeout=60) as client:
            client.starttls(context=context)
            self.assertEqual(client.sendmail(SENDER, [RECIPIENT], MESSAGE), {})

    def test_a_smarthost_that_is_somebody_else(self):
        """Its certificate is for another name: neither the password nor the mail go there."""
        text = open(self.program.config).read().replace(
            "[relay.next_hop_tls]", '[relay.next_hop_tls]\nname = "smtp.example.net"')
        port = free_port()
        program = Program(self.workspace, text.replace(f":{self.port}\"", f":{port}\""), "other")
        self.addCleanup(program.stop)
        program.start()
        mark = len(self.smarthost.log())
        done = subprocess.run(["swaks", "--server", f"127.0.0.1:{port}", "--tls", "--from", SENDER,
                               "--to", RECIPIENT], capture_output=True, timeout=120, text=True)
        self.assertRegex(done.stdout, r"<~\* 451 4\.\d\.\d ")
        self.assertNotIn("sasl_method", self.smarthost.log()[mark:])
