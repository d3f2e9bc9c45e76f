# SPDX-License-Identifier: Apache-2.0
"""Debian's WordPress, its own copy in a folder of ours, served by a private php-fpm behind a private nginx.

The web server puts a seal on every answer, so a test can tell WordPress from a proxy that answers in its stead, and
writes a JSON line about every request, so a test can tell what arrived, how often, and under which headers.
"""
import dataclasses
import glob
import json
import pathlib
import secrets
import shutil
import subprocess

from cms.support.daemon import Daemon, give, user_for
from cms.support.nginx import Nginx

HERE = pathlib.Path(__file__).parent
SOURCE = "/usr/share/wordpress"
UPLOAD_MB_MAX = 64
SEAL = "X-Newsroom-Seal"
SERIAL = "X-Reader-Serial"


@dataclasses.dataclass(frozen=True)
class User:
    name: str
    password: str
    role: str


ADMIN = User("bas-redaktor", "Aqparat 2026: құпия сөз!", "administrator")
EDITOR = User("aigerim", "Дала желі eser me & ? = +", "editor")

CONFIG = """<?php
define('DB_HOST', 'localhost:{database.socket}');
define('DB_NAME', '{database.name}');
define('DB_USER', '{database.user}');
define('DB_PASSWORD', "{database.password}");
define('DB_CHARSET', 'utf8mb4');
define('WP_HOME', '{url}');
define('WP_SITEURL', '{url}');
define('WP_HTTP_BLOCK_EXTERNAL', true);  // the tests stay on this machine
define('AUTOMATIC_UPDATER_DISABLED', true);
define('WP_AUTO_UPDATE_CORE', false);
{keys}
$table_prefix = 'wp_';
if (($_SERVER['HTTP_X_FORWARDED_PROTO'] ?? '') === 'https') $_SERVER['HTTPS'] = 'on';
require_once ABSPATH . 'wp-settings.php';
"""

KEYS = [f"{use}_{kind}" for kind in ("KEY", "SALT") for use in ("AUTH", "SECURE_AUTH", "LOGGED_IN", "NONCE")]

PHP_SETTINGS = {
    "upload_max_filesize": f"{UPLOAD_MB_MAX}M",
    "post_max_size": f"{UPLOAD_MB_MAX}M",
    "memory_limit": "256M",
    "max_execution_time": "120",
    "sendmail_path": "/bin/true",
    "log_errors": "on",
    "display_errors": "off",
}

PHP_POOL = """\
[global]
daemonize = no
error_log = {folder}/fpm.log
[newsroom]
{account}
listen = {socket}
pm = static
pm.max_children = 6
php_admin_value[error_log] = {folder}/php.log
php_admin_value[upload_tmp_dir] = {folder}
php_admin_value[sys_temp_dir] = {folder}
{settings}
"""

WEB_SERVER = """\
  log_format requests escape=json '{{"serial":"$http_x_reader_serial","method":"$request_method",'
    '"target":"$request_uri","status":$status,"host":"$http_host","forwarded_for":"$http_x_forwarded_for",'
    '"forwarded_proto":"$http_x_forwarded_proto","request_id":"$http_x_request_id"}}';
  gzip on;
  gzip_types text/css application/javascript application/json application/rss+xml;
  server {{
    listen {port.address};
    access_log {requests} requests;
    root {site};
    index index.php;
    set_real_ip_from 127.0.0.1;
    real_ip_header X-Forwarded-For;
    add_header {header} {seal} always;
    location / {{ try_files $uri $uri/ /index.php?$args; }}
    location ~ \\.php$ {{
      include /etc/nginx/fastcgi_params;
      # Debian's file drops the port of a Host, which WordPress needs for its own address; the last value counts.
      fastcgi_param HTTP_HOST $http_host;
      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
      fastcgi_read_timeout 120;
      fastcgi_pass unix:{php_socket};
    }}
  }}
"""


class WordPress:
    """Listens on `port`; believes to live under `url`, the proxy's. The log of its errors is `php_log`."""

    def __init__(self, folder, database, port, url):
        self.url = url
        self.seal = secrets.token_hex(16)
        self._site = folder / "site"
        self._php_folder = folder / "php"
        self._requests = folder / "requests.jsonl"
        self.php_log = self._php_folder / "php.log"
        self._account = user_for("www-data")
        self._copy_site(database)
        self._set_up()
        self._php = self._start_php()
        self._web = self._start_web_server(folder / "web", port)

    def stop(self):
        self._web.stop()
        self._php.stop()

    def requests(self):
        """What arrived so far, in the order of completion."""
        lines = self._requests.read_text().splitlines() if self._requests.exists() else []
        return [json.loads(line) for line in lines]

    def _copy_site(self, database):
        shutil.copytree(SOURCE, self._site, ignore=shutil.ignore_patterns(".htaccess"))
        keys = "".join(f"define('{name}', '{secrets.token_hex(32)}');\n" for name in KEYS)
        (self._site / "wp-config.php").write_text(CONFIG.format(database=database, url=self.url, keys=keys))
        content = self._site / "wp-content"
        (content / "mu-plugins").mkdir()
        shutil.copy(HERE / "quiet.php", content / "mu-plugins")
        (content / "uploads").mkdir()
        give(content / "uploads", self._account)

    def _set_up(self):
        users = json.dumps([dataclasses.asdict(user) for user in (ADMIN, EDITOR)])
        settings = [word for name, value in PHP_SETTINGS.items() for word in ("-d", f"{name}={value}")]
        command = ["php", *settings, HERE / "newsroom.php", self._site, users]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode or done.stdout or done.stderr:
            raise AssertionError(f"WordPress was not set up ({done.returncode}):\n{done.stdout}{done.stderr}")

    def _start_php(self):
        self._php_folder.mkdir()
        give(self._php_folder, self._account)
        self._php_socket = self._php_folder / "php.sock"
        account = self._account
        pool = PHP_POOL.format(
            folder=self._php_folder,
            socket=self._php_socket,
            account=f"user = {account}\ngroup = {account}\nlisten.owner = {account}" if account else "",
            settings="\n".join(f"php_admin_value[{name}] = {value}" for name, value in PHP_SETTINGS.items()),
        )
        config = self._php_folder / "fpm.conf"
        config.write_text(pool)
        program = max(glob.glob("/usr/sbin/php-fpm*"))
        output = self._php_folder / "output.log"
        return Daemon("php-fpm", [program, "-F", "-y", config], output).wait_ready(self._php_socket.exists)

    def _start_web_server(self, folder, port):
        server = WEB_SERVER.format(
            port=port,
            requests=self._requests,
            site=self._site,
            header=SEAL,
            seal=self.seal,
            php_socket=self._php_socket,
        )
        return Nginx(folder, port, server)
