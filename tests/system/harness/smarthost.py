"""A real Postfix as somebody else's smarthost: who has no account may not send. Cyrus SASL with a
private sasldb."""

import grp
import os
import subprocess

from .postfix import Postfix

REALM = "mail.example"


class Smarthost(Postfix):
    """accounts: user name → password. Its `front` is the port for clients."""

    def __init__(self, workspace, next_hop_port, accounts, mechanisms="PLAIN LOGIN SCRAM-SHA-256",
                 name="smarthost", **settings):
        super().__init__(workspace, next_hop_port, name)
        sasl = f"{self.config}/sasl"  # where Debian's Postfix looks, whatever main.cf says
        os.makedirs(sasl)
        self.database = f"{sasl}/sasldb2"
        with open(f"{sasl}/smtpd.conf", "w") as file:
            file.write("pwcheck_method: auxprop\nauxprop_plugin: sasldb\n"
                       f"sasldb_path: {self.database}\nmech_list: {mechanisms}\n")
        for account in accounts.items():
            self.set_password(*account)
        self.set(smtpd_sasl_path="smtpd", smtpd_sasl_auth_enable="yes",
                 smtpd_sasl_local_domain=REALM, broken_sasl_auth_clients="yes",
                 mynetworks="192.0.2.1/32",
                 smtpd_relay_restrictions="permit_sasl_authenticated,reject", **settings)

    def set(self, **settings):
        """main.cf; reload() to have it in effect."""
        self._tool("postconf", "-c", self.config, "-e", *(f"{k}={v}" for k, v in settings.items()))

    def set_password(self, user, password):
        subprocess.run(["saslpasswd2", "-c", "-p", "-f", self.database, "-u", REALM, user],
                       input=password.encode(), check=True, capture_output=True, timeout=60)
        os.chown(self.database, 0, grp.getgrnam("postfix").gr_gid)
        os.chmod(self.database, 0o640)
