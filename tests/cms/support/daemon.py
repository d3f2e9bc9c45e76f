# SPDX-License-Identifier: Apache-2.0
"""A server process of ours: started in the foreground, awaited by a condition, ended by its own process id."""
import atexit
import os
import pathlib
import pwd
import subprocess
import time

READY_S = 60
STOP_S = 20


def user_for(name):
    """The account for a daemon that refuses root: `name` when we are root, else None, and it runs as we do."""
    return name if os.geteuid() == 0 else None


def give(path, user):
    """Hands a file or folder to the daemon's account."""
    if user:
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def wait_until(holds, what, within_s=READY_S):
    """Waits for a condition, never for a time. Returns what `holds` returned."""
    end = time.monotonic() + within_s
    while True:
        found = holds()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"waited {within_s} s in vain: {what}")
        time.sleep(0.05)


class Daemon:
    """One process, its output in `log`. `stop` tells the exit status and is safe to call twice; what nobody stopped,
    because a later step failed, ends with the interpreter."""

    def __init__(self, name, argv, log, cwd=None):
        self.name = name
        self.log = pathlib.Path(log)
        words = [str(word) for word in argv]
        with open(self.log, "ab") as output:
            self._process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=cwd
            )
        atexit.register(self.stop)

    def wait_ready(self, ready):
        wait_until(lambda: self.must_live() and ready(), f"{self.name} ready")
        return self

    def must_live(self):
        if self._process.poll() is not None:
            raise AssertionError(f"{self.name} ended by itself with {self._process.returncode}:\n{self.tail()}")
        return True

    def tail(self, bytes_max=4000):
        return self.log.read_bytes()[-bytes_max:].decode(errors="replace")

    def stop(self):
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        return self._process.returncode
