"""Other people's content filters, as Debian has them, each private to a test: its own configuration,
directories and ports, its network tests off, and in the foreground. And one filter of our own, which
does what they may do to a body.
"""

import os
import shutil
import socket
import threading
from abc import ABC, abstractmethod

from .deadline import wait_for
from .ports import accepts, free_port
from .process import Daemon
from .sink import Sink
from .smtp_client import SmtpClient, SmtpError

# Server processes of each filter; the `maxproc` of a fragment's transport fits it.
CHILDREN = 4

AMAVIS_CONF = """\
use strict;
$max_servers = {children};
$daemon_user = 'amavis'; $daemon_group = 'amavis';
$MYHOME = '{base}/home'; $TEMPBASE = '{base}/temp';
$pid_file = '{base}/home/pid'; $lock_file = '{base}/home/lock';
$mydomain = 'mail.example'; $myhostname = 'mail.example';
$inet_socket_bind = '127.0.0.1'; $inet_socket_port = {port}; $unix_socketname = undef;
@inet_acl = qw(127.0.0.1);
$forward_method = 'smtp:[127.0.0.1]:{next_hop}'; $notify_method = $forward_method;
$enable_db = 0; $enable_zmq = 0; $enable_dkim_verification = 0; $enable_dkim_signing = 0;
@bypass_virus_checks_maps = (1); @bypass_spam_checks_maps = (1);
@bypass_banned_checks_maps = (1); @bypass_header_checks_maps = (1);
@local_domains_maps = (1);
$QUARANTINEDIR = undef; $do_syslog = 0; $log_level = 1;
1;
"""

CLAMSMTP_CONF = """\
OutAddress: 127.0.0.1:{next_hop}
Listen: 127.0.0.1:{port}
ClamAddress: 127.0.0.1:{clamd}
TempDirectory: {base}/temp
Header: X-Virus-Scanned: ClamAV using ClamSMTP
User: clamsmtp
"""

# Every message gets the header fields, spam a changed Subject besides; nothing asks the network.
SPAM_CONF = """\
rewrite_header Subject ***SPAM***
report_safe 0
add_header all Status _YESNO_, score=_SCORE_ required=_REQD_ tests=_TESTS_
use_bayes 0
dns_available no
"""

# What every installation of SpamAssassin takes for spam, by its documentation.
GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\r\n"


class Filter(ABC):
    """A filter between the port it listens on and its next hop."""

    PATIENCE = 120  # seconds until the Perl programs have read all their rules

    def __init__(self, workspace, next_hop_port, name):
        self.base = workspace.directory(name)
        self.next_hop_port = next_hop_port
        self.port = free_port()
        self.daemon = None

    @abstractmethod
    def command(self):
        """Writes the configuration; returns the command line of a foreground process."""

    def directory(self, name, owner):
        """A directory that the filter's own account may write in."""
        path = f"{self.base}/{name}"
        os.makedirs(path, exist_ok=True)
        shutil.chown(path, owner, owner)
        return path

    def start(self):
        self.daemon = Daemon(self.command(), f"{self.base}/log")
        wait_for(lambda: accepts(self.port) or not self.daemon.alive(), f"{self.base} listening",
                 self.PATIENCE, self.daemon.log)
        if not self.daemon.alive():
            raise AssertionError(f"{self.base} ended:\n{self.daemon.log()}")
        return self

    def stop(self):
        if self.daemon is not None:
            daemon, self.daemon = self.daemon, None
            daemon.stop()


class Amavis(Filter):
    """amavisd-new with its checks off; it still takes each message apart and hands it on anew."""

    def __init__(self, workspace, next_hop_port, name="amavis"):
        super().__init__(workspace, next_hop_port, name)

    def command(self):
        for name in ("home", "temp"):
            self.directory(name, "amavis")
        path = f"{self.base}/amavisd.conf"
        with open(path, "w") as file:
            file.write(AMAVIS_CONF.format(base=self.base, port=self.port, children=CHILDREN,
                                          next_hop=self.next_hop_port))
        return ["/usr/sbin/amavisd", "-c", path, "foreground"]


class FindsNothing:
    """As much of clamd(8) as ClamSMTP speaks with: every file is clean. (The real one does not
    start without its virus database.)"""

    def __init__(self):
        self.port = free_port()
        self.scanned = 0
        self._listener = None

    def start(self):
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()
        return self

    def stop(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self, listener):
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(peer,), daemon=True).start()

    def _answer(self, peer):
        with peer, peer.makefile("rwb") as stream:
            for line in stream:
                verb, _, path = line.decode().strip().partition(" ")
                if verb == "SCAN":
                    self.scanned += 1
                    stream.write(f"{path}: OK\n".encode())
                    stream.flush()
                elif verb != "SESSION":
                    return


class ClamSmtp(Filter):
    def __init__(self, workspace, next_hop_port, name="clamsmtp"):
        super().__init__(workspace, next_hop_port, name)
        self.clamd = FindsNothing()

    def command(self):
        self.directory("temp", "clamsmtp")
        path = f"{self.base}/clamsmtpd.conf"
        with open(path, "w") as file:
            file.write(CLAMSMTP_CONF.format(base=self.base, port=self.port, clamd=self.clamd.port,
                                            next_hop=self.next_hop_port))
        # With -d it stays in the foreground.
        return ["/usr/sbin/clamsmtpd", "-d", "2", "-f", path]

    def start(self):
        self.clamd.start()
        return super().start()

    def stop(self):
        super().stop()
        self.clamd.stop()


class SpamPd(Filter):
    """SpamAssassin as an SMTP proxy."""

    def __init__(self, workspace, next_hop_port, name="spampd"):
        super().__init__(workspace, next_hop_port, name)

    def command(self):
        home = self.directory("home", "spampd")
        path = f"{self.base}/local.cf"
        with open(path, "w") as file:
            file.write(SPAM_CONF)
        return ["perl", "-T", os.path.join(os.path.dirname(__file__), "spampd.pl"), "--nodetach", "--local-only", "--tagall",
                f"--host=127.0.0.1:{self.port}", f"--relayhost=127.0.0.1:{self.next_hop_port}",
                f"--children={CHILDREN}", "--maxsize=2000", f"--pid={home}/pid", "--user=spampd",
                "--group=spampd", f"--homedir={home}", f"--saconfig={path}"]


class Footer(Sink):
    """A filter that writes a line below every text, as mailing lists and disclaimers do."""

    LINE = b"--\r\nThis line was put here on the way.\r\n"

    def __init__(self, next_hop_port):
        super().__init__(free_port())
        self.next_hop_port = next_hop_port

    def record(self, delivery):
        """Accepted when the next hop has accepted it; else the connection is closed."""
        try:
            with SmtpClient(self.next_hop_port) as client:
                client.greet("footer.example")
                reply = client.transaction(delivery.reverse_path, delivery.addresses(),
                                           delivery.content + self.LINE, delivery.mail_parameters)
        except SmtpError as refused:
            raise ConnectionAbortedError(str(refused)) from refused
        if not reply.startswith("250"):
            raise ConnectionAbortedError(reply)
        return super().record(delivery)
