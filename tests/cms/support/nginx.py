# SPDX-License-Identifier: Apache-2.0
"""A private nginx from a server block: every file it writes is in the given folder."""
from cms.support.daemon import Daemon, give, user_for

MAIN = """\
{user}
daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 1024; }}
http {{
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log off;
  client_max_body_size 64m;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
{http}
}}
"""


class Nginx:
    """`http` is the text inside `http {}`; `port` is where it will listen."""

    def __init__(self, folder, port, http):
        folder.mkdir()
        account = user_for("www-data")
        give(folder, account)
        config = folder / "nginx.conf"
        config.write_text(MAIN.format(user=f"user {account};" if account else "", folder=folder, http=http))
        self._daemon = Daemon(
            "nginx", ["nginx", "-p", folder, "-c", config, "-e", folder / "error.log"], folder / "output.log"
        ).wait_ready(port.answers)
        self.error_log = folder / "error.log"

    def stop(self):
        self._daemon.stop()
