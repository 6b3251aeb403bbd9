"""Examining an installation: each finding says what was looked at, what was found, and what to do."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import redis

from dashboard.connect import connect, durability_complaint
from dashboard.doctor_hotline import examine_hotline
from dashboard.doctor_onwards import examine_onwards
from dashboard.doctor_places import examine_places
from dashboard.doctor_plans import examine_alarms, examine_plans, examine_targets, examine_travel
from dashboard.embedded import NoRedis, redis_binary
from dashboard.settings import Settings
from dashboard.supervisor import LEAST_FREE_MB
from geo.cities import city_ids, load_city
from layouts.scale import Viewing, parts_shown
from streams.feeds.preset import PresetError, load_preset, presets

OLDEST_REDIS = (6, 2)
TESTED = "tested with Redis 6.2.14"
CLOCK_OFF_S = 1.0
PITCH_55_INCH_MM = 0.63
FONTS = {"Chinese": "zh", "Arabic": "ar", "Japanese": "ja", "Korean": "ko", "Cyrillic": "ru"}


@dataclass(frozen=True)
class Finding:
    """One thing examined: grade `ok`, `note` or `bad`."""

    what: str
    grade: str
    found: str
    advice: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Look at everything; never raises for what it examines."""
    checks: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
        _python, _folders, _redis, _cities, _presets, _desk, _fonts, _wall, _key,
    )  # fmt: skip
    return [finding for check in checks for finding in check(settings)]


def _python(_: Settings) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    fits = sys.version_info[:2] in ((3, 11), (3, 12))
    yield Finding("Python", "ok" if fits else "bad", version, "" if fits else "use Python 3.11 or 3.12")


def _folders(settings: Settings) -> Iterator[Finding]:
    folder = settings.data
    if not folder.exists():
        yield Finding("data folder", "note", f"{folder} does not exist yet", "the first start makes it")
        return
    free_mb = shutil.disk_usage(folder).free // 2**20
    yield Finding(
        "disk",
        "ok" if free_mb > LEAST_FREE_MB else "bad",
        f"{free_mb} MB free in {folder}",
        "" if free_mb > LEAST_FREE_MB else "free some, or move HEXWATCH_DATA",
    )
    yield from _append_only_file(settings)


def _append_only_file(settings: Settings) -> Iterator[Finding]:
    """Whether the embedded Redis can read its own log."""
    path = settings.data / "redis" / "appendonly.aof"
    if settings.redis_url or not path.exists():
        return
    try:
        checker = redis_binary().parent / "redis-check-aof"
    except NoRedis:
        return
    if not checker.exists() and not shutil.which("redis-check-aof"):
        yield Finding("log file", "ok", f"{path.stat().st_size // 2**20} MB")
        return
    tool = str(checker) if checker.exists() else "redis-check-aof"
    answer = subprocess.run([tool, str(path)], capture_output=True, text=True, timeout=600)
    if answer.returncode == 0:
        yield Finding("log file", "ok", f"{path.stat().st_size // 2**20} MB, consistent")
    else:
        yield Finding("log file", "bad", "damaged", f"copy {path} away, then run: redis-check-aof --fix {path}")


def _redis(settings: Settings) -> Iterator[Finding]:
    client = connect(settings)
    try:
        info: Any = client.info()
        seconds, micros = client.time()
    except redis.RedisError as error:
        kind = "bad" if settings.redis_url else "note"
        advice = "check HEXWATCH_REDIS_URL" if settings.redis_url else "start Hexwatch, then run doctor again"
        yield Finding("Redis", kind, f"does not answer: {error}", advice)
        return
    version = tuple(int(part) for part in str(info["redis_version"]).split(".")[:2])
    fits = version >= OLDEST_REDIS
    yield Finding("Redis", "ok" if fits else "bad", f"{info['redis_version']} ({TESTED})", "" if fits else "use 6.2+")
    complaint = durability_complaint(client)
    yield Finding("durability", "bad" if complaint else "ok", complaint or "appendonly yes, appendfsync always")
    used_mb = int(info["used_memory"]) // 2**20
    full = used_mb > settings.max_memory_mb
    yield Finding(
        "memory",
        "bad" if full else "ok",
        f"{used_mb} MB of {settings.max_memory_mb} MB",
        "intake answers 503 until it shrinks; raise HEXWATCH_MAX_MEMORY_MB or shorten what is kept" if full else "",
    )
    off_s = time.time() - (seconds + micros / 1e6)
    yield Finding(
        "clock",
        "ok" if abs(off_s) < CLOCK_OFF_S else "bad",
        f"{off_s:+.3f} s against Redis",
        "" if abs(off_s) < CLOCK_OFF_S else "synchronise both machines: requests expire by this clock",
    )


def _cities(settings: Settings) -> Iterator[Finding]:
    for city_id in city_ids():
        try:
            load_city(city_id)
        except ValueError as error:
            yield Finding(f"city {city_id}", "bad", str(error), "see docs/cities.md")
    try:
        load_city(settings.city)
        yield Finding("city files", "ok", ", ".join(city_ids()))
    except ValueError as error:
        yield Finding("HEXWATCH_CITY", "bad", str(error), "see docs/cities.md")


def _presets(_: Settings) -> Iterator[Finding]:
    bad = False
    for name in presets():
        try:
            load_preset(name)
        except PresetError as error:
            bad = True
            yield Finding(f"preset {name}", "bad", str(error), "see docs/feeds.md")
    if not bad:
        yield Finding("presets", "ok", f"{len(presets())} read")


def _desk(settings: Settings) -> Iterator[Finding]:
    """What recommendations, response times and the search of places are made of, and who is sent cases."""
    files = (examine_plans, examine_travel, examine_targets, examine_alarms, examine_places, examine_onwards)
    for examine_one in (*files, examine_hotline):
        yield from (Finding(*said) for said in examine_one(settings))


def _fonts(_: Settings) -> Iterator[Finding]:
    """Fonts of this machine: they matter where a browser shows the wall, and for reports."""
    if shutil.which("fc-list") is None:
        yield Finding("fonts", "note", "fc-list is not installed, so fonts were not looked at")
        return
    for script, code in FONTS.items():
        answer = subprocess.run(["fc-list", f":lang={code}", "family"], capture_output=True, text=True, timeout=60)
        found = bool(answer.stdout.strip())
        yield Finding(
            f"font for {script}",
            "ok" if found else "note",
            answer.stdout.splitlines()[0] if found else "none",
            "" if found else "install Noto fonts on the machines that show the wall",
        )


def _wall(_: Settings) -> Iterator[Finding]:
    """What fits which screen: legibility is a formula, so say what it gives."""
    for distance_m in (3.0, 5.0, 8.0):
        viewing = Viewing(distance_m, PITCH_55_INCH_MM)
        parts = ", ".join(parts_shown(1920, 1080, viewing)) or "only the figures"
        yield Finding(f"wall at {distance_m:.0f} m", "ok", f'55" 1080p: {viewing.font_px or 0:.0f} px type; {parts}')


def _key(settings: Settings) -> Iterator[Finding]:
    if settings.api_key and len(settings.api_key) < 16:
        yield Finding("HEXWATCH_API_KEY", "bad", "shorter than 16 characters", "make a longer one, or use `key add`")
