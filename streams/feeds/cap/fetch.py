"""Documents over HTTP, within limits of size, time and place: a source may be slow, endless, or point elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import NoReturn
from urllib.parse import urljoin, urlsplit

import httpx

from streams.feeds.cap.tree import Refused

WHOLE_S = 30.0  # for one document, redirects included
_TIMEOUT = httpx.Timeout(10.0)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 3
_GONE = frozenset({404, 410})
_LONGEST_WAIT_S = 3600.0
_HEADERS = {
    "User-Agent": "Hexwatch (CAP reader)",
    "Accept": "application/cap+xml, application/atom+xml, application/xml, text/xml",
    # Compressed answers could grow a thousandfold while they are read.
    "Accept-Encoding": "identity",
}


class FetchFailed(RuntimeError):
    """The source could not be read this time; `after_s` is how long it asks to be left alone."""

    def __init__(self, message: str, after_s: float = 0.0) -> None:
        super().__init__(message)
        self.after_s = after_s


@dataclass(frozen=True)
class Stamps:
    """What a server said of the version it sent, to ask whether there is a newer one."""

    etag: str = ""
    modified: str = ""


@dataclass(frozen=True)
class Fetched:
    """A document, or None when it is the one that was asked about."""

    raw: bytes | None
    url: str
    stamps: Stamps


def host_of(url: str) -> str:
    """Host and port, by which places are told apart. Raises Refused for anything but http and https."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        raise Refused(f"{shown(url)}: not an http or https address") from None
    return f"{(parts.hostname or '').lower()}:{port}"


def shown(url: str) -> str:
    """The address for people: without a password, and not endless."""
    head, at, tail = url.rpartition("@")
    return (f"{head.partition('//')[0]}//{tail}" if at and "//" in head else url)[:200]


class Fetcher:
    """Reads addresses of the hosts it was given (`host:port`, or `host` for its usual ports)."""

    def __init__(
        self, client: httpx.Client, hosts: Collection[str], *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._client, self._hosts, self._monotonic = client, frozenset(h.lower() for h in hosts), monotonic

    def get(self, url: str, most_bytes: int, known: Stamps | None = None) -> Fetched:
        """The document at an address. Raises FetchFailed to try again later, Refused when that would not help."""
        until_s = self._monotonic() + WHOLE_S
        for _ in range(_MOST_REDIRECTS + 1):
            self._refuse_elsewhere(url)
            answer = self._ask(url, most_bytes, known or Stamps(), until_s)
            if isinstance(answer, Fetched):
                return answer
            if url.startswith("https:") and answer.startswith("http:"):
                raise Refused(f"{shown(url)}: leads from https to http")
            url = answer
        raise FetchFailed(f"{shown(url)}: more than {_MOST_REDIRECTS} redirects")

    def _refuse_elsewhere(self, url: str) -> None:
        host = host_of(url)
        name, _, port = host.rpartition(":")
        if host not in self._hosts and not (port in ("80", "443") and name in self._hosts):
            raise Refused(f"{shown(url)}: another host; it is read only when it is allowed by name")

    def _ask(self, url: str, most_bytes: int, known: Stamps, until_s: float) -> Fetched | str:
        headers = dict(_HEADERS)
        if known.etag:
            headers["If-None-Match"] = known.etag
        if known.modified:
            headers["If-Modified-Since"] = known.modified
        try:
            with self._client.stream("GET", url, headers=headers, timeout=_TIMEOUT, follow_redirects=False) as answer:
                if answer.status_code in _REDIRECTS and (to := answer.headers.get("location")):
                    return _redirected(url, to)
                if answer.status_code == 304:
                    return Fetched(None, url, known)
                if answer.status_code != 200:
                    _fail(url, answer)
                raw = self._read(url, answer, most_bytes, until_s)
                stamps = Stamps(answer.headers.get("etag", ""), answer.headers.get("last-modified", ""))
                return Fetched(raw, url, stamps)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise FetchFailed(f"{shown(url)}: {error or type(error).__name__}") from None

    def _read(self, url: str, answer: httpx.Response, most_bytes: int, until_s: float) -> bytes:
        if answer.headers.get("content-encoding", "identity").lower() != "identity":
            raise Refused(f"{shown(url)}: the answer is compressed, which was not asked for")
        parts, size = [], 0
        for part in answer.iter_raw():
            size += len(part)
            if size > most_bytes:
                raise Refused(f"{shown(url)}: larger than {most_bytes // 1024} kB")
            if self._monotonic() > until_s:
                raise FetchFailed(f"{shown(url)}: not complete within {WHOLE_S:.0f} s")
            parts.append(part)
        return b"".join(parts)


def _redirected(url: str, to: str) -> str:
    try:
        return urljoin(url, to)
    except ValueError:
        raise Refused(f"{shown(url)}: leads to {to[:80]!r}, which is no address") from None


def _fail(url: str, answer: httpx.Response) -> NoReturn:
    said = f"{shown(url)}: answers {answer.status_code}"
    if answer.status_code in _GONE:
        raise Refused(said)
    raise FetchFailed(said, _wait_asked(answer))


def _wait_asked(answer: httpx.Response) -> float:
    """Seconds of a Retry-After header, as a number or a date, at most an hour."""
    said = answer.headers.get("retry-after", "").strip()
    try:
        if said.isdigit():
            return min(float(said[:6]), _LONGEST_WAIT_S)
        at, sent = parsedate_to_datetime(said), parsedate_to_datetime(answer.headers.get("date", ""))
        return min(max((at - sent).total_seconds(), 0.0), _LONGEST_WAIT_S)
    except (TypeError, ValueError):
        return 0.0
