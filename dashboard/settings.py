"""Settings: each is an environment variable `HEXWATCH_…`; a file named by `HEXWATCH_SETTINGS` may hold the same names.

`SETTINGS` is the one list: defaults, parsing and the documentation test all read it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any

PREFIX = "HEXWATCH_"


class BadSetting(ValueError):
    """A setting cannot be understood; the message names it and what it needs."""


@dataclass(frozen=True)
class Setting:
    """One setting: its default, how to read it, and what it is for."""

    default: Any
    parse: Callable[[str], Any]
    help: str


def _positive(text: str) -> int:
    value = int(text)
    if value <= 0:
        raise ValueError("needs a whole number above 0")
    return value


def _port(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 65535:
        raise ValueError("needs a port from 1 to 65535")
    return value


def _flag(text: str) -> bool:
    known = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if text.lower() not in known:
        raise ValueError("needs yes or no")
    return known[text.lower()]


def _desk_language(text: str) -> str:
    if text not in ("en", "zh_CN", "ar"):
        raise ValueError("needs en, zh_CN or ar")
    return text


def _clock_text(text: str) -> str:
    try:
        return f"{time.fromisoformat(text):%H:%M}"
    except ValueError:
        raise ValueError("needs a clock time such as 07:00") from None


SETTINGS: dict[str, Setting] = {
    "port": Setting(8050, _port, "port of the web process"),
    "host": Setting("127.0.0.1", str, "address the web process binds to; loopback unless you put a proxy before it"),
    "data": Setting(Path(".hexwatch"), Path, "folder for embedded Redis, the reader's file and logs"),
    "redis_url": Setting("", str, "Redis or Valkey to use instead of the embedded one, e.g. redis://db:6379/0"),
    "city": Setting("beijing", str, "city id: the name of a file in geo/cities"),
    "areas": Setting("", str, "GeoJSON file of areas that replaces the city's own"),
    "area_name": Setting("name", str, "property of the area file that holds the name"),
    "api_key": Setting("", str, "an admin key accepted from the start, for scripts"),
    "secret": Setting("", str, "key that signs sessions; by default made once and kept in the data folder"),
    "caller_key": Setting("", str, "key that seals callers' numbers; by default made once and kept in the data folder"),
    "open_wall": Setting(False, _flag, "let loopback see /wall without a key (the demo sets it)"),
    "story": Setting(False, _flag, "show the story bar of a simulated city (the demo sets it)"),
    "max_backlog": Setting(200_000, _positive, "inbox entries waiting before intake answers 503"),
    "max_memory_mb": Setting(4096, _positive, "Redis memory in MB before intake answers 503"),
    "events_kept": Setting(1_000_000, _positive, "facts kept in Redis for readers that start anew"),
    "frame_ring_s": Setting(60, _positive, "seconds of frames a relay keeps for clients that fell behind"),
    "web_workers": Setting(1, _positive, "processes that serve the web"),
    "max_clients": Setting(1000, _positive, "live connections one web process accepts"),
    "tile_url": Setting("", str, "base map tiles; empty: no request leaves the building"),
    "webhooks": Setting("", str, "TOML file of webhooks, see docs/operations.md"),
    "travel": Setting("", str, "file of travel times that `travel learn` wrote; empty: simulated or assumed"),
    "plans": Setting("", str, "folder of response plans (TOML) in place of those that come with Hexwatch"),
    "hotline_rules": Setting("", str, "folder of the hotline's rules (TOML) in place of those that come with Hexwatch"),
    "targets": Setting("", str, "TOML file of response-time targets in place of the one that comes with Hexwatch"),
    "alarms": Setting("", str, "TOML file of alarms and deadlines in place of the one that comes with Hexwatch"),
    "lock_after_s": Setting(600, _positive, "seconds without a key or a movement before a dispatch desk locks"),
    "call_kept_min": Setting(60, _positive, "minutes that a call stays after its end, and what was said in it"),
    "eido_domain": Setting("", str, "domain name that ends this city's identifiers in EIDO"),
    "places": Setting("", str, "file of streets for the desk's search, made by `places learn`"),
    "board_folder": Setting("", str, "folder of the printed boards; empty: `board` in the data folder"),
    "board_language": Setting("en", _desk_language, "language of the printed boards: en, zh_CN or ar"),
    "board_keep_h": Setting(24, _positive, "hours that printed boards are kept"),
    "open311_jurisdiction": Setting("", str, "jurisdiction_id of this city's Open311 server beside the city's own id"),
    "open311_public": Setting(True, _flag, "let strangers read requests over Open311, as the standard has it"),
    "open311_per_minute": Setting(1200, _positive, "requests one key may file over Open311 in a minute"),
    "onwards": Setting("", str, "TOML file of bodies that are sent their cases over Open311"),
    "archive": Setting(True, _flag, "run the archiver, and keep the log until it has it"),
    "archive_folder": Setting("", str, "folder of the archive; empty: `archive-<city>` in the data folder"),
    "archive_flush_s": Setting(60, _positive, "seconds after which a fact stands in a file of the archive"),
    "archive_wait": Setting(5_000_000, _positive, "facts beyond HEXWATCH_EVENTS_KEPT that wait for a late archiver"),
    "archive_rules": Setting("", str, "TOML file that says how long the archive keeps what; empty: for ever"),
    "briefing_at": Setting("07:00", _clock_text, "city time at which yesterday's briefing is written"),
    "briefing_folder": Setting("", str, "folder of written briefings; empty: `briefings` in the data folder"),
    "briefing_language": Setting("en", _desk_language, "language of written briefings: en, zh_CN or ar"),
    "warnings": Setting(True, _flag, "look for early warnings: learning takes a core for minutes, once a day"),
    "log_level": Setting("info", str, "debug, info, warning or error"),
}


@dataclass(frozen=True)
class Settings:
    """Parsed settings; see `SETTINGS` for what each is."""

    port: int
    host: str
    data: Path
    redis_url: str
    city: str
    areas: str
    area_name: str
    api_key: str
    secret: str
    caller_key: str
    open_wall: bool
    story: bool
    max_backlog: int
    max_memory_mb: int
    events_kept: int
    frame_ring_s: int
    web_workers: int
    max_clients: int
    tile_url: str
    webhooks: str
    travel: str
    plans: str
    hotline_rules: str
    targets: str
    alarms: str
    lock_after_s: int
    call_kept_min: int
    eido_domain: str
    places: str
    board_folder: str
    board_language: str
    board_keep_h: int
    open311_jurisdiction: str
    open311_public: bool
    open311_per_minute: int
    onwards: str
    archive: bool
    archive_folder: str
    archive_flush_s: int
    archive_wait: int
    archive_rules: str
    briefing_at: str
    briefing_folder: str
    briefing_language: str
    warnings: bool
    log_level: str

    @property
    def socket(self) -> Path:
        """Unix socket of the embedded Redis."""
        return self.data.resolve() / "redis.sock"

    @property
    def redis(self) -> str:
        """URL of the Redis to use: the one named, or the embedded one."""
        return self.redis_url or f"unix://{self.socket}"


def city_file(settings: Settings) -> Path:
    """Names the city that was last started in this data folder, so that commands need not be told."""
    return settings.data / "city"


def reader_path(settings: Settings) -> Path:
    """Where the reader of this city keeps its file on this machine."""
    return settings.data / f"reader-{settings.city}.sqlite"


def briefings_path(settings: Settings) -> Path:
    """Where the briefings of this city are kept."""
    return settings.data / f"briefings-{settings.city}"


def archive_path(settings: Settings) -> Path:
    """Where the archive of this city lies."""
    return Path(settings.archive_folder) if settings.archive_folder else settings.data / f"archive-{settings.city}"


def read_settings(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Settings from the environment, over the settings file, over defaults; `overrides` win.

    Raises BadSetting for a value that cannot be read; unknown names are left to `unknown_settings`.
    """
    environ = os.environ if environ is None else environ
    given = _from_file(environ.get(f"{PREFIX}SETTINGS", "")) | {
        name: value for name, value in environ.items() if name.startswith(PREFIX)
    }
    given.pop(f"{PREFIX}SETTINGS", None)
    values = {name: setting.default for name, setting in SETTINGS.items()}
    for variable, text in given.items():
        name = variable.removeprefix(PREFIX).lower()
        if text and name in SETTINGS:
            values[name] = _parsed(variable, SETTINGS[name], text)
    return Settings(**(values | overrides))


def unknown_settings(environ: Mapping[str, str]) -> list[str]:
    """`HEXWATCH_` names that are no setting: most likely typing errors."""
    names = [v for v in environ if v.startswith(PREFIX) and v != f"{PREFIX}SETTINGS"]
    return sorted(v for v in names if v.removeprefix(PREFIX).lower() not in SETTINGS)


def _parsed(variable: str, setting: Setting, text: str) -> Any:
    try:
        return setting.parse(text)
    except ValueError as error:
        raise BadSetting(f"{variable}={text!r}: {error}") from None


def _from_file(path: str) -> dict[str, str]:
    """`NAME=value` lines; # starts a comment."""
    if not path:
        return {}
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BadSetting(f"{PREFIX}SETTINGS={path}: {error.strerror}") from None
    pairs = [line.split("=", 1) for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if bad := [p[0] for p in pairs if len(p) != 2]:
        raise BadSetting(f"{path}: {bad[0]!r} is not NAME=value")
    return {name.strip(): value.strip() for name, value in pairs}
