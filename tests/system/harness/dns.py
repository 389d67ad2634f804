"""A real name server for the public keys: nsd on a loopback port, with zones written by the test."""

import os
import socket
import struct

from .deadline import wait_for
from .ports import free_port
from .process import Daemon

NSD_CONF = """\
server:
  ip-address: 127.0.0.1@{port}
  do-ip6: no
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: "{base}"
  database: ""
  pidfile: ""
  xfrdfile: "{base}/xfrd.state"
  zonelistfile: "{base}/zone.list"
  xfrdir: "{base}"
remote-control:
  control-enable: no
"""

ZONE = """\
$ORIGIN {name}.
$TTL 300
@ IN SOA ns.{name}. hostmaster.{name}. 1 3600 600 86400 300
@ IN NS ns.{name}.
ns IN A 127.0.0.1
"""


def txt_record(owner, text, piece=255):
    """A zone-file line; the text in strings of at most 255 octets."""
    strings = " ".join(f'"{text[i:i + piece]}"' for i in range(0, len(text), piece))
    return f"{owner} IN TXT ( {strings} )"


class NameServer:
    def __init__(self, workspace, name="nsd"):
        self.base = workspace.directory(name)
        self.port = free_port()
        self.zones = {}
        self.daemon = None

    def add(self, zone, *lines):
        """Zone-file lines of a zone, as text; before start()."""
        self.zones.setdefault(zone, []).extend(lines)

    def start(self):
        conf = NSD_CONF.format(port=self.port, base=self.base)
        for zone, lines in self.zones.items():
            path = os.path.join(self.base, f"{zone}.zone")
            with open(path, "w") as file:
                file.write(ZONE.format(name=zone) + "\n".join(lines) + "\n")
            conf += f'zone:\n  name: "{zone}"\n  zonefile: "{path}"\n'
        with open(f"{self.base}/nsd.conf", "w") as file:
            file.write(conf)
        self.daemon = Daemon(["/usr/sbin/nsd", "-d", "-c", f"{self.base}/nsd.conf"],
                             f"{self.base}/nsd.log")
        wait_for(self._answers, "nsd's answer", 30, self.daemon.log)
        return self

    def stop(self):
        if self.daemon is not None:
            self.daemon.stop()
            self.daemon = None

    def _answers(self):
        """Whether every zone has its SOA."""
        return all(self._has_soa(zone) for zone in self.zones)

    def _has_soa(self, zone):
        labels = b"".join(bytes([len(label)]) + label.encode() for label in zone.split("."))
        query = struct.pack(">6H", 1, 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 6, 1)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(0.5)
            try:
                client.sendto(query, ("127.0.0.1", self.port))
                answer = client.recv(4096)
            except OSError:
                return False
        return answer[3] & 15 == 0 and struct.unpack(">H", answer[6:8])[0] == 1
