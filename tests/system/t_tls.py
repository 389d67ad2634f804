"""TLS on both sides, with real clients and servers: nothing goes in plaintext that should not, and
every octet arrives."""

import os
import random
import shutil
import smtplib
import socket
import ssl
import subprocess
import threading

from harness.certificates import Authority, fingerprint
from harness.deadline import wait_for
from harness.loop import make_keys, own_signatures
from harness.ports import free_port
from harness.postfix import Postfix
from harness.relay import MESSAGE, RECIPIENT, SENDER
from harness.sealonce import Sealonce, run
from harness.sink import Sink
from harness.smtp_client import SmtpClient, SmtpError, dot_stuff
from harness.workspace import ServerCase
from t_reload import account

PLAIN_VERBS = {"ehlo", "starttls", "quit"}


def large_message(octets):
    chance = random.Random(4711)
    lines = []
    while sum(map(len, lines)) < octets:
        lines.append(b"".join(b"%08x" % chance.getrandbits(32) for _ in range(9)) + b"\r\n"
                     + b"." * chance.randrange(3) + b"x\r\n")
        lines += lines[-1:] * 500
    return MESSAGE + b"".join(lines)


class TlsClient(SmtpClient):
    """SmtpClient inside TLS, from the first octet or after STARTTLS."""

    def __init__(self, port, context):
        super().__init__(port)
        self.context = context

    def wrap(self):
        self.socket = self.context.wrap_socket(self.socket, server_hostname="localhost")

    def greet_inside(self):
        self.greet()
        self.command("STARTTLS", "220")
        self.wrap()
        return [line[4:] for line in self.command("EHLO client.example", "250").split("\n")[1:]]


class TlsCase(ServerCase):
    """client → sealonce → sink; `relay_keys` says what is TLS, {ca}, {certificate}, {key} are filled
    in. Keys belong to the account that sealonce becomes, as a reload needs it."""

    relay_keys = ""
    further = ""
    sink_tls = False
    implicit = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        keys, _ = make_keys(cls.workspace, {"rsa.example": ["rsa"]})
        cls.authority = Authority(cls.workspace.directory("tls"), owner=account())
        cls.certificate, cls.key = cls.authority.make("localhost")
        context = None
        if cls.sink_tls:
            context = cls.server_context(cls.certificate, cls.key)
        cls.sink = cls.keep(Sink(free_port(), tls=context, implicit_tls=cls.implicit).start())
        cls.sealonce = Sealonce(cls.workspace, cls.sink.port, keys, further=cls.further,
                                relay_keys=cls.filled(cls.relay_keys))
        cls.keep(cls.sealonce).start()

    @classmethod
    def filled(cls, text):
        return (text.replace("{ca}", cls.authority.ca_file).replace("{certificate}", cls.certificate)
                .replace("{key}", cls.key).replace("{print}", fingerprint(cls.certificate)))

    @staticmethod
    def server_context(certificate, key):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context

    def setUp(self):
        self.sink.clear()
        self.addCleanup(self.sink.usual)

    def context(self):
        return ssl.create_default_context(cafile=self.authority.ca_file)

    def tls_client(self):
        client = TlsClient(self.sealonce.port, self.context())
        self.addCleanup(client.close)
        return client

    def plain_client(self):
        client = SmtpClient(self.sealonce.port)
        self.addCleanup(client.close)
        client.greet()
        return client

    def assert_arrived(self, content, index=0):
        self.assertTrue(self.sink.deliveries[index].content.endswith(b"\r\n" + content))
        self.assertEqual(len(own_signatures(self.sink.deliveries[index].content, "rsa.example")), 1)


class Offered(TlsCase):
    relay_keys = 'tls = { certificate = "{certificate}", key = "{key}" }'
    further = '[message]\nmemory_limit = "64KiB"\n'

    def swaks(self, *options):
        done = subprocess.run(["swaks", "--server", f"localhost:{self.sealonce.port}", "--from",
                               SENDER, "--to", RECIPIENT, *options], capture_output=True, timeout=60)
        return done.returncode, done.stdout.decode() + done.stderr.decode()

    def test_swaks(self):
        status, said = self.swaks("--tls", "--tls-verify", "--tls-ca-path", self.authority.ca_file)
        self.assertEqual(status, 0, said)
        self.assertIn("TLS started with cipher TLSv1.3", said)
        self.assertEqual(len(self.sink.deliveries), 1)

    def test_smtplib(self):
        with smtplib.SMTP("localhost", self.sealonce.port) as client:
            client.starttls(context=self.context())
            client.sendmail(SENDER, [RECIPIENT], MESSAGE)
        self.assert_arrived(MESSAGE)

    def test_openssl(self):
        done = subprocess.run(
            ["openssl", "s_client", "-starttls", "smtp", "-crlf", "-quiet", "-verify_return_error",
             "-CAfile", self.authority.ca_file, "-connect", f"localhost:{self.sealonce.port}"],
            input=b"EHLO x\nQUIT\n", capture_output=True, timeout=60)
        self.assertIn(b"221 2.0.0 Bye", done.stdout, done.stderr)
        self.assertNotIn(b"STARTTLS", done.stdout)

    def test_old_versions_are_refused(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        client = TlsClient(self.sealonce.port, context)
        self.addCleanup(client.close)
        client.greet()
        client.command("STARTTLS", "220")
        with self.assertRaises(ssl.SSLError):
            client.wrap()
        wait_for(lambda: "it knows no TLS 1.2 or later" in self.sealonce.log(), "the reason")

    def test_plaintext_still_works(self):
        reply = self.plain_client().transaction(SENDER, [RECIPIENT], MESSAGE)
        self.assertTrue(reply.startswith("250"), reply)
        self.assert_arrived(MESSAGE)

    def test_commands_behind_starttls_are_never_obeyed(self):
        """CVE-2011-0411: in one piece the session ends; in a second one the handshake fails."""
        client = self.plain_client()
        client.send(f"STARTTLS\r\nMAIL FROM:<{SENDER}>\r\nRSET\r\n".encode())
        self.assertTrue(client.reply().startswith("554 5.5.0"))
        with self.assertRaises(SmtpError):
            client.reply()
        client = self.plain_client()
        client.command("STARTTLS", "220")
        client.send(f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{RECIPIENT}>\r\n".encode())
        self.assertNotIn(b"250", self.until_closed(client))
        self.assertNotIn("mail", self.sink.plain_commands)

    def until_closed(self, client):
        got = b""
        try:
            while piece := client.socket.recv(4096):
                got += piece
        except ConnectionResetError:
            pass
        return got

    def test_ehlo_is_forgotten(self):
        client = self.tls_client()
        client.greet()
        client.command("STARTTLS", "220")
        client.wrap()
        client.command(f"MAIL FROM:<{SENDER}>", "503")
        client.command("STARTTLS", "503")

    def test_large_message_from_a_file_and_pieces(self):
        content = large_message(3_000_000)
        client = self.tls_client()
        client.greet_inside()
        for n in range(2):
            self.assertTrue(client.transaction(SENDER, [RECIPIENT], content).startswith("250"))
            self.assert_arrived(content, n)

    def test_octet_by_octet(self):
        client = self.tls_client()
        client.greet_inside()
        script = f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{RECIPIENT}>\r\nDATA\r\n".encode()
        for octet in script:
            client.send(bytes([octet]))
        self.assertEqual([client.reply()[:3] for _ in range(3)], ["250", "250", "354"])
        for octet in dot_stuff(MESSAGE):
            client.send(bytes([octet]))
        self.assertTrue(client.reply().startswith("250"))
        self.assert_arrived(MESSAGE)

    def test_client_leaves_while_the_next_hop_hangs(self):
        """Seen inside TLS too, with its close_notify and commands that nobody read before it."""
        for unread in (b"", b"RSET\r\nNOOP\r\n"):
            self.sink.clear()
            self.sink.on("rcpt", stall=True, times=1)
            client = self.tls_client()
            client.greet_inside()
            client.send(f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{RECIPIENT}>\r\n".encode() + unread)
            wait_for(lambda: any("RCPT" in line for _, line in self.sink.commands), "RCPT")
            mark = len(self.sealonce.transactions())
            client.close()
            wait_for(lambda m=mark: len(self.sealonce.transactions()) > m, "the session's end")
            self.sink.usual()
        self.sink.clear()
        self.test_smtplib()

    def test_the_log_tells_version_and_cipher(self):
        self.test_smtplib()
        line = self.sealonce.wait_for_transactions(1)[-1]
        self.assertRegex(line["client_tls"], "^TLSv1.3/TLS_")
        self.assertNotIn("next_hop_tls", line)

    def test_tls_1_2(self):
        context = self.context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        client = TlsClient(self.sealonce.port, context)
        self.addCleanup(client.close)
        client.greet_inside()
        self.assertTrue(client.transaction(SENDER, [RECIPIENT], MESSAGE).startswith("250"))
        self.assert_arrived(MESSAGE)

    def test_renegotiation_is_refused(self):
        """openssl s_client asks for it at a line with R; TLS 1.2 only."""
        done = subprocess.run(
            ["openssl", "s_client", "-starttls", "smtp", "-crlf", "-tls1_2", "-connect",
             f"localhost:{self.sealonce.port}"], input=b"R\nEHLO x\nQUIT\n", capture_output=True,
            timeout=60)
        self.assertIn(b"RENEGOTIATING", done.stderr)
        self.assertIn(b"no renegotiation", done.stderr)

    def test_client_that_leaves_in_the_middle(self):
        """Before the final dot and with close_notify, without it, and in the handshake."""
        for how in ("notify", "cut", "handshake"):
            client = self.tls_client()
            client.greet()
            client.command("STARTTLS", "220")
            if how == "handshake":
                client.send(b"\x16\x03\x01")
                client.close()
                continue
            client.wrap()
            client.command("EHLO x", "250")
            client.command(f"MAIL FROM:<{SENDER}>", "250")
            client.command(f"RCPT TO:<{RECIPIENT}>", "250")
            client.command("DATA", "354")
            client.send(MESSAGE)
            if how == "notify":
                client.socket.settimeout(5)
                try:
                    client.socket.unwrap()
                except OSError:
                    pass
            client.close()
        self.test_smtplib()
        self.assertEqual(len(self.sink.deliveries), 1)

    def test_pipelined(self):
        client = self.tls_client()
        client.greet_inside()
        client.send(f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{RECIPIENT}>\r\nDATA\r\n".encode())
        self.assertEqual([client.reply()[:3] for _ in range(3)], ["250", "250", "354"])
        client.send(dot_stuff(MESSAGE) + b"NOOP\r\nQUIT\r\n")
        self.assertEqual([client.reply()[:3] for _ in range(3)], ["250", "250", "221"])

    def test_postfix_encrypts(self):
        postfix = Postfix(self.workspace, self.sealonce.port, "encrypting",
                          "smtp_tls_security_level = encrypt\nsmtp_tls_loglevel = 1\n")
        self.addCleanup(postfix.stop)
        postfix.start()
        postfix.sendmail(SENDER, [RECIPIENT], MESSAGE.replace(b"\r\n", b"\n"))
        wait_for(lambda: self.sink.deliveries, "the message", detail=postfix.log)
        postfix.wait_until_empty()
        self.assertIn("TLS connection established to 127.0.0.1", postfix.log())
        self.assertEqual(postfix.complaints(), [])


class Required(TlsCase):
    relay_keys = 'tls = { certificate = "{certificate}", key = "{key}", mode = "required" }'

    def test_no_mail_before_it(self):
        client = self.plain_client()
        self.assertEqual(client.command(f"MAIL FROM:<{SENDER}>"),
                         "530 5.7.0 Must issue a STARTTLS command first")
        client = self.tls_client()
        client.greet_inside()
        self.assertTrue(client.transaction(SENDER, [RECIPIENT], MESSAGE).startswith("250"))
        self.assert_arrived(MESSAGE)


class Implicit(TlsCase):
    relay_keys = 'tls = { certificate = "{certificate}", key = "{key}", mode = "implicit" }'

    def test_from_the_first_octet(self):
        with smtplib.SMTP_SSL("localhost", self.sealonce.port, context=self.context()) as client:
            client.ehlo()
            self.assertFalse(client.has_extn("starttls"))
            client.sendmail(SENDER, [RECIPIENT], MESSAGE)
        self.assert_arrived(MESSAGE)

    def test_swaks(self):
        done = subprocess.run(["swaks", "--server", f"localhost:{self.sealonce.port}", "--from",
                               SENDER, "--to", RECIPIENT, "--tls-on-connect"],
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(len(self.sink.deliveries), 1)

    def test_plaintext_gets_no_word(self):
        with socket.create_connection(("127.0.0.1", self.sealonce.port), timeout=60) as client:
            client.sendall(b"EHLO x\r\n")
            got = b""
            try:
                while piece := client.recv(4096):
                    got += piece
            except ConnectionResetError:
                pass
        self.assertNotIn(b"220", got)
        self.assertNotIn(b"ESMTP", got)


class NextHopCase(TlsCase):
    sink_tls = True

    def transact(self, content=MESSAGE):
        client = self.plain_client()
        reply = client.command(f"MAIL FROM:<{SENDER}>")
        if reply[0] != "2":
            return reply
        client.command(f"RCPT TO:<{RECIPIENT}>", "250")
        client.command("DATA", "354")
        client.send(dot_stuff(content))
        return client.reply()

    def assert_inside(self, number=1):
        self.assertEqual(len(self.sink.deliveries), number)
        for delivery in self.sink.deliveries:
            self.assertTrue(delivery.tls.startswith("TLSv1."), delivery.tls)
        self.assertLessEqual(set(self.sink.plain_commands), PLAIN_VERBS)

    def assert_deferred(self, *words):
        """MAIL gets 451 4.7.5 with these words, and nothing of it was said to the next hop."""
        reply = self.transact()
        self.assertTrue(reply.startswith("451 4.7.5 Try again later: next hop "), reply)
        for word in words:
            self.assertIn(word, reply)
        self.assertEqual(self.sink.deliveries, [])
        self.assertLessEqual({line.split(" ")[0].lower() for _, line in self.sink.commands},
                             PLAIN_VERBS)
        line = self.sealonce.wait_for_transactions(1)[-1]
        self.assertEqual(line["action"], "deferred")


class Verified(NextHopCase):
    relay_keys = 'next_hop_tls = { ca_file = "{ca}" }'
    further = '[message]\nmemory_limit = "64KiB"\n'

    def test_the_log_tells_version_and_cipher(self):
        self.test_it_goes_inside()
        line = self.sealonce.wait_for_transactions(1)[-1]
        self.assertRegex(line["next_hop_tls"], "^TLSv1.3/TLS_")
        self.assertNotIn("client_tls", line)

    def test_it_goes_inside(self):
        self.assertTrue(self.transact().startswith("250"))
        self.assert_inside()
        self.assert_arrived(MESSAGE)

    def test_kept_connections(self):
        """The tickets that a TLS 1.3 server sends do not make a resting connection unfit."""
        before = self.sink.connections
        for _ in range(5):
            self.assertTrue(self.transact().startswith("250"))
        self.assert_inside(5)
        self.assertLessEqual(self.sink.connections - before, 1)

    def test_kept_connection_that_died(self):
        for _ in range(3):
            self.assertTrue(self.transact().startswith("250"))
            self.sink.stop()
            self.sink.start()
        self.assert_inside(3)

    def test_large_message(self):
        content = large_message(3_000_000)
        self.assertTrue(self.transact(content).startswith("250"))
        self.assert_inside()
        self.assert_arrived(content)

    def test_refused_before_all_was_read(self):
        """A next hop that refuses and closes in the middle of a message is still heard."""
        self.sink.on("content", reply="552 5.3.4 too big", times=1)
        reply = self.transact(large_message(3_000_000))
        self.assertRegex(reply, "^(552 5.3.4|451 4.4.2)")
        self.assertEqual(self.sink.deliveries, [])

    def test_lost_after_the_dot(self):
        for act in ({"drop": True}, {"half": "250 ok"}):
            self.sink.on("dot", times=1, **act)
            self.assertTrue(self.transact().startswith("451 4.4.2"))
        self.assertTrue(self.transact().startswith("250"))


def stopped_case(name, server, keys, *words, authority="authority"):
    """One class for each thing that is wrong with a next hop."""

    class Stopped(NextHopCase):
        relay_keys = keys

        @classmethod
        def setUpClass(cls):
            super().setUpClass()
            if server is None:
                cls.sink.tls = None
                return
            signer = cls.authority
            if authority == "other":
                signer = Authority(cls.workspace.directory("other"), "Another CA", account())
            cls.sink.tls = cls.server_context(*signer.make("other", **server))

        def test_deferred_and_nothing_said(self):
            self.assert_deferred(*words)

    Stopped.__name__ = Stopped.__qualname__ = name
    globals()[name] = Stopped


VERIFY = 'next_hop_tls = { ca_file = "{ca}" }'
stopped_case("WrongName", {"hosts": "DNS:other.example"}, VERIFY,
             "its certificate is not for 127.0.0.1 but for other.example: set next_hop_tls.name")
stopped_case("Expired", {"days": -1}, VERIFY, "has expired")
stopped_case("UnknownAuthority", {}, VERIFY, "is by no authority of", "set next_hop_tls.ca_file",
             authority="other")
stopped_case("SystemAuthorities", {}, "next_hop_tls = { }", "is by no authority of this system")
stopped_case("WrongFingerprint", {},
             'next_hop_tls = { level = "fingerprint", fingerprints = ["{print}"] }',
             "has none of the fingerprints")
stopped_case("NoStarttls", None, 'next_hop_tls = { level = "encrypt" }',
             "does not offer STARTTLS")


class OldNextHop(NextHopCase):
    relay_keys = 'next_hop_tls = { level = "encrypt" }'

    def test_tls_1_1_is_not_spoken(self):
        self.sink.tls.set_ciphers("ALL:@SECLEVEL=0")
        self.sink.tls.minimum_version = ssl.TLSVersion.TLSv1
        self.sink.tls.maximum_version = ssl.TLSVersion.TLSv1_1
        self.assert_deferred("it knows no TLS 1.2 or later")


class RightFingerprint(NextHopCase):
    relay_keys = 'next_hop_tls = { level = "fingerprint", fingerprints = ["{print}"] }'

    def test_it_is_enough(self):
        self.assertTrue(self.transact().startswith("250"))
        self.assert_inside()


class Injected(NextHopCase):
    relay_keys = 'next_hop_tls = { level = "encrypt" }'

    def test_octets_behind_the_220(self):
        self.sink.on("starttls", reply="220 go on\n250-sink.example\n250 SIZE 1")
        self.assert_deferred("in plaintext behind its answer to STARTTLS")

    def test_starttls_refused(self):
        self.sink.on("starttls", reply="454 4.7.0 not now")
        self.assert_deferred("refused STARTTLS: 454 4.7.0 not now")


class May(NextHopCase):
    relay_keys = 'next_hop_tls = { level = "may" }'

    def test_tls_where_there_is_some(self):
        self.assertTrue(self.transact().startswith("250"))
        self.assert_inside()

    def test_plaintext_where_there_is_none(self):
        context, self.sink.tls = self.sink.tls, None
        self.sink.stop()
        self.sink.start()
        try:
            self.assertTrue(self.transact().startswith("250"))
            self.assertEqual(self.sink.deliveries[0].tls, "")
            self.sink.tls = self.broken_context()
            self.sink.stop()
            self.sink.start()
            self.assertTrue(self.transact().startswith("250"))
            self.assertEqual(self.sink.deliveries[1].tls, "")
            self.assertIn("without TLS now", self.sealonce.log())
        finally:
            self.sink.tls = context
            self.sink.stop()
            self.sink.start()

    def broken_context(self):
        context = self.server_context(self.certificate, self.key)
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        return context


class ImplicitNextHop(NextHopCase):
    implicit = True
    relay_keys = 'next_hop_tls = { ca_file = "{ca}", implicit = true, name = "localhost" }'

    def test_from_the_first_octet(self):
        for _ in range(3):
            self.assertTrue(self.transact().startswith("250"))
        self.assert_inside(3)
        self.assertEqual(self.sink.plain_commands, [])


class BothSides(NextHopCase):
    """TLS in and out, a client certificate, and REQUIRETLS."""

    relay_keys = ('tls = { certificate = "{certificate}", key = "{key}" }\n'
                  'next_hop_tls = { ca_file = "{ca}", certificate = "{certificate}", '
                  'key = "{key}" }')

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sink.keywords.append("REQUIRETLS")

    @classmethod
    def server_context(cls, certificate, key):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        context.load_verify_locations(cls.authority.ca_file)
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    def test_requiretls_is_for_those_inside(self):
        outside = SmtpClient(self.sealonce.port)
        self.addCleanup(outside.close)
        self.assertNotIn("REQUIRETLS", outside.greet())
        outside.command(f"MAIL FROM:<{SENDER}> REQUIRETLS", "555")
        client = self.tls_client()
        self.assertIn("REQUIRETLS", client.greet_inside())
        client.transaction(SENDER, [RECIPIENT], MESSAGE, "REQUIRETLS")
        self.assertIn("REQUIRETLS", self.sink.deliveries[0].mail_parameters)
        self.assert_inside()

    def test_large_message(self):
        content = large_message(3_000_000)
        client = self.tls_client()
        client.greet_inside()
        self.assertTrue(client.transaction(SENDER, [RECIPIENT], content).startswith("250"))
        self.assert_inside()
        self.assert_arrived(content)


class PostfixAsNextHop(TlsCase):
    """smtpd with STARTTLS and in wrapper mode; mail ends in the sink behind it."""

    def relay_through(self, options, relay_keys, main_cf=""):
        name = f"postfix-{free_port()}"
        postfix = Postfix(self.workspace, self.sink.port, name,
                          f"smtpd_tls_chain_files = {self.key}, {self.certificate}\n"
                          "smtpd_tls_loglevel = 1\n" + main_cf)
        port = free_port()
        with open(f"{postfix.config}/master.cf", "a") as file:
            file.write(f"127.0.0.1:{port} inet n - n - - smtpd\n  {options}\n")
        self.addCleanup(postfix.stop)
        postfix.start()
        sealonce = Sealonce(self.workspace, port, {}, name=f"for-{name}",
                            relay_keys=self.filled(relay_keys))
        self.addCleanup(sealonce.stop)
        sealonce.start()
        for n in range(3):
            with SmtpClient(sealonce.port) as client:
                client.greet()
                reply = client.transaction(SENDER, [RECIPIENT], MESSAGE)
                self.assertTrue(reply.startswith("250"), f"{reply}\n{postfix.log()}")
        wait_for(lambda: len(self.sink.deliveries) == 3, "three messages", detail=postfix.log)
        log = postfix.log()
        self.assertEqual(log.count("TLS connection established from"), 1, log)
        self.assertEqual(postfix.complaints(), [])

    def test_starttls(self):
        self.relay_through("-o smtpd_tls_security_level=encrypt",
                           'next_hop_tls = { ca_file = "{ca}" }')

    def test_wrapper_mode(self):
        self.relay_through("-o smtpd_tls_wrappermode=yes -o smtpd_tls_security_level=encrypt",
                           'next_hop_tls = { ca_file = "{ca}", implicit = true }')


class Reload(TlsCase):
    relay_keys = 'tls = { certificate = "{certificate}", key = "{key}" }'

    def serial(self):
        with TlsClient(self.sealonce.port, self.context()) as client:
            client.greet()
            client.command("STARTTLS", "220")
            client.wrap()
            return client.socket.getpeercert()["serialNumber"]

    def reload(self, wanted):
        mark = len(self.sealonce.log())
        self.sealonce.reload()
        wait_for(lambda: wanted in self.sealonce.log()[mark:], wanted, detail=self.sealonce.log)

    def test_new_certificate_under_load(self):
        """Nobody's message fails while certificates change; new sessions see the new one."""
        stop = threading.Event()
        failed = []

        def load():
            while not stop.is_set():
                try:
                    client = TlsClient(self.sealonce.port, self.context())
                    client.greet_inside()
                    for _ in range(3):
                        reply = client.transaction(SENDER, [RECIPIENT], MESSAGE)
                        if not reply.startswith("250"):
                            failed.append(reply)
                    client.close()
                except (SmtpError, OSError) as error:
                    failed.append(repr(error))

        threads = [threading.Thread(target=load) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(4):
                old = self.serial()
                self.authority.make("localhost")
                self.reload("configuration reloaded")
                self.assertNotEqual(self.serial(), old)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.assertEqual(failed, [])

    def test_what_cannot_be_read_leaves_the_old(self):
        old = self.serial()
        os.rename(self.key, f"{self.key}.away")
        try:
            self.reload("goes on with what it had read before")
            self.assertEqual(self.serial(), old)
        finally:
            os.rename(f"{self.key}.away", self.key)
        self.reload("configuration reloaded")
        self.assertEqual(self.serial(), old)


class Check(TlsCase):
    def check(self, relay_keys):
        directory = self.workspace.directory("check")
        path = f"{directory}/sealonce.toml"
        with open(path, "w") as file:
            file.write('[[relay]]\nname = "r"\nlisten = "127.0.0.1:10027"\n'
                       f'next_hop = "127.0.0.1:10028"\n{relay_keys}\n')
        done = run("check", "--config", path)
        return done.returncode, done.stderr.decode()

    def tls(self, certificate, key):
        return f'tls = {{ certificate = "{certificate}", key = "{key}" }}'

    def test_good(self):
        status, said = self.check(self.tls(self.certificate, self.key))
        self.assertEqual((status, "certificate" in said), (0, False), said)

    def test_expiring_and_expired(self):
        for days, words in ((5, "the certificate expires on"), (-1, "the certificate expired on")):
            status, said = self.check(self.tls(*self.authority.make("soon", days=days)))
            self.assertEqual(status, 0)
            self.assertIn(f"sealonce.toml:5:7: relay.tls: {self.authority.directory}/soon.pem: "
                          + words, said)

    def test_wrong_key_and_loose_key(self):
        _, other = self.authority.make("loose")
        status, said = self.check(self.tls(self.certificate, other))
        self.assertEqual(status, 78)
        self.assertIn("the key does not belong to the certificate in", said)
        certificate, key = self.authority.make("loose")
        os.chmod(key, 0o644)
        status, said = self.check(self.tls(certificate, key))
        self.assertEqual(status, 78)
        self.assertIn("lets others at the key: chmod", said)

    def test_nothing_there(self):
        shutil.rmtree(self.workspace.directory("none"))
        status, said = self.check(self.tls(self.workspace / "none/c.pem", self.key))
        self.assertEqual(status, 78)
        self.assertIn("cannot open the certificate: No such file or directory", said)
