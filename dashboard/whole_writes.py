"""WebSocket messages leave whole: the library below asks a socket to `send`, which under gevent may send a part.

simple-websocket calls `sock.send(frame)` and takes it for done. A blocking socket of the kernel does write it all; a
gevent socket returns after what fitted into the buffer, so a slow client's stream lost bytes and was closed with
"invalid attempt to fragment control frame". Found by the client that never reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from gevent.lock import BoundedSemaphore

SOCKETS = ("gunicorn.socket", "werkzeug.socket")


class WholeWrites:
    """A socket whose `send` returns when everything was sent; all else is the socket's own."""

    def __init__(self, sock: Any):
        self._sock = sock
        self._turn = BoundedSemaphore()  # the greenlet that answers pings must not write into a message half sent

    def send(self, data: bytes, *flags: int) -> int:
        with self._turn:
            self._sock.sendall(data, *flags)
        return len(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


def with_whole_writes(wsgi: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """The same WSGI app, given such a socket where the server passes its own."""

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        for name in SOCKETS:
            if name in environ:
                environ[name] = WholeWrites(environ[name])
        return wsgi(environ, start_response)

    return app
