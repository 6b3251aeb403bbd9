"""Settings files in TOML: read into typed values, or refused in one line that names the file, the key and the need."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a file as they stand. Raises ValueError naming the file when it is absent or not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: not TOML ({error})") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: cannot be read ({error})") from error


def typed(raw: Mapping[str, Any], kind: type[T], path: Path, noun: str) -> T:
    """`raw` as a `kind`; `noun` says whose keys they are ("a city file").

    Raises ValueError such as `zaragoza.toml: bounds.south: Expected float, got str`.
    """
    try:
        return msgspec.convert(raw, kind, dec_hook=_decode)
    except msgspec.ValidationError as error:
        message = str(error)
        raise ValueError(f"{path}: {_plain(message, noun, _where(message, raw, kind))}") from error


def _plain(message: str, noun: str, where: str) -> str:
    """msgspec's sentence with the key first: `bounds.south: expected float, got str`."""
    sentence = message.partition(" - at `$")[0]
    sentence = re.sub(r"Object missing required field `(.+?)`", r"\1 is missing", sentence)
    sentence = re.sub(r"Object contains unknown field `(.+?)`", rf"\1 is not a key of {noun}", sentence)
    return f"{where}: {sentence}" if where else sentence


def _where(message: str, raw: Mapping[str, Any], kind: type) -> str:
    """The full key. msgspec says `deadlines[...].dispatch_h`: which one is found by leaving in one at a time."""
    path = message.partition(" - at `$")[2].rstrip("`").lstrip(".")
    *tables, last = path.split("[...]")
    steps: list[str] = []
    for table in tables:
        steps += [step for step in table.split(".") if step]
        alone = {key: _alone(raw, steps, key) for key in _at(raw, steps)}
        found = next((key for key, reduced in alone.items() if _complaint(reduced, kind) == message), None)
        if found is None:
            return path
        raw = alone[found]
        steps.append(found)
    return ".".join(steps) + last if steps else path


def _at(raw: Mapping[str, Any], steps: Sequence[str]) -> Mapping[str, Any]:
    """The table reached by those keys, an empty one when there is none."""
    for step in steps:
        raw = raw.get(step, {}) if isinstance(raw, Mapping) else {}
    return raw if isinstance(raw, Mapping) else {}


def _alone(raw: Mapping[str, Any], steps: Sequence[str], key: str) -> dict[str, Any]:
    """The same tables, but of the one reached by `steps` only `key` is left."""
    if not steps:
        return {key: raw[key]}
    return {**raw, steps[0]: _alone(raw[steps[0]], steps[1:], key)}


def _complaint(raw: Mapping[str, Any], kind: type) -> str:
    try:
        msgspec.convert(raw, kind, dec_hook=_decode)
    except msgspec.ValidationError as error:
        return str(error)
    return ""


def _decode(kind: type, value: Any) -> Any:
    if kind is Path:
        return Path(value)
    raise NotImplementedError(kind)
