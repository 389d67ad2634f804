"""A private Postfix: own configuration, queue and data directories, own ports, no system service.

The front smtpd, a submission service, and a front for mail from other hosts; everything leaves by the smtp
transport to one next hop. The fragments of master.cf.d are put in by their own `apply` script.
"""

import os
import re
import stat
import subprocess

from .deadline import wait_for
from .ports import accepts, free_port
from .process import Daemon

REPOSITORY = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
FRAGMENTS = os.path.join(REPOSITORY, "master.cf.d")

# What the fragments are written with; a test changes port numbers and nothing else.
FILTER_PORT, REINJECT_PORT = "10027", "10028"

MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {queue}
data_directory = {data}
maillog_file_prefixes = {base}
maillog_file = {base}/maillog
myhostname = mail.example
mydomain = mail.example
myorigin = mail.example
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
inet_interfaces = loopback-only
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
relayhost = [127.0.0.1]:{next_hop}
smtpd_relay_restrictions = permit_mynetworks, reject
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtputf8_enable = yes
message_size_limit = 20480000
mailbox_size_limit = 0
biff = no
in_flow_delay = 0
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
"""

MASTER_CF = """\
127.0.0.1:{front} inet n - n - - smtpd
127.0.0.1:{submission} inet n - n - - smtpd
  -o syslog_name=postfix/submission
127.0.0.1:{foreign} inet n - n - - smtpd
  -o syslog_name=postfix/foreign -o local_header_rewrite_clients=
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """front, submission, foreign: ports that take mail; foreign = as from another host, so that
    Postfix adds no missing header fields."""

    def __init__(self, workspace, next_hop_port, name="postfix", main_cf=""):
        self.base = workspace.directory(name)
        self.next_hop_port = next_hop_port
        self.front, self.submission, self.foreign = free_port(), free_port(), free_port()
        self.filter_port, self.reinject_port = free_port(), free_port()
        self.fragment_ports = {FILTER_PORT: self.filter_port, REINJECT_PORT: self.reinject_port}
        self.master = None
        self.before_exec = None  # called in the child
        for directory in ("queue", "etc"):
            os.makedirs(f"{self.base}/{directory}")
        self.config = f"{self.base}/etc"
        self._write("main.cf", MAIN_CF.format(
            base=self.base, queue=f"{self.base}/queue", data=f"{self.base}/data",
            next_hop=next_hop_port) + main_cf)
        self._write("master.cf", MASTER_CF.format(
            front=self.front, submission=self.submission, foreign=self.foreign))

    def _write(self, name, text):
        with open(f"{self.config}/{name}", "w") as file:
            file.write(text)

    def add_main_cf(self, text):
        """Before start()."""
        with open(f"{self.config}/main.cf", "a") as file:
            file.write(text)

    def add_services(self, text):
        """Lines of master.cf. Before start()."""
        with open(f"{self.config}/master.cf", "a") as file:
            file.write(text)

    def _tool(self, *arguments, **options):
        return subprocess.run([str(a) for a in arguments], check=True, capture_output=True,
                              timeout=60, **options)

    def fragment(self, name):
        """The fragment of master.cf.d with the test's own ports; returns the copy's path."""
        with open(f"{FRAGMENTS}/{name}") as file:
            text = file.read()
        for documented, own in self.fragment_ports.items():
            text = text.replace(documented, str(own))
        path = f"{self.base}/{name}"
        with open(path, "w") as file:
            file.write(text)
        return path

    def apply(self, name, *options):
        """Puts a fragment in, or with --undo out, as an administrator would."""
        self._tool(f"{FRAGMENTS}/apply", self.fragment(name), "--config-directory", self.config,
                   *options)

    def postconf(self, *arguments):
        return self._tool("postconf", "-c", self.config, *arguments).stdout.decode()

    def start(self):
        self._tool("postfix", "-c", self.config, "check")
        daemons = self.postconf("-xh", "daemon_directory").strip()
        # -s: in the foreground, as `postfix start-fg` runs it, so it ends with the test.
        self.master = Daemon([f"{daemons}/master", "-c", self.config, "-s"],
                             f"{self.base}/master.log", before_exec=self.before_exec)
        for port in (self.front, self.submission, self.foreign):
            wait_for(lambda p=port: accepts(p) or not self.master.alive(), f"Postfix on {port}",
                     detail=self.log)
        if not self.master.alive():
            raise AssertionError(f"Postfix did not start:\n{self.master.log()}{self.log()}")
        return self

    def reload(self):
        self._tool("postfix", "-c", self.config, "reload")

    def stop(self):
        if self.master is not None:
            self.master.stop()
            self.master = None

    def sendmail(self, sender, recipients, content, *options):
        """sendmail(1) with the content as it is, no final newline added."""
        self._tool("sendmail", "-C", self.config, "-oi", "-f", sender, *options, "--", *recipients,
                   input=content)

    def requeue(self):
        """postsuper -r ALL: mail that is queued is taken for new, and passes the filter again."""
        self._tool("postsuper", "-c", self.config, "-r", "ALL")
        self._tool("postkick", "-c", self.config, "public", "pickup", "W")

    def flush(self):
        self._tool("postqueue", "-c", self.config, "-f")

    def queue(self, queues=("maildrop", "incoming", "active", "deferred", "hold", "corrupt")):
        """Queue ids of what has not left yet. Looks in both orders: a file may move meanwhile."""
        ids = set()
        for queue in [*queues, *reversed(queues)]:
            for directory, _, names in os.walk(f"{self.base}/queue/{queue}"):
                ids.update(n for n in names if self._is_complete(f"{directory}/{n}"))
        return ids

    @staticmethod
    def _is_complete(path):
        """Postfix makes a queue file executable when it has taken the message over; a file that
        a client's death left unfinished is nobody's message."""
        try:
            return os.stat(path).st_mode & stat.S_IXUSR != 0
        except FileNotFoundError:
            return False

    def is_waiting(self):
        """Whether nothing moves: all mail is deferred."""
        return not self.queue(("maildrop", "incoming", "active"))

    def deferred_since(self, mark):
        """Queue ids with a deferred delivery in the log after its first `mark` characters."""
        return set(re.findall(r"(\w+): to=<[^>]*>,[^\n]* status=deferred", self.log()[mark:]))

    def wait_until_empty(self, seconds=120):
        wait_for(lambda: not self.queue(), "an empty queue", seconds, lambda: f"{self.queue()}\n{self.log()[-6000:]}")

    def log(self):
        try:
            with open(f"{self.base}/maillog", "rb") as file:
                return file.read().decode("utf-8", "replace")
        except FileNotFoundError:
            return ""

    def complaints(self):
        """Lines of the log that say something went wrong inside Postfix. What it says of the
        machine's clock (a file system that stamps files with another one) is no fault of a filter."""
        return [line for line in self.log().split("\n")
                if re.search(r" (warning|error|fatal|panic): ", line)
                and not re.search(r" warning: (file system clock is|resetting file time stamps)",
                                  line)]
