"""Who the client is behind a proxy: HAProxy with the PROXY protocol, swaks with XCLIENT."""

import socket
import subprocess

from harness.deadline import wait_for
from harness.haproxy import Haproxy
from harness.relay import MESSAGE, RECIPIENT, SENDER, RelayCase
from harness.smtp_client import SmtpClient


class Proxies(RelayCase):
    # What comes through HAProxy comes from 127.0.0.1, and so does its client; 127.0.0.9 may as well.
    relay_keys = ('proxy_protocol_from = ["127.0.0.1"]\nallow = ["127.0.0.0/29"]\n'
                  'internal_hosts = ["127.0.0.5"]\n')

    def through(self, options, source):
        """A message through HAProxy; its last line of the log."""
        proxy = Haproxy(self.workspace, self.sealonce.port, options).start()
        self.addCleanup(proxy.stop)
        before = len(self.sealonce.transactions())
        client = SmtpClient(proxy.port, source=source)
        self.addCleanup(client.close)
        client.greet()
        self.assertTrue(client.transaction(SENDER, [RECIPIENT], MESSAGE).startswith("250"))
        client.command("QUIT", "221")
        return self.sealonce.wait_for_transactions(before + 1)[-1]

    def test_version_1(self):
        line = self.through("send-proxy", "127.0.0.3")
        self.assertEqual((line["client"], line["action"]), ("127.0.0.3", "unsigned"))

    def test_version_2(self):
        line = self.through("send-proxy-v2", "127.0.0.5")
        self.assertEqual((line["client"], line["action"]), ("127.0.0.5", "signed"))

    def test_version_2_with_tlvs(self):
        line = self.through("send-proxy-v2 proxy-v2-options crc32c,unique-id", "127.0.0.5")
        self.assertEqual((line["client"], line["action"]), ("127.0.0.5", "signed"))

    def test_not_in_allow(self):
        proxy = Haproxy(self.workspace, self.sealonce.port, "send-proxy-v2").start()
        self.addCleanup(proxy.stop)
        with SmtpClient(proxy.port, source="127.0.0.9") as client:
            self.assertEqual(client.reply(), "554 5.7.1 Access denied")

    def test_health_checks(self):
        """HAProxy asks by itself (LOCAL), finds us up, and leaves no warning."""
        mark = len(self.sealonce.log())
        proxy = Haproxy(self.workspace, self.sealonce.port,
                        "send-proxy-v2 check-send-proxy check inter 200ms").start()
        self.addCleanup(proxy.stop)
        with SmtpClient(proxy.port, source="127.0.0.3") as client:
            client.greet()
        wait_for(lambda: accepts_mail(proxy.port), "a server that is up")
        self.assertNotIn("warning", self.sealonce.log()[mark:])
        self.assertNotIn("DOWN", proxy.daemon.log())

    def test_a_proxy_that_forgets_the_header(self):
        proxy = Haproxy(self.workspace, self.sealonce.port, "").start()
        self.addCleanup(proxy.stop)
        with SmtpClient(proxy.port) as client:
            client.send(b"EHLO client.example\r\n")
            self.assertEqual(client.socket.recv(1000), b"")
        wait_for(lambda: "closed: what came is no PROXY header" in self.sealonce.log(), "a line")


def accepts_mail(port):
    with SmtpClient(port, source="127.0.0.3") as client:
        return client.greet()


class Xclient(RelayCase):
    relay_keys = ('xclient_from = ["127.0.0.1"]\nallow = ["127.0.0.1", "192.0.2.0/24"]\n'
                  'internal_hosts = ["192.0.2.0/25"]\n')

    def swaks(self, *arguments):
        done = subprocess.run(
            ["swaks", "--server", "127.0.0.1", "--port", str(self.sealonce.port), "--from", SENDER,
             "--to", RECIPIENT, "--helo", "proxy.example", "--header", "From: " + SENDER, *arguments],
            capture_output=True, timeout=60)
        return done.returncode, done.stdout.decode()

    def test_swaks(self):
        for address, action in (("192.0.2.7", "signed"), ("192.0.2.200", "unsigned")):
            before = len(self.sealonce.transactions())
            status, said = self.swaks("--xclient-addr", address, "--xclient-name", "spike.example",
                                      "--xclient-helo", "spike")
            self.assertEqual(status, 0, said)
            line = self.sealonce.wait_for_transactions(before + 1)[-1]
            self.assertEqual((line["client"], line["action"]), (address, action))

    def test_swaks_not_allowed(self):
        status, said = self.swaks("--xclient-addr", "198.51.100.7")
        self.assertNotEqual(status, 0)
        self.assertIn("554 5.7.1 Access denied", said)
        self.assertEqual(self.sink.deliveries, [])


class Stalls(RelayCase):
    relay_keys = 'timeouts = { next_hop_transfer = "2s", next_hop_connect = "2s" }\n'

    def test_a_next_hop_that_stops_reading(self):
        """More than the sockets hold: it stalls in mid-message, and nothing is delivered."""
        self.sink.on("content", stall=True)
        client = self.client()
        client.greet()
        reply = client.transaction(SENDER, [RECIPIENT], MESSAGE + b"x" * 70 + b"\r\n" * 1 +
                                   (b"y" * 70 + b"\r\n") * 400_000)
        self.assertTrue(reply.startswith("451 4.4.2 "), reply)
        self.assertIn("did not answer in time", reply)
        self.assertEqual(self.sink.deliveries, [])
        self.sink.usual()
        self.assert_next_message_passes(client, reply)

    def test_a_next_hop_that_does_not_accept(self):
        """Its queue of connections is full, so that connect(2) hangs."""
        with socket.socket() as full:
            self.sink.stop()
            full.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            full.bind(("127.0.0.1", self.sink.port))
            full.listen(0)
            waiting = [socket.socket() for _ in range(4)]
            for one in waiting:
                one.setblocking(False)
                one.connect_ex(("127.0.0.1", self.sink.port))
            client = self.client()
            client.greet()
            reply = client.command(f"MAIL FROM:<{SENDER}>")
            for one in waiting:
                one.close()
        self.sink.start()
        self.assertTrue(reply.startswith("451 4.4.1 "), reply)
        self.assertIn("did not answer in time", reply)
        self.assert_next_message_passes(client, reply)
