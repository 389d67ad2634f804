"""The ways a message can take through Postfix and a filter, as tests/bench/road measures them.

A Way is a fragment of master.cf.d, or none, with what is changed in it for the measurement: options of
its services (as `postconf -P`), and which filter stands there.
"""

import os
from dataclasses import dataclass, field

from harness.filters import CHILDREN
from harness.postfix import FILTER_PORT, Postfix
from harness.sealonce import Sealonce

from processor_time import Group, seconds_of
from signers import SIGNERS

DOMAIN = "bench.example"
SIGNER, UNIX_SOCKET, UNIX_SOCKETS = ("20-signer.cf", "21-signer-unix-socket.cf",
                                     "22-signer-unix-sockets.cf")
TO, BACK, CLEANUP = "sealonce/unix", "BACK/inet", "sealonce-cleanup/unix"


@dataclass
class Way:
    """name: for --variant. what: for the table."""
    name: str
    what: str
    fragment: str = ""
    options: dict = field(default_factory=dict)  # "service/type/parameter" → value
    processes: int = 0  # of the transport to the filter, where not the fragment's
    unix_in: bool = False   # sealonce listens in LMTP on a unix-domain socket
    unix_back: bool = False  # the way back is one
    last_hop: bool = False   # there is no way back: the filter sends to the sink
    peer: str = ""           # another signer than sealonce, by its name in SIGNERS
    usual: bool = True       # False: only with --all or --variant


def changed(service, **options):
    return {f"{service}/{parameter}": value for parameter, value in options.items()}


WAYS = [
    Way("none", "no filter"),
    Way("10", "10-content-filter.cf", "10-content-filter.cf"),
    Way("20", SIGNER, SIGNER),
    Way("21", UNIX_SOCKET, UNIX_SOCKET, unix_in=True),
    Way("22", UNIX_SOCKETS, UNIX_SOCKETS, unix_in=True, unix_back=True),
    Way("40", "40-before-queue.cf", "40-before-queue.cf"),
    Way("50", "50-last-hop.cf", "50-last-hop.cf", last_hop=True),
    # One thing changed in 20: what an option is worth, and what was tried and is not in it.
    Way("20-cache", "20 with Postfix's connection cache on demand", SIGNER,
        changed(TO, smtp_connection_cache_on_demand="yes"), usual=False),
    Way("20-cache-always", "20 with Postfix's connection cache always", SIGNER,
        changed(TO, smtp_connection_cache_destinations="static:all"), usual=False),
    Way("20-use-100", "20 with processes for 100 messages, as is Postfix's default", SIGNER,
        {**changed(TO, max_use=100), **changed(CLEANUP, max_use=100)}, usual=False),
    Way("20-plain", "20 with both, as Postfix's documents have it", SIGNER,
        {**changed(TO, smtp_connection_cache_on_demand="yes", max_use=100),
         **changed(CLEANUP, max_use=100)}, usual=False),
    Way("20-four", "20 with 4 messages at once", SIGNER, processes=4, usual=False),
    Way("20-two", "20 with 2 messages at once", SIGNER, processes=2, usual=False),
    Way("20-no-xforward", "20 without XFORWARD", SIGNER,
        changed(TO, smtp_send_xforward_command="no"), usual=False),
    Way("20-no-mime", "20, its cleanup blind to MIME", SIGNER,
        changed(CLEANUP, disable_mime_input_processing="yes"), usual=False),
    Way("20-no-names", "20, no names of clients looked up on the way back", SIGNER,
        changed(BACK, smtpd_peername_lookup="no"), usual=False),
    Way("21-cache", "21 with Postfix's connection cache on demand", UNIX_SOCKET,
        changed(TO, lmtp_connection_cache_on_demand="yes"), unix_in=True, usual=False),
]

PEERS = [
    Way("rspamd", "rspamd as a milter", peer="rspamd"),
    Way("opendkim", "OpenDKIM as a milter", peer="opendkim"),
    Way("amavis", "amavis in the loop", "10-content-filter.cf", processes=CHILDREN, peer="amavis"),
]


class Road:
    """A Postfix with its way's filter in front of a sink; live until stop()."""

    def __init__(self, workspace, way, sink_port, key):
        self.way = way
        base = f"way-{way.name}"
        workspace.directory(base)
        self.postfix = Postfix(workspace, sink_port, f"{base}/postfix")
        self.filter = self.group = None
        if way.peer:
            self._put_in_peer(workspace, key, f"{base}/{way.peer}")
        elif way.fragment:
            self._put_in_fragment()
            behind = sink_port if way.last_hop else self.postfix.reinject_port
            self.filter = Sealonce(workspace, behind, {DOMAIN: [("mail", key)]},
                                   self.postfix.filter_port, f"{base}/sealonce",
                                   **self._sockets())

    def _put_in_peer(self, workspace, key, name):
        postfix = self.postfix
        self.filter = SIGNERS[self.way.peer](workspace, DOMAIN, key, postfix.reinject_port, name)
        if self.filter.milter:
            postfix.add_main_cf(f"smtpd_milters = inet:127.0.0.1:{self.filter.port}\n")
        else:
            postfix.fragment_ports[FILTER_PORT] = self.filter.port
            self._put_in_fragment()

    def _put_in_fragment(self):
        way, postfix = self.way, self.postfix
        postfix.apply(way.fragment)
        back = f"127.0.0.1:{postfix.reinject_port}"
        if way.options:
            postfix.postconf("-P", *(f"{name.replace('BACK', back)}={value}"
                                     for name, value in way.options.items()))
        if way.processes:
            postfix.postconf("-F", f"{TO}/process_limit={way.processes}")

    def _sockets(self):
        """What sealonce's configuration says where it is not ports."""
        queue, found = f"{self.postfix.base}/queue", {}
        if self.way.unix_in:
            os.makedirs(f"{queue}/sealonce")
            os.chmod(f"{queue}/sealonce", 0o777)
            found = {"socket": f"{queue}/sealonce/outbound.sock",
                     "relay_keys": 'listen_protocol = "lmtp"'}
        if self.way.unix_back:
            found["next_hop"] = f'"unix:{queue}/public/sealonce-back"'
            found["further"] = '[server]\nuser = "postfix"\n'
        return found

    def start(self):
        if self.filter:
            self.filter.start()
        self.group = Group(self.way.name)
        self.postfix.before_exec = self.group.join
        self.postfix.start()
        return self

    def stop(self):
        self.postfix.stop()
        if self.filter:
            self.filter.stop()
        self.group.remove()

    def postfix_seconds(self):
        return seconds_of(self.postfix.master.pid)

    def filter_seconds(self):
        return seconds_of(self.filter.daemon.pid) if self.filter else 0.0

    def check(self, messages):
        """Each message signed once and sent on once, and no complaint of Postfix."""
        faults = list(self.postfix.complaints())
        if self.filter and not self.way.peer:
            lines = self.filter.wait_for_transactions(messages)
            signed = sum(line["action"] == "signed" for line in lines)
            if signed != messages or len(lines) != messages:
                faults.append(f"{signed} of {messages} signed in {len(lines)} transactions")
        last = self.postfix.filter_port if self.way.last_hop else self.postfix.next_hop_port
        sent = self.postfix.log().count(f"relay=127.0.0.1[127.0.0.1]:{last}, ")
        if sent != messages:
            faults.append(f"{sent} deliveries of {messages} messages")
        if faults:
            raise AssertionError(f"{self.way.name}: " + "\n".join(faults[:5]))
