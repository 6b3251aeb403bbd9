"""What is known of one Open311 endpoint beforehand: where it is, how often to ask, how its words become ours."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx
import msgspec

from streams.feeds.preset import PresetError, Target
from streams.keys import CITY_ID

PRESETS = Path(__file__).parent / "presets"
VALUES = ("category", "kind", "status", "reason")
DEFAULTS = ("channel", "language", "grade", "kind")
RESOURCES = ("services", "requests")
MAX_WINDOW_DAYS = 90  # GeoReport v2: a range of dates may not span more


class Endpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One endpoint. The meaning of each key is in docs/feeds.md."""

    url: str
    source: str = "open311"
    zone: str = "UTC"
    jurisdiction: str = ""
    parameters: dict[str, str] = {}
    format: Literal["auto", "json", "xml"] = "auto"
    every_s: float = 60
    days: float = 1
    overlap_s: float | None = None
    sweep_s: float | None = None
    page_size: int = 200
    limit: int = 1000
    updated_after: Literal["auto", "yes", "no"] = "auto"
    category_from: Literal["name", "code"] = "name"
    id_prefix: str = ""
    false_utc: bool = False
    time_formats: tuple[str, ...] = ("iso",)
    default_points: tuple[tuple[float, float], ...] = ()
    target: Target = Target()
    values: dict[str, dict[str, str]] = {}
    defaults: dict[str, str] = {}

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


def endpoint_presets() -> dict[str, Path]:
    """The endpoint presets that come with Hexwatch: name -> file."""
    return {path.stem: path for path in sorted(PRESETS.glob("*.toml"))}


def load_endpoint(preset: str | Path | None = None, *, zone: str = "UTC", **wishes: Any) -> Endpoint:
    """The endpoint of a preset (a name, a TOML file, or none), with `wishes` laid over it where they are not None.

    `zone` (the city's) holds where the preset names none. Raises PresetError for what cannot be used.
    """
    path = _find(preset)
    name = path.name if path else "open311"
    raw = {"zone": zone} | (_read(path) if path else {}) | {k: v for k, v in wishes.items() if v is not None}
    try:
        endpoint = msgspec.convert(raw | {"url": base_url(str(raw.get("url", "")))}, Endpoint)
    except msgspec.ValidationError as error:
        raise PresetError(f"{name}: {error}") from None
    for key, problem in _problems(endpoint):
        raise PresetError(f"{name}: {key}: {problem}")
    return endpoint


def base_url(url: str) -> str:
    """The address below which the resources lie; that of a resource (`…/requests.json?…`) serves as well."""
    base = url.partition("?")[0].rstrip("/")
    last = base.rpartition("/")[2].removesuffix(".json").removesuffix(".xml")
    return base.rpartition("/")[0] if last in RESOURCES else base


def _find(preset: str | Path | None) -> Path | None:
    known = endpoint_presets()
    if preset is None or str(preset) in known:
        return None if preset is None else known[str(preset)]
    path = Path(preset)
    if path.suffix == ".toml":
        return path
    raise PresetError(f"preset {preset!s}: unknown; known are {', '.join(known)}, or give the path of a .toml file")


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PresetError(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PresetError(f"{path.name}: is not TOML: {error}") from None


def _problems(endpoint: Endpoint) -> list[tuple[str, str]]:
    """What types alone cannot see."""
    found = []
    if not _is_address(endpoint.url):
        found.append(("url", f"{endpoint.url!r}: needs an address such as https://city.example/open311/v2"))
    if not CITY_ID.fullmatch(endpoint.source):
        found.append(("source", f"{endpoint.source!r}: needs lower-case letters, digits and hyphens"))
    if not _zone_exists(endpoint.zone):
        found.append(("zone", f"{endpoint.zone!r} is unknown; needs a name such as America/New_York"))
    for key, least, most in (
        ("every_s", 1, 86_400),
        ("days", 0, 3660),
        ("overlap_s", 0, 86_400 * 30),
        ("sweep_s", 60, 86_400 * 30),
        ("page_size", 0, 100_000),
        ("limit", 10, 100_000),
    ):
        value = getattr(endpoint, key)
        if value is not None and not least <= value <= most:
            found.append((key, f"needs a number from {least} to {most}"))
    if not endpoint.time_formats:
        found.append(("time_formats", 'needs at least one, such as "iso" or "%m/%d/%Y %H:%M"'))
    if len(endpoint.id_prefix) > 20 or not (endpoint.id_prefix + "-").isprintable():
        found.append(("id_prefix", "needs at most 20 printable characters"))
    for table, allowed in (("values", VALUES), ("defaults", DEFAULTS)):
        wrong = [key for key in getattr(endpoint, table) if key not in allowed]
        found += [(f"{table}.{key}", f"is not known; known are {', '.join(allowed)}") for key in wrong]
    statuses = endpoint.values.get("status", {})
    found += [(f"values.status.{k}", '"open" or "closed"') for k, v in statuses.items() if v not in ("open", "closed")]
    return found


def _is_address(url: str) -> bool:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    return parsed.scheme in ("http", "https") and bool(parsed.host) and not parsed.userinfo


def _zone_exists(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
