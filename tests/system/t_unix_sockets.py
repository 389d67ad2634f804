"""Unix-domain sockets, in and out: a chrooted Postfix in front, a Postfix behind, and who owns the
file."""

import grp
import os
import pwd
import signal
import socket
import stat

from harness.deadline import wait_for
from harness.loop import make_keys, own_signatures
from harness.messages import USUAL
from harness.ports import free_port
from harness.postfix import Postfix
from harness.program import Program, keys_text
from harness.relay import MESSAGE, RECIPIENT, SENDER
from harness.sink import Sink
from harness.workspace import ServerCase
from harness.smtp_client import SmtpClient


class ChrootedPostfix(ServerCase):
    """Postfix, its lmtp(8) chrooted → sealonce → Postfix again, with the fragment."""

    def test_through_the_chroot(self):
        sink = self.keep(Sink(free_port()).start())
        postfix = Postfix(self.workspace, sink.port)
        postfix.apply("21-signer-unix-socket.cf")
        keys, names = make_keys(self.workspace, {"rsa.example": ["rsa"]})
        directory = f"{postfix.base}/queue/sealonce"
        os.makedirs(directory)
        os.chown(directory, pwd.getpwnam("nobody").pw_uid, grp.getgrnam("postfix").gr_gid)
        os.chmod(directory, 0o750)
        path = f"{directory}/outbound.sock"
        program = Program(self.workspace, f"""
[[relay]]
name = "outbound"
listen = "unix:{path}"
listen_protocol = "lmtp"
next_hop = "127.0.0.1:{postfix.reinject_port}"
socket_mode = "0660"
socket_owner = "nobody"
socket_group = "postfix"
[server]
user = "nobody"
{keys_text(keys)}""", "sealonce")
        self.keep(program.start())
        self.keep(postfix.start())
        status = os.stat(path)
        self.assertEqual(stat.S_IMODE(status.st_mode), 0o660)
        self.assertEqual((pwd.getpwuid(status.st_uid).pw_name,
                          grp.getgrgid(status.st_gid).gr_name), ("nobody", "postfix"))
        self.assertIn(" y ", postfix.postconf("-M", "sealonce/unix"))
        content = USUAL.replace(b"DOMAIN", b"rsa.example") % (b"m", b"chroot") + b"\r\nHello\r\n"
        postfix.sendmail(SENDER, [RECIPIENT, "carol@rcpt.example"], content.replace(b"\r", b""))
        postfix.wait_until_empty()
        addresses = sorted(a for d in sink.deliveries for a in d.addresses())
        self.assertEqual(addresses, sorted([RECIPIENT, "carol@rcpt.example"]))
        for delivery in sink.deliveries:
            self.assertEqual(len(own_signatures(delivery.content, "rsa.example")), 1)
        self.assertEqual(postfix.complaints(), [])

        # A restart under way: mail waits for the new socket.
        program.stop()
        self.assertFalse(os.path.exists(path), "its socket is gone with it")
        sink.clear()
        postfix.sendmail(SENDER, [RECIPIENT], content.replace(b"\r", b""))
        wait_for(lambda: postfix.queue(("deferred",)), "a deferred message", 60, postfix.log)
        self.assertEqual(sink.deliveries, [])
        program.start()
        postfix.flush()
        postfix.wait_until_empty()
        self.assertEqual(len(sink.deliveries), 1)

    def test_smtp_8_cannot(self):
        """Why the fragment uses lmtp(8): should Postfix learn it one day, this test says so."""
        sink = self.keep(Sink(free_port()).start())
        postfix = Postfix(self.workspace, sink.port, "plain",
                          main_cf="content_filter = relay:unix:sealonce/outbound.sock\n")
        self.keep(postfix.start())
        postfix.sendmail(SENDER, [RECIPIENT], b"From: alice@rsa.example\n\nHello\n")
        wait_for(lambda: "fatal: unknown service: sealonce/outbound.sock" in postfix.log(),
                 "an attempt", 60, postfix.log)
        self.assertEqual(sink.deliveries, [])


class NextHop(ServerCase):
    """The way back is a unix-domain smtpd(8) of Postfix."""

    def test_reinjection_by_a_unix_socket(self):
        sink = self.keep(Sink(free_port()).start())
        postfix = Postfix(self.workspace, sink.port)
        postfix.postconf("-Me", "sealonce-back/unix=sealonce-back unix n - n - 10 smtpd "
                         "-o content_filter= -o smtpd_authorized_xforward_hosts=127.0.0.0/8")
        self.keep(postfix.start())
        keys, _ = make_keys(self.workspace, {"rsa.example": ["rsa"]})
        port = free_port()
        program = Program(self.workspace, f"""
[[relay]]
name = "outbound"
listen = "127.0.0.1:{port}"
next_hop = "unix:{postfix.base}/queue/public/sealonce-back"
[server]
user = "postfix"
{keys_text(keys)}""", "sealonce")
        self.keep(program.start())
        for _ in range(2):
            with SmtpClient(port) as client:
                client.greet()
                reply = client.transaction(SENDER, [RECIPIENT], MESSAGE)
                self.assertRegex(reply, "^250 2.0.0 Ok: queued as")
        postfix.wait_until_empty()
        self.assertEqual(len(sink.deliveries), 2)
        self.assertEqual(len(own_signatures(sink.deliveries[0].content, "rsa.example")), 1)
        self.assertEqual(postfix.complaints(), [])


class SocketFile(ServerCase):
    def program(self, keys="", directory=None):
        self.directory = directory or self.workspace.directory(f"run-{free_port()}", 0o777)
        self.path = f"{self.directory}/s"
        return Program(self.workspace, f"""
[[relay]]
name = "outbound"
listen = "unix:{self.path}"
next_hop = "127.0.0.1:9"
{keys}
""", f"sealonce-{free_port()}")

    def greeting(self):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(30)
            client.connect(self.path)
            return client.recv(100)

    def test_a_stale_socket_is_replaced(self):
        program = self.program()
        self.addCleanup(program.stop)
        program.start()
        daemon, program.daemon = program.daemon, None
        daemon.stop(signal.SIGKILL)
        self.assertTrue(os.path.exists(self.path))
        program.start()
        self.assertTrue(self.greeting().startswith(b"220 "))

    def test_one_in_use_is_not_taken_over(self):
        program = self.program()
        self.addCleanup(program.stop)
        program.start()
        second = Program(self.workspace, open(program.config).read(), "second")
        with self.assertRaisesRegex(AssertionError, "cannot listen on unix:.*in use"):
            second.start()
        self.assertTrue(self.greeting().startswith(b"220 "))

    def test_a_file_that_is_no_socket_stays(self):
        program = self.program()
        with open(self.path, "w") as file:
            file.write("somebody's")
        with self.assertRaisesRegex(AssertionError, "cannot listen on unix:"):
            program.start()
        with open(self.path) as file:
            self.assertEqual(file.read(), "somebody's")

    def test_mode_owner_and_group(self):
        for mode in ("0600", "0660", "0777", "666"):
            with self.subTest(mode):
                program = self.program(f'socket_mode = "{mode}"\nsocket_owner = "mail"\n'
                                       'socket_group = "daemon"')
                program.start()
                status = os.stat(self.path)
                program.stop()
                self.assertEqual(stat.S_IMODE(status.st_mode), int(mode, 8))
                self.assertEqual(status.st_uid, pwd.getpwnam("mail").pw_uid)
                self.assertEqual(status.st_gid, grp.getgrnam("daemon").gr_gid)

    def test_what_is_wrong_is_said(self):
        for key, sentence in (('socket_mode = "0888"', "octal digits"),
                              ('socket_mode = "1777"', "octal digits"),
                              ("socket_mode = 660", "a string in quotes"),
                              ('socket_owner = "nosuchbody"', "there is no account"),
                              ('socket_group = "nosuchgroup"', "there is no group")):
            with self.subTest(key), self.assertRaisesRegex(AssertionError, sentence):
                self.program(key).start()

    def test_a_reload_leaves_it_alone(self):
        program = self.program()
        self.addCleanup(program.stop)
        program.start()
        before = os.stat(self.path).st_ino
        program.daemon.send(signal.SIGHUP)
        program.daemon.wait_for_log("configuration reloaded")
        self.assertEqual(os.stat(self.path).st_ino, before)
        self.assertTrue(self.greeting().startswith(b"220 "))

    def test_a_directory_that_the_account_may_not_change(self):
        """Started as root, it cannot take its file away when it stops; the next start can."""
        directory = self.workspace.directory(f"run-{free_port()}", 0o755)
        program = self.program(directory=directory)
        self.addCleanup(program.stop)
        program.start()
        program.stop()
        self.assertTrue(os.path.exists(self.path))
        program.start()
        self.assertTrue(self.greeting().startswith(b"220 "))
