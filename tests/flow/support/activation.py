# SPDX-License-Identifier: Apache-2.0
"""Sockets handed over as systemd does it (sd_listen_fds(3)): descriptors from 3 on, named in the environment."""
import fcntl
import socket

from . import net

# LISTEN_PID must be the program's own number, which the shell keeps through exec.
SCRIPT = "export LISTEN_PID=$$; exec \"$@\" {moves}"


class Sockets:
    """Listening sockets by name: `addresses[name]`. `options` are for a Proxy, `popen` for its start."""

    def __init__(self, *names):
        self.sockets = [self._listener() for _ in names]
        self.addresses = {name: sock.getsockname() for name, sock in zip(names, self.sockets)}
        moves = " ".join(f"{3 + at}<&{sock.fileno()}" for at, sock in enumerate(self.sockets))
        self.options = {
            "wrapper": ["bash", "-c", SCRIPT.format(moves=moves), "bash"],
            "environment": {"LISTEN_FDS": str(len(names)), "LISTEN_FDNAMES": ":".join(names)},
        }
        self.popen = {"pass_fds": [sock.fileno() for sock in self.sockets]}

    @staticmethod
    def _listener():
        sock = socket.socket()
        # Away from 3, 4, …, which the program's start will be given.
        moved = socket.socket(fileno=_high(sock))
        moved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        moved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        moved.bind((net.HOST, 0))
        moved.listen(1024)
        return moved

    def close(self):
        for sock in self.sockets:
            sock.close()


def _high(sock):
    number = fcntl.fcntl(sock.fileno(), fcntl.F_DUPFD, 64)
    sock.close()
    return number
