#!/usr/bin/python3
"""What etc/quickstart needs besides the program: a next hop, a client and an independent verifier.

demo.py next-hop PORT FILE       an SMTP server that writes each message it accepts to FILE
demo.py send PORT FROM TO        a sample message, by SMTP
demo.py verify FILE DOMAIN=RECORD...    dkimpy's word on each signature; the key from the zone file
demo.py free-port PORT           PORT when it is free, else another
demo.py listening PORT           whether something accepts connections there, as exit status
"""

import os
import re
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))

from harness.ports import accepts, free_port, is_free  # noqa: E402  (the path comes first)
from harness.sink import Sink  # noqa: E402
from harness.smtp_client import submit  # noqa: E402

SAMPLE = """\
From: Alice <{sender}>\r
To: Bob <{recipient}>\r
Date: {date}\r
Message-ID: <quickstart@{domain}>\r
Subject: A message to sign\r
\r
Hello Bob,\r
\r
this text went through sealonce.\r
"""


class FileSink(Sink):
    """A Sink that keeps the last message in a file, for people to look at."""

    def __init__(self, port, path):
        super().__init__(port)
        self.path = path

    def record(self, delivery):
        with open(self.path + ".new", "wb") as file:
            file.write(delivery.content)
        os.replace(self.path + ".new", self.path)
        return super().record(delivery)


def next_hop(port, path):
    sink = FileSink(int(port), path).start()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    sink.stop()


def send(port, sender, recipient):
    from email.utils import formatdate
    text = SAMPLE.format(sender=sender, recipient=recipient, date=formatdate(),
                         domain=sender.split("@")[1])
    print(submit(int(port), sender, [recipient], text.encode()))


def zone_record(path):
    """(owner, text) of the TXT record in a zone file as keygen writes it."""
    with open(path) as file:
        text = file.read()
    return text.split()[0], "".join(re.findall(r'"([^"]*)"', text))


def verify(path, *records):
    import dkim
    keys = {}
    for record in records:
        domain, zone_file = record.split("=", 1)
        owner, text = zone_record(zone_file)
        keys[f"{owner}.{domain}."] = text.encode()
    with open(path, "rb") as file:
        message = file.read()
    verifier = dkim.DKIM(message)
    count = sum(name.lower() == b"dkim-signature" for name, _ in verifier.headers)
    good = 0
    for index in range(count):
        passed = verifier.verify(idx=index, dnsfunc=lambda name, timeout=5: keys.get(name.decode()))
        good += passed
        domain = verifier.domain.decode()
        print(f"dkimpy: signature {index + 1} of {count}, d={domain} s={verifier.selector.decode()}: "
              f"{'pass' if passed else 'FAIL'}")
    if not count:
        print("dkimpy: there is no signature")
    return 0 if count and good == count else 1


def wanted_port(port):
    print(port if is_free(int(port)) else free_port())


def listening(port):
    return 0 if accepts(int(port)) else 1


def main(arguments):
    commands = {"next-hop": next_hop, "send": send, "verify": verify, "free-port": wanted_port,
                "listening": listening}
    if not arguments or arguments[0] not in commands:
        sys.exit(__doc__)
    if arguments[0] == "next-hop":
        # Before a thread begins, so that each of them leaves these to sigwait.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    return commands[arguments[0]](*arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
