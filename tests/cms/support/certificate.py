# SPDX-License-Identifier: Apache-2.0
"""A certificate for localhost, made by the openssl command for one test session."""
import base64
import hashlib
import subprocess


class Certificate:
    def __init__(self, folder):
        self.path = folder / "cert.pem"
        self.key_path = folder / "key.pem"
        _openssl(
            *("req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", self.key_path, "-out", self.path),
        )

    def spki_sha256(self):
        return spki_sha256(self.path.read_bytes())


def spki_sha256(pem):
    """Base64 of the SHA-256 of a certificate's public key, as Chromium's list of trusted keys wants it."""
    public_pem = _openssl("x509", "-noout", "-pubkey", text=pem)
    public_der = _openssl("pkey", "-pubin", "-outform", "der", text=public_pem)
    return base64.b64encode(hashlib.sha256(public_der).digest()).decode()


def _openssl(*words, text=None):
    return subprocess.run(
        ["openssl", *map(str, words)], input=text, capture_output=True, check=True
    ).stdout
