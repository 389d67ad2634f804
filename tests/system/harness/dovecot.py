"""Dovecot's LMTP server, private to a test: its own directories and port, mail into Maildirs, every
user there is."""

import os
import shutil

from .deadline import wait_for
from .ports import accepts, free_port
from .process import Daemon

CONF = """\
base_dir = {base}/run
state_dir = {base}/run
log_path = {base}/log
protocols = lmtp
ssl = no
default_internal_user = dovecot
default_login_user = dovenull
first_valid_uid = 1
mail_location = maildir:~/mail
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {port}
  }}
}}
protocol lmtp {{
  postmaster_address = postmaster@mail.example
}}
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={base}/home/%n allow_all_users=yes
}}
"""


class Dovecot:
    def __init__(self, workspace):
        self.base = workspace.directory("dovecot")
        self.port = free_port()
        self.daemon = None

    def user(self, name, can_write=True):
        """A home; one that cannot be written to defers mail."""
        home = f"{self.base}/home/{name}"
        os.makedirs(home)
        if can_write:
            shutil.chown(home, "nobody", "nogroup")
        os.chmod(home, 0o700 if can_write else 0o555)

    def start(self):
        os.makedirs(f"{self.base}/run")
        os.makedirs(f"{self.base}/home", exist_ok=True)
        for path in (self.base, f"{self.base}/home", f"{self.base}/run"):
            os.chmod(path, 0o755)
        with open(f"{self.base}/dovecot.conf", "w") as file:
            file.write(CONF.format(base=self.base, port=self.port))
        self.daemon = Daemon(["/usr/sbin/dovecot", "-F", "-c", f"{self.base}/dovecot.conf"],
                             f"{self.base}/output")
        wait_for(lambda: accepts(self.port) or not self.daemon.alive(), "Dovecot listening", 30,
                 self.log)
        if not self.daemon.alive():
            raise AssertionError(f"Dovecot ended:\n{self.log()}")
        return self

    def stop(self):
        if self.daemon is not None:
            daemon, self.daemon = self.daemon, None
            daemon.stop()

    def log(self):
        text = self.daemon.log()
        if os.path.exists(f"{self.base}/log"):
            with open(f"{self.base}/log", errors="replace") as file:
                text += file.read()
        return text

    def messages(self, name):
        """What is in the user's mailbox, with CRLF."""
        directory = f"{self.base}/home/{name}/mail/new"
        if not os.path.isdir(directory):
            return []
        found = []
        for entry in sorted(os.listdir(directory)):
            with open(f"{directory}/{entry}", "rb") as file:
                found.append(file.read().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
        return found
