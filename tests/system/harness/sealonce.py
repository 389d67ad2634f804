"""The program under test: its configuration written, started, waited for, and its log read."""

import os
import re
import shlex
import signal
import subprocess

from .deadline import wait_for
from .ports import accepts, free_port
from .postfix import REPOSITORY
from .process import Daemon


def binary():
    """The program to test: SEALONCE, else the release build."""
    path = os.environ.get("SEALONCE", f"{REPOSITORY}/.build/release/sealonce/sealonce")
    if not os.access(path, os.X_OK):
        raise AssertionError(f"no sealonce to test: {path} (build it, or set SEALONCE)")
    return path


def run(*arguments, stdin=b"", timeout=60):
    """A command of sealonce to its end; returns the CompletedProcess."""
    return subprocess.run([binary(), *map(str, arguments)], input=stdin, capture_output=True,
                          timeout=timeout)


class Sealonce:
    """domains: name → list of (selector, key file). further: TOML text for the end of the file;
    relay_keys: for the relay; next_hop: the key's value in TOML instead of the port; socket: the path
    of one to listen on instead of a port."""

    def __init__(self, workspace, next_hop_port, domains, listen_port=None, name="sealonce",
                 further="", relay_keys="", next_hop=None, socket=None):
        self.base = workspace.directory(name)
        self.port = listen_port or free_port()
        self.socket = socket
        self.next_hop = next_hop or f'"127.0.0.1:{next_hop_port}"'
        self.relay_keys = relay_keys
        self.config = f"{self.base}/sealonce.toml"
        self.daemon = None
        self.starts = 0
        self.environment = {}
        self.before_exec = None  # called in the child
        self.write_config(domains, further)

    def write_config(self, domains, further=""):
        listen = f"unix:{self.socket}" if self.socket else f"127.0.0.1:{self.port}"
        text = (f'[[relay]]\nname = "test"\nlisten = "{listen}"\n'
                f'next_hop = {self.next_hop}\n{self.relay_keys}\n')
        for domain, keys in domains.items():
            text += f'\n[[domain]]\nname = "{domain}"\n'
            for selector, file in keys:
                text += f'  [[domain.key]]\n  selector = "{selector}"\n  file = "{file}"\n'
        with open(self.config, "w") as file:
            file.write(text + "\n" + further)

    def start(self):
        self.starts += 1
        path = f"{self.base}/log.{self.starts}"
        self.daemon = Daemon([binary(), "serve", "--config", self.config], path, self.environment,
                             before_exec=self.before_exec)
        self.daemon.wait_for_log("ready")
        wait_for(self.accepts, f"sealonce on {self.socket or self.port}", 30, self.daemon.log)
        return self

    def accepts(self):
        return os.path.exists(self.socket) if self.socket else accepts(self.port)

    def stop(self):
        """Ends it as systemd would; it must leave by itself with status 0."""
        if self.daemon is None:
            return
        daemon, self.daemon = self.daemon, None
        status = daemon.stop()
        if status != 0:
            raise AssertionError(f"sealonce ended with {status}:\n{daemon.log()[-4000:]}")

    def reload(self):
        """SIGHUP; it has been heard when the log says so."""
        self.daemon.send(signal.SIGHUP)

    def kill(self):
        """kill -9, as a crash or the kernel's memory killer would."""
        daemon, self.daemon = self.daemon, None
        daemon.stop(signal.SIGKILL)

    def log(self):
        return self.daemon.log()

    def transactions(self):
        """The log's transaction lines of all starts, each as a dictionary."""
        found = []
        for number in range(1, self.starts + 1):
            with open(f"{self.base}/log.{number}", errors="replace") as log:
                found += [parse_log_line(line) for line in log if " action=" in line]
        return found

    def wait_for_transactions(self, number):
        wait_for(lambda: len(self.transactions()) >= number, f"{number} log lines", 30, self.log)
        return self.transactions()


def parse_log_line(line):
    """key=value pairs, values bare or in double quotes."""
    pairs = re.findall(r'([a-z_]+)=("(?:[^"\\]|\\.)*"|\S*)', line)
    return {key: (shlex.split(value)[0] if value.startswith('"') and value != '""'
                  else value.strip('"')) for key, value in pairs}
