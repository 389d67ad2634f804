"""HAProxy in front of a server, in the foreground, with a configuration of its own."""

from .deadline import wait_for
from .ports import accepts, free_port
from .process import Daemon

CONFIGURATION = """
global
    maxconn 100
defaults
    mode tcp
    timeout connect 5s
    timeout client 60s
    timeout server 60s
listen smtp
    bind 127.0.0.1:{port}
    server sealonce 127.0.0.1:{server} {options}
"""


class Haproxy:
    """options: of the server line, such as "send-proxy-v2"."""

    def __init__(self, workspace, server, options):
        self.base = workspace.directory(f"haproxy-{options.replace(' ', '-')}")
        self.port = free_port()
        with open(f"{self.base}/haproxy.cfg", "w") as file:
            file.write(CONFIGURATION.format(port=self.port, server=server, options=options))
        self.daemon = None

    def start(self):
        self.daemon = Daemon(["haproxy", "-db", "-f", f"{self.base}/haproxy.cfg"], f"{self.base}/log")
        wait_for(lambda: accepts(self.port), "haproxy", 30, self.daemon.log)
        return self

    def stop(self):
        self.daemon.stop()
