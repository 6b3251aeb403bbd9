"""The file of webhooks: who is told which events, with which fields, and under whose secret.

Secrets stand in the environment; the file holds only their names, so that it can be shown to anybody.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

import msgspec

from streams.events import PRIVATE_FIELDS, TYPES

LEAST_SECRET = 16  # characters; shorter ones can be guessed
BRIEFING = "briefing.written"  # told when the morning's briefing is written; it stands in no log
SCHEMES = {"http": 80, "https": 443}

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")]
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class BadHooks(ValueError):
    """The file cannot be used; the message names it, the hook and what is needed."""


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[hook]]` as written."""

    name: Name
    url: Annotated[str, msgspec.Meta(max_length=2000)]
    events: Annotated[list[Word], msgspec.Meta(min_length=1, max_length=100)]
    secret_env: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,100}$")]
    fields: Annotated[list[Word], msgspec.Meta(max_length=100)] = []
    allow_private: bool = False
    timeout_s: Annotated[float, msgspec.Meta(gt=0, le=60)] = 5.0
    attempts: Annotated[int, msgspec.Meta(ge=1, le=50)] = 8


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    hook: Annotated[list[_Entry], msgspec.Meta(max_length=100)] = []


@dataclass(frozen=True)
class Hook:
    """One receiver. `secret` is empty until `unlock` takes it from the environment."""

    name: str
    url: SplitResult = field(repr=False)  # a path may hold a token of the receiver's
    events: tuple[str, ...]
    fields: frozenset[str]
    secret_env: str
    secret: bytes = field(default=b"", repr=False)
    allow_private: bool = False
    timeout_s: float = 5.0
    attempts: int = 8

    @property
    def host(self) -> str:
        return self.url.hostname or ""

    @property
    def port(self) -> int:
        return self.url.port or SCHEMES[self.url.scheme]

    @property
    def origin(self) -> str:
        """Scheme, host and port: what may stand in logs."""
        return f"{self.url.scheme}://{self.url.netloc}"

    @property
    def target(self) -> str:
        """Path and query as they are asked for."""
        return (self.url.path or "/") + (f"?{self.url.query}" if self.url.query else "")

    def wants(self, type_: str) -> bool:
        return any(fnmatchcase(type_, pattern) for pattern in self.events)


def load_hooks(path: Path) -> tuple[Hook, ...]:
    """The hooks of a file, without their secrets. Raises BadHooks."""
    try:
        found = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _File)
    except OSError as error:
        raise BadHooks(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadHooks(f"{path}: not TOML ({error})") from None
    except msgspec.ValidationError as error:
        raise BadHooks(f"{path}: {error}") from None
    complaints = [f"hook {entry.name}: {said}" for entry in found.hook for said in _complaints(entry)]
    names = [entry.name for entry in found.hook]
    complaints += [f"hook {name}: named twice" for name in sorted({n for n in names if names.count(n) > 1})]
    if complaints:
        raise BadHooks(f"{path}: {'; '.join(complaints)}")
    return tuple(_hook(entry) for entry in found.hook)


def unlock(hook: Hook, environ: Mapping[str, str]) -> Hook:
    """The hook with its secret. Raises BadHooks, naming the variable and never what it holds."""
    secret = environ.get(hook.secret_env, "")
    if len(secret) < LEAST_SECRET:
        raise BadHooks(f"hook {hook.name}: {hook.secret_env} must be set, to {LEAST_SECRET} characters or more")
    return replace(hook, secret=secret.encode("utf-8", "surrogateescape"))


def hook_named(hooks: tuple[Hook, ...], name: str) -> Hook:
    """Raises BadHooks for a name that the file does not hold."""
    for hook in hooks:
        if hook.name == name:
            return hook
    raise BadHooks(f"no hook {name!r}; known: {', '.join(h.name for h in hooks) or 'none'}")


def _hook(entry: _Entry) -> Hook:
    return Hook(
        name=entry.name,
        url=urlsplit(entry.url),
        events=tuple(entry.events),
        fields=frozenset(entry.fields),
        secret_env=entry.secret_env,
        allow_private=entry.allow_private,
        timeout_s=entry.timeout_s,
        attempts=entry.attempts,
    )


def _complaints(entry: _Entry) -> Iterator[str]:
    yield from _url_complaints(entry.url)
    for pattern in entry.events:
        if not any(fnmatchcase(name, pattern) for name in (*TYPES, BRIEFING)):
            yield f"events: {pattern!r} fits no event; docs/api.md lists them"
    if private := sorted(PRIVATE_FIELDS & set(entry.fields)):
        yield f"fields: {', '.join(private)} name or locate a person and are never sent"


def _url_complaints(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
        port: Any = parts.port
    except ValueError as error:
        yield f"url: {error}"
        return
    if parts.scheme not in SCHEMES or not parts.hostname or port == 0:
        yield "url: needs http:// or https:// and a host"
    if "@" in parts.netloc:
        yield "url: no user or password there; deliveries are signed"
    if not url.isascii() or not url.isprintable() or " " in url or parts.fragment:
        yield "url: plain ASCII without spaces or fragment"
