"""Real name servers for the public keys, on loopback ports: nsd with zones written by the test, and
unbound in front of it."""

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
$ORIGIN {origin}
$TTL 300
@ IN SOA ns hostmaster 1 3600 600 86400 300
@ IN NS ns
ns IN A 127.0.0.1
"""

UNBOUND_CONF = """\
server:
  interface: 127.0.0.1@{port}
  do-ip6: no
  username: ""
  chroot: ""
  directory: "{base}"
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  do-not-query-localhost: no
  module-config: "{modules}"
remote-control:
  control-enable: no
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@{next_port}
"""


def txt_record(owner, text, piece=255):
    """A zone-file line; the text in strings of at most 255 octets."""
    strings = " ".join(f'"{text[i:i + piece]}"' for i in range(0, len(text), piece))
    return f"{owner} IN TXT ( {strings} )"


def txt_strings(owner, *strings):
    """A zone-file line for one record of these strings, of any octets; a string that is too long
    for one is cut into several."""
    def quoted(octets):
        return '"' + "".join(chr(o) if 32 <= o < 127 and chr(o) not in '"\\' else f"\\{o:03}"
                             for o in octets) + '"'
    pieces = []
    for string in strings:
        octets = string if isinstance(string, bytes) else string.encode()
        pieces += [octets[i:i + 255] for i in range(0, max(len(octets), 1), 255)]
    return f"{owner} IN TXT {' '.join(map(quoted, pieces))}"


def answers(port, name, kind=6):
    """Whether a server has a record of that kind (SOA unless told) for a name."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label)
    query = struct.pack(">6H", 1, 256, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", kind, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.5)
        try:
            client.sendto(query, ("127.0.0.1", port))
            answer = client.recv(4096)
        except OSError:
            return False
    return answer[3] & 15 == 0 and struct.unpack(">H", answer[6:8])[0] >= 1


class NameServer:
    """nsd. The zone "." is one that knows every name; all others do not exist."""

    def __init__(self, workspace, name="nsd"):
        self.base = workspace.directory(name)
        self.port = free_port()
        self.zones = {}
        self.broken = set()
        self.daemon = None

    def add(self, zone, *lines):
        """Zone-file lines of a zone, as text; before start()."""
        self.zones.setdefault(zone, []).extend(lines)

    def add_broken(self, zone):
        """A zone whose file cannot be read: SERVFAIL for all that is in it."""
        self.broken.add(zone)
        self.add(zone)

    def start(self):
        conf = NSD_CONF.format(port=self.port, base=self.base)
        for zone, lines in self.zones.items():
            path = os.path.join(self.base, f"{zone}.zone")
            origin = zone if zone.endswith(".") else zone + "."
            text = ZONE.format(origin=origin) + "\n".join(lines) + "\n"
            with open(path, "w") as file:
                file.write("no zone at all\n" if zone in self.broken else text)
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
        return all(answers(self.port, zone) for zone in self.zones if zone not in self.broken)


class Recursor:
    """unbound, asking a NameServer for everything; it does not validate unless told to."""

    def __init__(self, workspace, next_port, anchors=(), name="unbound"):
        self.base = workspace.directory(name)
        self.port = free_port()
        self.daemon = None
        conf = UNBOUND_CONF.format(port=self.port, base=self.base, next_port=next_port,
                                   modules="validator iterator" if anchors else "iterator")
        for anchor in anchors:
            conf = conf.replace("remote-control:", f'  trust-anchor: "{anchor}"\nremote-control:')
        with open(f"{self.base}/unbound.conf", "w") as file:
            file.write(conf)

    def start(self, zone):
        """Starts it and waits until it gives the SOA of a zone."""
        self.daemon = Daemon(["/usr/sbin/unbound", "-d", "-c", f"{self.base}/unbound.conf"],
                             f"{self.base}/unbound.log")
        wait_for(lambda: answers(self.port, zone), "unbound's answer", 30, self.daemon.log)
        return self

    def stop(self):
        if self.daemon is not None:
            self.daemon.stop()
            self.daemon = None


class BlackHole:
    """A port that takes every question and never says a word."""

    def __init__(self):
        self.port = free_port()
        self.sockets = []

    def start(self):
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            taken = socket.socket(socket.AF_INET, kind)
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", self.port))
            self.sockets.append(taken)
        self.sockets[1].listen(10)
        return self

    def stop(self):
        for taken in self.sockets:
            taken.close()
