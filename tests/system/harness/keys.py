"""DKIM keys made by OpenSSL's own program, not by the product, and their public records."""

import base64
import os
import subprocess


def _openssl(*arguments):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True,
                          timeout=120).stdout


def make_key(directory, name, kind="rsa", bits=2048):
    """Writes NAME.private (mode 0600); returns its path."""
    path = os.path.join(directory, f"{name}.private")
    algorithm = ["-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}"]
    if kind == "ed25519":
        algorithm = ["-algorithm", "ed25519"]
    _openssl("genpkey", *algorithm, "-out", path)
    os.chmod(path, 0o600)
    return path


def public_record(path, kind="rsa"):
    """The text of the key's TXT record, RFC 6376 §3.6.1 and RFC 8463 §4."""
    der = _openssl("pkey", "-in", path, "-pubout", "-outform", "DER")
    if kind == "ed25519":
        der = der[-32:]  # the raw key ends the SubjectPublicKeyInfo
    return f"v=DKIM1; k={kind}; p={base64.b64encode(der).decode()}"
