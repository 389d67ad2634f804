"""OpenDKIM as a signing milter, as Debian has it: another signer in the same Postfix."""

import os
import shutil

from .deadline import wait_for
from .ports import accepts, free_port
from .process import Daemon

# RequireSafeKeys: /tmp, where the tests are, belongs to everyone.
CONF = """\
Socket inet:{port}@127.0.0.1
Mode s
Background no
Syslog no
UserID opendkim
RequireSafeKeys no
Canonicalization relaxed/simple
InternalHosts 127.0.0.0/8
KeyTable file:{base}/key_table
SigningTable refile:{base}/signing_table
"""


class OpenDkim:
    """keys: domain → (selector, key file)."""

    def __init__(self, workspace, keys, name="opendkim"):
        self.base = workspace.directory(name)
        self.port = free_port()
        self.daemon = None
        rows = {"key_table": "", "signing_table": ""}
        for domain, (selector, file) in keys.items():
            own = f"{self.base}/{domain}.private"
            shutil.copy(file, own)
            shutil.chown(own, "opendkim", "opendkim")
            os.chmod(own, 0o600)
            rows["key_table"] += f"{domain} {domain}:{selector}:{own}\n"
            rows["signing_table"] += f"*@{domain} {domain}\n"
        for table, text in rows.items():
            self._write(table, text)
        self._write("opendkim.conf", CONF.format(base=self.base, port=self.port))

    def _write(self, name, text):
        with open(f"{self.base}/{name}", "w") as file:
            file.write(text)

    def start(self):
        self.daemon = Daemon(["/usr/sbin/opendkim", "-f", "-x", f"{self.base}/opendkim.conf"],
                             f"{self.base}/log")
        wait_for(lambda: accepts(self.port) or not self.daemon.alive(), "OpenDKIM listening", 30,
                 self.daemon.log)
        if not self.daemon.alive():
            raise AssertionError(f"OpenDKIM ended:\n{self.daemon.log()}")
        return self

    def stop(self):
        if self.daemon is not None:
            daemon, self.daemon = self.daemon, None
            daemon.stop()
