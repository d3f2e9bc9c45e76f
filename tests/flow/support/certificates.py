# SPDX-License-Identifier: Apache-2.0
"""A throw-away certificate authority, made with the openssl command."""
import collections
import ipaddress
import subprocess

Pair = collections.namedtuple("Pair", "certificate key")
KEYS = {"ec": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "rsa": ["-newkey", "rsa:2048"]}


def _openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


def _alternative(name):
    try:
        return f"IP:{ipaddress.ip_address(name)}"
    except ValueError:
        return f"DNS:{name}"


class Authority:
    def __init__(self, folder):
        self.folder = folder
        self.certificate, self.key = folder / "ca.pem", folder / "ca.key"
        _openssl("req", "-x509", *KEYS["ec"], "-noenc", "-days", 30, "-subj", "/CN=flow test authority",
                 "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", self.key, "-out", self.certificate)

    def issue(self, stem, *names, kind="ec", days=365):
        """A new leaf for `names`, in `stem`.pem and `stem`.key (overwritten when they are there)."""
        pair = Pair(self.folder / f"{stem}.pem", self.folder / f"{stem}.key")
        _openssl("req", "-x509", *KEYS[kind], "-noenc", "-days", days, "-subj", f"/CN={stem}",
                 "-CA", self.certificate, "-CAkey", self.key, "-addext", "basicConstraints=critical,CA:FALSE",
                 "-addext", "subjectAltName=" + ",".join(map(_alternative, names)),
                 "-keyout", pair.key, "-out", pair.certificate)
        return pair

    def replace(self, pair, other):
        """Puts `other`'s files in the place of `pair`'s, as a renewal does."""
        for old, new in zip(pair, other):
            part = old.with_suffix(".part")
            part.write_bytes(new.read_bytes())
            part.rename(old)
