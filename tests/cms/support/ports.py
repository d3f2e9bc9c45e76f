# SPDX-License-Identifier: Apache-2.0
"""Free TCP ports on the loopback that nobody else takes meanwhile."""
import socket


class Port:
    """A port held by a socket that is bound but never listens: a server with SO_REUSEADDR (all of ours) may bind it
    too, while the kernel gives it to nobody who asks for any port. Held until `close`."""

    def __init__(self):
        self._held = socket.socket()
        self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._held.bind(("127.0.0.1", 0))
        self.number = self._held.getsockname()[1]

    @property
    def address(self):
        return f"127.0.0.1:{self.number}"

    def answers(self):
        """Whether a server accepts connections on it."""
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.number)) == 0

    def close(self):
        self._held.close()
