# SPDX-License-Identifier: Apache-2.0
"""A private MariaDB on a unix socket: no port, no system service, durability given up for speed."""
import subprocess

from cms.support.daemon import Daemon, give, user_for


class Database:
    """`socket`, `name`, `user`, `password` are what a CMS needs to know."""

    name = "newsroom"
    user = "newsroom"
    password = "the database's own"

    def __init__(self, folder):
        self._account = user_for("mysql")
        self._data = folder / "mariadb"
        self._data.mkdir()
        give(self._data, self._account)
        self.socket = self._data / "sql.sock"
        as_account = [f"--user={self._account}"] if self._account else []
        subprocess.run(
            ["mariadb-install-db", "--no-defaults", f"--datadir={self._data}", "--skip-test-db"]
            + ["--auth-root-authentication-method=normal", *as_account],
            check=True,
            capture_output=True,
        )
        self._daemon = Daemon(
            "mariadbd",
            ["mariadbd", "--no-defaults", f"--datadir={self._data}", f"--socket={self.socket}", *as_account]
            + ["--skip-networking", f"--pid-file={self._data}/pid", "--character-set-server=utf8mb4"]
            + ["--innodb-buffer-pool-size=64M", "--innodb-flush-log-at-trx-commit=0", "--skip-log-bin"],
            folder / "mariadb.log",
        ).wait_ready(self._answers)
        self._run(
            f"CREATE DATABASE {self.name};"
            f"CREATE USER '{self.user}'@'localhost' IDENTIFIED BY \"{self.password}\";"
            f"GRANT ALL ON {self.name}.* TO '{self.user}'@'localhost';"
        )

    def stop(self):
        self._daemon.stop()

    def _client(self, program, *words):
        return [program, "--no-defaults", f"--socket={self.socket}", "--user=root", *words]

    def _answers(self):
        return subprocess.run(self._client("mariadb-admin", "ping"), capture_output=True).returncode == 0

    def _run(self, statements):
        subprocess.run(self._client("mariadb", "--execute", statements), check=True, capture_output=True)
