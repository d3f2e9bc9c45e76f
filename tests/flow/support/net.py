# SPDX-License-Identifier: Apache-2.0
"""Addresses, ports and waiting. Every test process has a loopback address of its own, so that runs side by side
never meet, not even on ports opened with SO_REUSEPORT."""
import os
import socket
import time

_pid = os.getpid()
HOST = f"127.{1 + (_pid >> 16) % 254}.{(_pid >> 8) & 255}.{_pid & 255 or 1}"


def free_port(host=HOST):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def wait_until(condition, seconds=10, what="the condition", pause=0.02):
    """The condition's first true value. AssertionError when `seconds` pass without one."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain for {what() if callable(what) else what}")
        time.sleep(pause)


def dial(address, timeout=10, source=None, receive=None):
    """A connected stream socket. `address`: (host, port) or the path of a unix socket; `receive` bounds its buffer."""
    local = isinstance(address, str)
    sock = socket.socket(socket.AF_UNIX if local else socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
    sock.settimeout(timeout)
    if receive:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    if source:
        sock.bind((source, 0))
    try:
        sock.connect(address)
    except OSError:
        sock.close()
        raise
    if not local:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def accepts(address):
    try:
        dial(address, 1).close()
        return True
    except OSError:
        return False


def reset(sock):
    """Closes with RST instead of FIN."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    sock.close()
