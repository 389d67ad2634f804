"""sealonce with a configuration that a test writes whole."""

from .process import Daemon
from .sealonce import binary


class Program:
    """sealonce with a configuration as it is written; its log, and how it ended."""

    def __init__(self, workspace, text, name):
        self.base = workspace.directory(name)
        self.config = f"{self.base}/sealonce.toml"
        with open(self.config, "w") as file:
            file.write(text)
        self.starts = 0
        self.daemon = None

    def start(self):
        self.starts += 1
        self.daemon = Daemon([binary(), "serve", "--config", self.config],
                             f"{self.base}/log.{self.starts}")
        self.daemon.wait_for_log("ready:")
        return self

    def stop(self):
        if self.daemon is not None:
            self.daemon.stop()
            self.daemon = None


def keys_text(keys):
    return "".join(f'[[domain]]\nname = "{domain}"\n' + "".join(
        f'[[domain.key]]\nselector = "{s}"\nfile = "{f}"\n' for s, f in pairs)
        for domain, pairs in keys.items())
