"""The unit of the benchmarks: one bare RSA-2048 signature by OpenSSL, now, on this machine."""

import re
import subprocess


def rsa_signature_ms():
    """Its CPU time: openssl speed counts its own user time."""
    done = subprocess.run(["openssl", "speed", "-mr", "-seconds", "1", "rsa2048"],
                          capture_output=True, check=True, timeout=120, text=True)
    # +F2:INDEX:BITS:SIGNATURES PER SECOND:VERIFICATIONS PER SECOND
    return 1000 / float(re.search(r"^\+F2:\d+:2048:([\d.]+):", done.stdout, re.MULTILINE)[1])
