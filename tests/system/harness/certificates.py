"""Certificates by openssl(1), made when a test needs them: an authority and what it signed."""

import os
import shutil
import subprocess


def _openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=120)


class Authority:
    """ca.pem in a directory of its own, and leaf certificates as NAME.pem with NAME.key."""

    def __init__(self, directory, name="Test CA", owner=None):
        self.directory = directory
        self.owner = owner
        self.ca_file = f"{directory}/ca.pem"
        self.ca_key = f"{directory}/ca.key"
        os.makedirs(directory, exist_ok=True)
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-subj", f"/CN={name}", "-days", 30, "-keyout", self.ca_key, "-out", self.ca_file,
                 "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def make(self, name, hosts="DNS:localhost,IP:127.0.0.1", days=20):
        """(certificate, key); days < 1 = expired. An older one of that name is replaced at once."""
        base = f"{self.directory}/{name}"
        extensions = f"{base}.ext"
        with open(extensions, "w") as file:
            file.write(f"subjectAltName={hosts}\n")
        _openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-subj", f"/CN={name}", "-keyout", f"{base}.key.new", "-out", f"{base}.csr")
        _openssl("x509", "-req", "-in", f"{base}.csr", "-CA", self.ca_file, "-CAkey", self.ca_key,
                 "-CAcreateserial", "-days", days, "-extfile", extensions, "-out", f"{base}.pem.new")
        os.chmod(f"{base}.key.new", 0o600)
        for end in ("key", "pem"):
            if self.owner:
                shutil.chown(f"{base}.{end}.new", self.owner)
            os.rename(f"{base}.{end}.new", f"{base}.{end}")
        return f"{base}.pem", f"{base}.key"


def fingerprint(certificate):
    """SHA-256 of the certificate, as openssl(1) prints it."""
    out = subprocess.run(["openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in",
                          certificate], check=True, capture_output=True, timeout=60).stdout.decode()
    return out.split("=", 1)[1].strip()
