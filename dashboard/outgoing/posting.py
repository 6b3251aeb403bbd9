"""One signed POST to a receiver that may be slow, broken or hostile: a deadline for all of it, and few bytes read.

The address is looked up once, judged, and connected to as judged: a name cannot point elsewhere in between. No
redirect is followed, so a receiver cannot send us on to a host that nobody configured.
"""

from __future__ import annotations

import io
import ipaddress
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any

from dashboard.outgoing.hooks import Hook

GONE = 410
NAT64 = ipaddress.ip_network("64:ff9b::/96")
Resolve = Callable[..., list[Any]]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Answer:
    """What became of one attempt: an HTTP status, or 0 and the reason why there is none."""

    status: int
    reason: str = ""
    retry_after_s: float = 0.0
    body: bytes = b""  # as much of it as was asked for

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300

    @property
    def words(self) -> str:
        return self.reason or f"HTTP {self.status}"


class _Refused(Exception):
    """The address may not be connected to."""


@dataclass(frozen=True)
class Wire:
    """How this process reaches others: the clock of deadlines, the resolver and the trusted certificates."""

    monotonic: Callable[[], float]
    resolve: Resolve = socket.getaddrinfo
    tls: ssl.SSLContext | None = None


def post(hook: Hook, body: bytes, headers: Mapping[str, str], wire: Wire, most_bytes: int = 0) -> Answer:
    """Send one body within the hook's time; of the answer's body `most_bytes` are read.

    Never raises for what a receiver or the network does.
    """
    deadline = _Deadline(wire.monotonic() + hook.timeout_s, wire.monotonic)
    try:
        with _connected(hook, deadline, wire) as sock:
            return _exchange(hook, _Paced(sock, deadline), body, headers, most_bytes)
    except _Refused as refused:
        return Answer(0, str(refused))
    except TimeoutError:
        return Answer(0, f"no answer within {hook.timeout_s:g} s")
    except ssl.SSLError as error:
        return Answer(0, f"TLS: {error.reason or error}")
    except (OSError, UnicodeError) as error:  # a host name that IDNA cannot write is a UnicodeError
        return Answer(0, f"not reached: {getattr(error, 'strerror', None) or error}")
    except (HTTPException, ValueError) as error:
        return Answer(0, f"no HTTP answer: {type(error).__name__}")


def _exchange(hook: Hook, sock: _Paced, body: bytes, headers: Mapping[str, str], most_bytes: int) -> Answer:
    """Send the request and read status and headers; of most answers the body is of no interest."""
    connection = HTTPConnection(hook.host, hook.port)
    connection.sock = sock
    default = {"Host": hook.url.netloc, "Content-Type": "application/json", "Connection": "close"}
    connection.request("POST", hook.target, body, {**default, **headers})
    response = connection.getresponse()
    said = response.read(most_bytes) if most_bytes else b""
    response.close()
    if 300 <= response.status < 400:
        return Answer(response.status, f"HTTP {response.status}: redirects are not followed")
    return Answer(response.status, "", _seconds(response.getheader("Retry-After")), said)


def _seconds(said: str | None) -> float:
    return float(said) if said and said.isascii() and said.isdigit() and len(said) < 6 else 0.0


# addresses


def _connected(hook: Hook, deadline: _Deadline, wire: Wire) -> socket.socket:
    found = wire.resolve(hook.host, hook.port, type=socket.SOCK_STREAM)
    for *_, place in found:
        _judge(place[0], hook)
    error: OSError = OSError("no address")
    for family, kind, protocol, _, place in found:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(deadline.left_s())
            sock.connect(place)
            return _secured(sock, hook, deadline, wire)
        except OSError as failed:
            sock.close()
            error = failed
    raise error


def _secured(sock: socket.socket, hook: Hook, deadline: _Deadline, wire: Wire) -> socket.socket:
    if hook.url.scheme != "https":
        return sock
    sock.settimeout(deadline.left_s())
    context = wire.tls or ssl.create_default_context()
    return context.wrap_socket(sock, server_hostname=hook.host)


def _judge(text: str, hook: Hook) -> None:
    """One private address among several refuses them all: which one is used is not the receiver's to choose."""
    address = _innermost(ipaddress.ip_address(text.partition("%")[0]))
    if address.is_multicast or address.is_unspecified:
        raise _Refused(f"{address} is no address of a receiver")
    if not address.is_global and not hook.allow_private:
        raise _Refused(f"{address} is private; set allow_private = true if that is meant")


def _innermost(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)


# deadlines


@dataclass(frozen=True)
class _Deadline:
    at: float
    monotonic: Callable[[], float]

    def left_s(self) -> float:
        left = self.at - self.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class _Paced:
    """A socket for http.client on which everything ends at one deadline.

    A socket's own timeout starts anew with every byte: a receiver that sends one a second could hold us for hours.
    """

    def __init__(self, sock: socket.socket, deadline: _Deadline):
        self._sock = sock
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(self._deadline.left_s())
        self._sock.sendall(data)

    def makefile(self, *_: Any) -> io.BufferedReader:
        return io.BufferedReader(_PacedReader(self._sock, self._deadline))

    def close(self) -> None:
        """The `with` around the exchange closes the socket."""


class _PacedReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, deadline: _Deadline):
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._deadline.left_s())
        return self._sock.recv_into(buffer)
