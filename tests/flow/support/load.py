# SPDX-License-Identifier: Apache-2.0
"""A steady load that counts what is lost. A request may be sent again only where the protocol says that it was surely
not handled: a kept connection that ended before a byte of its answer (RFC 9112 §9.3.1), or a stream past the last one
that GOAWAY names (RFC 9113 §6.8). All else that is not a whole 200 is a loss."""
import threading
import time

from . import h1, h2c


class Load:
    """`tls` is the address; starts at once, ends with the block. `done` counts answers, `lost` says what failed."""

    def __init__(self, tls, pause=0.002):
        self.tls, self.pause = tls, pause  # named as a Proxy's, for Session
        self.done, self.resent, self.lost = 0, 0, []
        self._stop, self._lock = threading.Event(), threading.Lock()
        self._context = h1.context()
        self._threads = [threading.Thread(target=self._run, args=(kind,), daemon=True)
                         for kind in (self._fresh, self._kept, self._streams) for _ in range(2)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    def more(self, count, seconds=30):
        """Waits for `count` more answers, so that what is done meanwhile meets a load."""
        goal, end = self.done + count, time.monotonic() + seconds
        while self.done < goal and time.monotonic() < end:
            time.sleep(0.01)
        assert self.done >= goal, f"{self.done} of {goal} answers; lost: {self.lost[:5]}"

    def _run(self, kind):
        while not self._stop.is_set():
            try:
                kind()
            except (OSError, AssertionError) as error:
                self.lost.append(f"{kind.__name__}: {error!r}")
                time.sleep(0.05)

    def _count(self):
        with self._lock:
            self.done += 1
        time.sleep(self.pause)

    def _fresh(self):
        with h1.Client(self.tls, self._context) as client:
            assert client.get("/load").status == 200
        self._count()

    def _kept(self):
        with h1.Client(self.tls, self._context) as client:
            first = True
            while not self._stop.is_set():
                try:
                    response = client.get("/load")
                except (h1.Cut, ConnectionError) as error:
                    if first or getattr(error, "begun", False):
                        raise
                    self.resent += 1
                    return
                assert response.status == 200
                self._count()
                first = False
                if response.get("connection") == "close":
                    return

    def _streams(self):
        with h2c.Session(self) as session:
            stream = 1
            while not self._stop.is_set() and session.goaway is None:
                response = session.request(stream)
                if not response.ended and session.goaway == h2c.Error.NO_ERROR and session.last_stream < stream:
                    self.resent += 1
                    return
                assert response.ended and response.status == 200, f"{vars(response)}, goaway {session.goaway}"
                self._count()
                stream += 2
