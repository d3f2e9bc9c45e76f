# SPDX-License-Identifier: Apache-2.0
"""The proxy under test: the program that the environment variable QORGAN names, in front of one origin.

QORGAN_STANDIN=nginx puts an nginx in its place that proxies as Qorgan is specified to. It proves the tests themselves:
what fails there too is no fault of Qorgan's.
"""
import json
import os

from cms.support.daemon import Daemon, give, user_for
from cms.support.nginx import Nginx
from cms.support.ports import Port

CONFIG = """\
workers: 2
user: "{user}"
listen:
  - {{ address: "{port.address}", tls: true }}
certificates:
  - {{ certificate: "{certificate.path}", key: "{certificate.key_path}" }}
sites:
  - hosts: ["localhost"]
    origin: ["http://{origin.address}"]
    packs: [wordpress]
store: {{ path: store }}
secret: secret.key
admin: {{ address: "{admin.address}" }}
log: {{ access: access.jsonl, format: json }}
"""

STANDIN = """\
  map $request_uri $path {{ ~^(?<before_query>[^?]*) $before_query; }}
  log_format access escape=json '{{"id":"$request_id","client":"$remote_addr","method":"$request_method",'
    '"path":"$path","status":$status}}';
  server {{
    access_log {access} access;
    listen {port.address} ssl http2;
    ssl_certificate {certificate.path};
    ssl_certificate_key {certificate.key_path};
    location / {{
      proxy_pass http://{origin.address};
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_read_timeout 120;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto https;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Request-Id $request_id;
    }}
  }}
"""


def start(folder, port, certificate, origin):
    """The proxy in `folder` on `port`, in front of `origin` (a port)."""
    program = Standin if os.environ.get("QORGAN_STANDIN") == "nginx" else Qorgan
    return program(folder, port, certificate, origin)


class Proxy:
    """Either of the two. `access` is where its access log stands."""

    def access_lines(self):
        """What the access log says so far."""
        return [json.loads(line) for line in self.access.read_text().splitlines()]


class Qorgan(Proxy):
    def __init__(self, folder, port, certificate, origin):
        folder.mkdir()
        user = user_for("nobody")
        give(folder, user)
        self.access = folder / "access.jsonl"
        self._admin = Port()
        config = folder / "qorgan.yaml"
        places = {"port": port, "certificate": certificate, "origin": origin, "admin": self._admin}
        config.write_text(CONFIG.format(user=user or "", **places))
        self._daemon = Daemon(
            "qorgan", [os.environ["QORGAN"], "run", "-c", config], folder / "output.log", cwd=folder
        ).wait_ready(port.answers)

    def stop(self):
        """Ends it as an administrator would: it must have run until now, and drain without a fault."""
        self._admin.close()
        self._daemon.must_live()
        status = self._daemon.stop()
        assert status == 0, f"qorgan ended with {status}:\n{self._daemon.tail()}"


class Standin(Nginx, Proxy):
    def __init__(self, folder, port, certificate, origin):
        self.access = folder / "access.jsonl"
        http = STANDIN.format(port=port, certificate=certificate, origin=origin, access=self.access)
        super().__init__(folder, port, http)
