"""The file of bodies: who is sent the cases of which agency, where, under which codes, and with which personal fields.

Keys stand in the environment; the file holds only their names, so that it can be shown to anybody.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from dashboard.outgoing.hooks import SCHEMES, Hook

DISPATCHED = "case.dispatched"
# Personal fields of a case, as GeoReport v2 names them.
PERSONAL = {"text": "description", "address": "address_string", "phone": "phone", "email": "email", "name": "last_name"}

Agency = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,40}$")]
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class BadBodies(ValueError):
    """The file cannot be used; the message names it, the body and what is needed."""


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[body]]` as written. The meaning of each key is in docs/open311.md."""

    agency: Agency
    url: Annotated[str, msgspec.Meta(max_length=2000)]
    key_env: Annotated[str, msgspec.Meta(pattern=r"^([A-Za-z_][A-Za-z0-9_]{0,100})?$")] = ""
    jurisdiction: Annotated[str, msgspec.Meta(max_length=200)] = ""
    services: dict[str, Word] = {}
    other_service: Annotated[str, msgspec.Meta(max_length=200)] = ""
    fields: tuple[str, ...] = ("text", "address")
    closes: bool = False
    simulation: bool = False
    allow_private: bool = False
    every_s: Annotated[float, msgspec.Meta(ge=0.05, le=86_400)] = 60.0
    timeout_s: Annotated[float, msgspec.Meta(gt=0, le=60)] = 10.0
    attempts: Annotated[int, msgspec.Meta(ge=1, le=50)] = 8

    @property
    def base(self) -> str:
        return self.url.rstrip("/")

    @property
    def source(self) -> str:
        """Under which name its answers stand in the log."""
        return f"{self.agency.lower()}-open311"

    def service_of(self, category: str) -> str:
        """Its code for a category of ours, "" when it has none."""
        return self.services.get(category, self.other_service)

    def hook(self) -> Hook:
        """The same as a receiver of posts."""
        return Hook(
            name=self.agency.lower(),
            url=urlsplit(f"{self.base}/requests.json"),
            events=(DISPATCHED,),
            fields=frozenset(),
            secret_env=self.key_env,
            allow_private=self.allow_private,
            timeout_s=self.timeout_s,
            attempts=self.attempts,
        )


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    body: Annotated[tuple[Body, ...], msgspec.Meta(max_length=200)] = ()


def load_bodies(path: Path) -> tuple[Body, ...]:
    """The bodies of a file. Raises BadBodies."""
    try:
        bodies = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _File).body
    except OSError as error:
        raise BadBodies(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadBodies(f"{path}: not TOML ({error})") from None
    except msgspec.ValidationError as error:
        raise BadBodies(f"{path}: {error}") from None
    complaints = [f"body {body.agency}: {said}" for body in bodies for said in _complaints(body)]
    names = [body.agency.lower() for body in bodies]
    complaints += [f"body {name}: named twice" for name in sorted({n for n in names if names.count(n) > 1})]
    if complaints:
        raise BadBodies(f"{path}: {'; '.join(complaints)}")
    return bodies


def body_named(bodies: tuple[Body, ...], agency: str) -> Body:
    """Raises BadBodies for one that the file does not hold."""
    for body in bodies:
        if body.agency == agency:
            return body
    raise BadBodies(f"no body {agency!r}; known: {', '.join(body.agency for body in bodies) or 'none'}")


def key_of(body: Body, environ: Mapping[str, str]) -> str:
    """Its api_key. Raises BadBodies, naming the variable and never what it holds."""
    if not body.key_env:
        return ""
    key = environ.get(body.key_env, "")
    if not key:
        raise BadBodies(f"body {body.agency}: {body.key_env} is not set")
    return key


def _complaints(body: Body) -> Iterator[str]:
    try:
        parts = urlsplit(body.url)
        is_address = parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or not body.url.isascii() or not body.url.isprintable() or " " in body.url:
        yield "url: needs an address such as https://gas.example.org/open311/v2"
    elif parts.query or parts.fragment or "@" in parts.netloc:
        yield "url: no query, fragment, user or password there"
    if unknown := sorted(set(body.fields) - set(PERSONAL)):
        yield f"fields: {', '.join(unknown)}: known are {', '.join(PERSONAL)}"
    if not body.services and not body.other_service:
        yield "services, other_service: at least one code of theirs is needed"
