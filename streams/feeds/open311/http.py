"""One GET at a time, within hard limits: bytes, time, redirects, and never another host."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Self, TypeVar

import httpx

from streams.feeds.open311.errors import NotNow, TooMuch

USER_AGENT = "Hexwatch (Open311 GeoReport v2 client)"
LONGEST_RETRY_AFTER_S = 6 * 3600.0
DEFAULT_PORTS = {"http": 80, "https": 443}
DATE_ROUNDING = timedelta(seconds=0.5)  # a Date header leaves the fraction of its second out


@dataclass(frozen=True)
class Limits:
    """What one answer may cost: bytes after unpacking, seconds in all, seconds of silence, redirects followed."""

    most_bytes: int = 16 * 1024 * 1024
    total_s: float = 60.0
    silent_s: float = 15.0
    redirects: int = 3


@dataclass(frozen=True)
class Answer:
    """A body of a 200. `skew` is how far the server's clock is ahead of ours, None where it says no Date."""

    body: bytes
    content_type: str
    skew: timedelta | None


T = TypeVar("T")


class Http:
    """A connection to one host.

    It runs an event loop in a thread of its own, because only there can the whole of an answer, its header included,
    have a deadline: a server that sends one byte every few seconds passes every timeout that counts silence only.
    """

    def __init__(self, limits: Limits, now: Callable[[], datetime]) -> None:
        self.limits, self._now = limits, now
        self._runner = asyncio.Runner()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="open311")
        self._client: httpx.AsyncClient | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._client is not None:
            self._run(self._client.aclose())
            self._client = None
        self._thread.submit(self._runner.close).result()
        self._thread.shutdown()

    def _run(self, asked: Coroutine[Any, Any, T]) -> T:
        return self._thread.submit(self._runner.run, asked).result()

    def get(self, url: str, params: Mapping[str, str]) -> Answer:
        """The answer with status 200. Raises NotNow for any other, TooMuch beyond the limits."""
        shown = url.partition("?")[0]  # the query may hold a key
        try:
            return self._run(self._get(httpx.URL(url, params=dict(params))))
        except TimeoutError:
            raise TooMuch(f"{shown}: no whole answer within {self.limits.total_s:g} s") from None
        except (httpx.ReadTimeout, httpx.WriteTimeout):
            raise TooMuch(f"{shown}: silent for {self.limits.silent_s:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            said = f"{type(error).__name__}: {error}".partition("?")[0]
            raise NotNow(f"{shown}: no answer ({said[:200]})") from None

    async def _get(self, url: httpx.URL) -> Answer:
        if self._client is None:
            self._client = httpx.AsyncClient(
                timeout=httpx.Timeout(self.limits.silent_s),
                follow_redirects=False,
                trust_env=False,
                headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"},
            )
        async with asyncio.timeout(self.limits.total_s):
            for _ in range(self.limits.redirects + 1):
                async with self._client.stream("GET", url) as response:
                    if not response.has_redirect_location:
                        return await self._answer(response)
                    url = _followed(url, response.headers["location"])
        raise NotNow(f"{_bare(url)}: more than {self.limits.redirects} redirects")

    async def _answer(self, response: httpx.Response) -> Answer:
        server_now = _date(response.headers.get("date", ""))
        if response.status_code != 200:
            said = response.headers.get("retry-after", "")
            asked = _retry_after_s(said, server_now or self._now())
            raise NotNow(f"{_bare(response.url)}: HTTP {response.status_code}", response.status_code, asked)
        skew = None if server_now is None else server_now + DATE_ROUNDING - self._now()
        body = await self._body(response)
        return Answer(body, response.headers.get("content-type", ""), skew)

    async def _body(self, response: httpx.Response) -> bytes:
        """The body, unpacked here so that a small one cannot become a large one."""
        unpack = _unpacker(response)
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += unpack(chunk, self.limits.most_bytes + 1 - len(body))
            if len(body) > self.limits.most_bytes:
                raise TooMuch(f"{_bare(response.url)}: larger than {self.limits.most_bytes} bytes")
        return bytes(body)


def _unpacker(response: httpx.Response) -> Callable[[bytes, int], bytes]:
    packed = response.headers.get("content-encoding", "identity").strip().lower()
    if packed in ("", "identity"):
        return lambda chunk, _: chunk
    if packed not in ("gzip", "x-gzip"):
        raise NotNow(f"{_bare(response.url)}: packed as {packed[:20]!r}, which was not asked for")
    unzip: Any = zlib.decompressobj(31)

    def unpack(chunk: bytes, most: int) -> bytes:
        try:
            return bytes(unzip.decompress(chunk, most))
        except zlib.error as error:
            raise NotNow(f"{_bare(response.url)}: damaged gzip: {error}") from None

    return unpack


def _followed(url: httpx.URL, location: str) -> httpx.URL:
    """Where a redirect leads: on the same host and port, or from http to https of the same host."""
    target = url.join(location)
    here, there = (url.host, _port(url)), (target.host, _port(target))
    safer = (url.scheme, target.scheme) == ("http", "https") and (_port(url), _port(target)) == (80, 443)
    if target.host == url.host and safer:
        return target
    if here != there or target.scheme != url.scheme:
        raise NotNow(f"{_bare(url)}: redirects to {_bare(target)}; other hosts are not followed")
    return target


def _port(url: httpx.URL) -> int | None:
    return url.port or DEFAULT_PORTS.get(url.scheme)


def _bare(url: httpx.URL) -> str:
    return str(url.copy_with(query=None, fragment=None))[:200]


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _retry_after_s(text: str, server_now: datetime) -> float | None:
    """Seconds, or a date on the server's own clock."""
    try:
        seconds = float(text)
    except ValueError:
        at = _date(text)
        seconds = (at - server_now).total_seconds() if at else -1.0
    return min(seconds, LONGEST_RETRY_AFTER_S) if seconds >= 0 else None
