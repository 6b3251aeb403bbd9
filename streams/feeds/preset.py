"""What a preset may say: how the columns of one city's file become events. A new city is a TOML file, no code."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from streams.feeds.times import instant
from streams.keys import CITY_ID

_ABOUT_FIELD = re.compile(r"Object (missing required|contains unknown) field `(.+)`")
PRESETS = Path(__file__).parent / "presets"

Record = Literal["case", "incident", "unit-row"]
Format = Literal["auto", "csv", "json", "jsonl"]

_PLACE = ("lat", "lng", "point", "area", "address", "text")
_STEPS = ("dispatched", "departed", "arrived", "transported", "delivered", "cleared")

# What the columns of each record type may fill, in the order in which `feed check` lists them.
FIELDS: dict[str, tuple[str, ...]] = {
    "case": (
        *("id", "received", "target", "closed", "kind", "category", "subcategory", "channel", "language", "grade"),
        *_PLACE,
    ),
    "incident": ("id", "received", "closed", "kind", "priority", "agency", *_PLACE),
    "unit-row": ("id", "unit", "received", *_STEPS, "kind", "priority", "agency", "unit_kind", "station", *_PLACE),
}
REQUIRED: dict[str, tuple[str, ...]] = {
    "case": ("received",),
    "incident": ("received",),
    "unit-row": ("id", "unit", "received"),
}
TIMES = frozenset({"received", "target", "closed", *_STEPS})
COORDINATES = frozenset({"lat", "lng", "point"})


class PresetError(ValueError):
    """A preset cannot be used; the message names the file, the key and what is needed."""


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which targets are believed. Without limits they are kept as the source says them."""

    after_received: bool = False
    max_days: float | None = None


class Preset(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One city's file, described. The meaning of each key is in docs/feeds.md."""

    name: str
    city: str
    zone: str
    columns: dict[str, tuple[str, ...]]
    title: str = ""
    source: str = ""
    record: Record = "case"
    format: Format = "auto"
    delimiter: str = ","
    encoding: str = "utf-8"
    time_formats: tuple[str, ...] = ("iso",)
    false_utc: bool = False
    absent: frozenset[str] = frozenset()
    default_points: tuple[tuple[float, float], ...] = ()
    id_from: tuple[str, ...] = ()
    values: dict[str, dict[str, str | int]] = {}
    defaults: dict[str, str | int] = {}
    target: Target = Target()
    expires_after_h: float | None = None
    expiry_reason: str = "expired: the source says no closing"

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that this record type has."""
        return FIELDS[self.record]

    def instant(self, local: datetime | str) -> datetime:
        """A moment of the city's clock as UTC: `2011-08-28 18:00:00`; with an offset, it is taken as it is.

        Raises ValueError for text that is no ISO date-time.
        """
        moment = datetime.fromisoformat(local) if isinstance(local, str) else local
        return moment.astimezone(UTC) if moment.tzinfo else instant(moment, self.tz)


def presets() -> dict[str, Path]:
    """The presets that come with Hexwatch: name -> file."""
    return {path.stem: path for path in sorted(PRESETS.glob("*.toml"))}


def load_preset(name_or_path: str | Path) -> Preset:
    """The preset of that name, or the one in that TOML file. Raises PresetError."""
    path = _find(name_or_path)
    raw = _read(path, ())
    raw.setdefault("name", path.stem)
    raw.setdefault("source", raw["name"])
    return _checked(_converted(raw, path), path)


def _find(name_or_path: str | Path) -> Path:
    known = presets()
    if str(name_or_path) in known:
        return known[str(name_or_path)]
    path = Path(name_or_path)
    if path.suffix == ".toml":
        return path
    raise PresetError(
        f"preset {name_or_path!s}: unknown; known are {', '.join(known)}, or give the path of a .toml file"
    )


def _read(path: Path, seen: tuple[Path, ...]) -> dict[str, Any]:
    """The mapping in the file, laid over the one it extends; tables are merged key by key."""
    if path in seen:
        raise PresetError(f"{path.name}: extends: leads back to itself")
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PresetError(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PresetError(f"{path.name}: is not TOML: {error}") from None
    parent = raw.pop("extends", None)
    if parent is None:
        return raw
    beside = path.parent / f"{parent}.toml"
    base = _read(beside if beside.exists() else _find(parent), (*seen, path))
    base.pop("name", None)
    base.pop("source", None)
    return _merged(base, raw)


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _converted(raw: dict[str, Any], path: Path) -> Preset:
    for key, problem in _shape_problems(raw):
        raise PresetError(f"{path.name}: {key}: {problem}")
    columns = {k: [v] if isinstance(v, str) else v for k, v in raw.get("columns", {}).items()}
    try:
        return msgspec.convert(raw | {"columns": columns}, Preset)
    except msgspec.ValidationError as error:
        raise PresetError(f"{path.name}: {_readable(str(error))}") from None


def _shape_problems(raw: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Ill-shaped entries of tables, whose keys msgspec would not name."""
    for table in ("columns", "values", "defaults"):
        if not isinstance(raw.get(table, {}), dict):
            yield table, f"needs a table: [{table}]"
            return
    for field, names in raw.get("columns", {}).items():
        if not (isinstance(names, str) or (isinstance(names, list) and all(isinstance(n, str) for n in names))):
            yield f"columns.{field}", "needs the name of a column, or a list of names"
    for field, values in raw.get("values", {}).items():
        if not isinstance(values, dict):
            yield f"values.{field}", f"needs a table: [values.{field}]"
        elif wrong := [said for said, ours in values.items() if not isinstance(ours, str | int)]:
            yield f"values.{field}.{wrong[0]}", "needs a word or a number"


def _readable(message: str) -> str:
    """msgspec says "… - at `$.target`"; people read the key first."""
    what, _, where = message.partition(" - at `$")
    place = where.strip(".`")
    if found := _ABOUT_FIELD.match(what):
        key = f"{place}.{found[2]}" if place else found[2]
        return f"{key}: is needed" if found[1] == "missing required" else f"{key}: is no key that a preset has"
    return f"{place}: {what}" if place else what


def _checked(preset: Preset, path: Path) -> Preset:
    """Refuse what types alone cannot see."""
    for key, problem in _problems(preset):
        raise PresetError(f"{path.name}: {key}: {problem}")
    return preset


def _problems(preset: Preset) -> list[tuple[str, str]]:
    fields = ", ".join(preset.fields)
    found = []
    if not CITY_ID.fullmatch(preset.city):
        found.append(("city", f"{preset.city!r} is no city id; needs lower-case letters, digits and hyphens"))
    if not CITY_ID.fullmatch(preset.source):
        found.append(("source", f"{preset.source!r}: needs lower-case letters, digits and hyphens"))
    if not _zone_exists(preset.zone):
        found.append(("zone", f"{preset.zone!r} is unknown; needs a name such as America/New_York"))
    if not _encoding_fits(preset.encoding):
        found.append(("encoding", f"{preset.encoding!r}: needs one that contains ASCII, such as utf-8 or gb18030"))
    if len(preset.delimiter) != 1:
        found.append(("delimiter", "needs one character"))
    if not preset.time_formats:
        found.append(("time_formats", 'needs at least one, such as "iso" or "%m/%d/%Y %H:%M"'))
    if preset.expires_after_h is not None and not 0 < preset.expires_after_h < 24 * 3660:
        found.append(("expires_after_h", "needs hours above 0"))
    for table in ("columns", "values", "defaults"):
        for key in getattr(preset, table):
            if key not in preset.fields:
                found.append((f"{table}.{key}", f"is no field of record {preset.record!r}; it has {fields}"))
    found += [(f"columns.{field}", "is needed") for field in REQUIRED[preset.record] if not preset.columns.get(field)]
    if "id" not in preset.columns and not preset.id_from:
        found.append(("columns.id", "is needed, or `id_from`: the columns that tell rows apart"))
    return found + _value_problems(preset)


def _value_problems(preset: Preset) -> list[tuple[str, str]]:
    found = []
    for table, key in [("values", f) for f in preset.values] + [("defaults", f) for f in preset.defaults]:
        if key in TIMES | COORDINATES | {"id", "unit"}:
            found.append((f"{table}.{key}", "times, places and ids are taken as they are"))
    given: list[tuple[str, Any]] = [(f"values.priority.{k}", v) for k, v in preset.values.get("priority", {}).items()]
    given += [("defaults.priority", preset.defaults["priority"])] if "priority" in preset.defaults else []
    found += [(key, "a priority is 1 (gravest), 2 or 3") for key, v in given if v not in (1, 2, 3)]
    return found


def _zone_exists(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _encoding_fits(encoding: str) -> bool:
    """Lines are cut before they are decoded, so a line end must be one byte."""
    try:
        return '\n",'.encode(encoding) == b'\n",'
    except LookupError:
        return False


def normal(name: str) -> str:
    """A column's name as it is compared: `Created Date`, `created_date` and `Created  Date ` are one name."""
    cleaned = "".join(c if c.isalnum() else " " for c in name.lower())
    return "_".join(cleaned.split())


def wanted(preset: Preset) -> Mapping[str, tuple[str, ...]]:
    """Field -> normal names of the columns that may fill it, best first."""
    return {field: tuple(normal(n) for n in names) for field, names in preset.columns.items()}
