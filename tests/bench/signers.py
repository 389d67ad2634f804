"""Other DKIM signers, as Debian has them, each private to a benchmark: rsa-sha256, relaxed/relaxed, nothing
but signing. Each has start(), stop(), port, and seconds() of CPU of all its processes."""

import os
import shutil

from harness.deadline import wait_for
from harness.filters import Amavis, Filter
from harness.opendkim import OpenDkim
from harness.ports import accepts, free_port
from harness.process import Daemon

from processor_time import seconds_of

SELECTOR = "mail"

RSPAMD_CONF = """\
options {{
  pidfile = "{base}/pid";
  filters = "dkim";
  dns {{ nameserver = ["127.0.0.1:9"]; }}
}}
logging {{ type = "file"; filename = "{base}/rspamd.log"; level = "error"; }}
lua = "/usr/share/rspamd/rules/rspamd.lua";
modules {{ path = "/usr/share/rspamd/plugins/dkim_signing.lua"; }}
worker "rspamd_proxy" {{
  bind_socket = "127.0.0.1:{port}";
  milter = yes;
  count = 1;
  upstream "local" {{ default = yes; self_scan = yes; }}
}}
metric {{ name = "default"; actions {{ reject = 1000; }} }}
dkim_signing {{
  sign_local = true;
  use_esld = false;
  allow_username_mismatch = true;
  domain {{ {domain} {{ path = "{key}"; selector = "{selector}"; }} }}
}}
"""

AMAVIS_SIGNING = """\
$enable_dkim_signing = 1; $originating = 1;
dkim_key('{domain}', '{selector}', '{key}');
@dkim_signature_options_bysender_maps = ({{ '.' => {{ c => 'relaxed/relaxed', a => 'rsa-sha256' }} }});
"""


def own_key(key, base, account):
    """A copy that the account may read."""
    path = shutil.copy(key, f"{base}/mail.private")
    shutil.chown(path, account, account)
    os.chmod(path, 0o600)
    return path


class Processes:
    def seconds(self):
        return seconds_of(self.daemon.pid)


class OpenDkimSigner(Processes, OpenDkim):
    """A milter."""

    program, milter = "/usr/sbin/opendkim", True

    def __init__(self, workspace, domain, key, _next_hop_port, name="opendkim"):
        super().__init__(workspace, {domain: (SELECTOR, key)}, name)
        path = f"{self.base}/opendkim.conf"
        with open(path) as file:
            text = file.read()
        self._write("opendkim.conf", text.replace("relaxed/simple", "relaxed/relaxed"))


class RspamdSigner(Processes, Filter):
    """A milter; of its modules only the one that signs."""

    program, milter = "/usr/bin/rspamd", True

    def __init__(self, workspace, domain, key, next_hop_port, name="rspamd"):
        super().__init__(workspace, next_hop_port, name)
        self.domain, self.key = domain, key

    def command(self):
        shutil.chown(self.base, "_rspamd", "_rspamd")
        path = f"{self.base}/rspamd.conf"
        with open(path, "w") as file:
            file.write(RSPAMD_CONF.format(base=self.base, port=self.port, domain=self.domain,
                                          selector=SELECTOR,
                                          key=own_key(self.key, self.base, "_rspamd")))
        return [self.program, "-f", "-c", path, "-u", "_rspamd", "-g", "_rspamd",
                f"--var=DBDIR={self.base}", f"--var=RUNDIR={self.base}"]


class AmavisSigner(Processes, Amavis):
    program, milter = "/usr/sbin/amavisd", False

    def __init__(self, workspace, domain, key, next_hop_port, name="amavis"):
        super().__init__(workspace, next_hop_port, name)
        self.domain, self.key = domain, key

    def command(self):
        line = super().command()
        path = f"{self.base}/amavisd.conf"
        with open(path) as file:
            text = file.read()
        signing = AMAVIS_SIGNING.format(domain=self.domain, selector=SELECTOR,
                                        key=own_key(self.key, self.base, "amavis"))
        with open(path, "w") as file:
            file.write(text.replace("$enable_dkim_signing = 0;", "\n" + signing))
        return line


SIGNERS = {"opendkim": OpenDkimSigner, "rspamd": RspamdSigner, "amavis": AmavisSigner}
# What others have measured beside sealonce, and why it is not here.
MISSING = {"dkimproxy": "no package of Debian 12"}


def installed(name):
    return os.access(SIGNERS[name].program, os.X_OK)
