"""`GET /api/v1/channels`: each channel's day in intervals of 15 or 30 minutes, peak and off-peak apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from flask import Blueprint, Response

from dashboard.api.answers import answer
from dashboard.api.arguments import Parser, one_of, read_arguments, text
from dashboard.api.context import ApiContext
from dashboard.city_time import city_time
from dashboard.roles import Permission
from hotline.case_rules import default_case_rules
from hotline.channel_rules import Standard
from hotline.channels import KEY_FORMAT, Quarter
from hotline.intervals import Interval, average_wait_s, percentile_wait_s
from hotline.service_levels import (
    FORMULAS,
    Peak,
    Variant,
    by_interval,
    effort_of,
    first_contact,
    handle_time_s,
    level,
    levels,
    observed_m,
    occupancy,
    peak_and_off,
    waits_of,
)

PARAMETERS: dict[str, Parser] = {
    "interval": one_of("15", "30"),
    "variant": one_of(*(variant.value for variant in Variant)),
    "channel": text,
}


def channels(blueprint: Blueprint, context: ApiContext) -> None:
    """Add the route."""

    @blueprint.get("/channels")
    @context.access.require(Permission.READ_PICTURE)
    def board() -> Response:
        asked = read_arguments(PARAMETERS)
        now = city_time(context.client, context.keys) or context.now()
        since = now.astimezone(context.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        known = _quarters(context, since, asked.get("channel", ""))
        rules = (context.hotline.rules if context.hotline else default_case_rules()).channels
        minutes = int(asked.get("interval", "15"))
        said = {}
        for name, of in sorted(known.items()):
            standard = rules.standard(name)
            variant = Variant(asked.get("variant", standard.variant))
            said[name] = _promised(standard, variant) | _channel(context, of, minutes, variant, rules.peak, now)
        return answer(
            {
                "interval": minutes,
                "since": since,
                "now": now,
                "peak": {"from_h": rules.peak.start_h, "until_h": rules.peak.end_h},
                "formulas": FORMULAS,
                "channels": said,
            }
        )


def _quarters(context: ApiContext, since: datetime, only: str) -> dict[str, dict[datetime, Interval]]:
    """The quarters of the day by channel, as last committed."""
    stored: Any = context.client.hgetall(context.keys.of("quarters"))
    decode = msgspec.json.Decoder(Quarter).decode
    found: dict[str, dict[datetime, Interval]] = {}
    for key, raw in stored.items():
        at = datetime.strptime(key.decode(), KEY_FORMAT).replace(tzinfo=UTC)
        if at < since:
            continue
        for name, interval in decode(raw).items():
            if not only or name == only:
                found.setdefault(name, {})[at] = interval
    return found


def _promised(standard: Standard, variant: Variant) -> dict[str, Any]:
    """What the channel's callers are promised, and by which variant that is reckoned here."""
    return {"variant": variant, "threshold_s": standard.threshold_s, "goal": standard.goal, "short_s": standard.short_s}


def _channel(
    context: ApiContext, quarters: dict[datetime, Interval], minutes: int, variant: Variant, peak: Peak, now: datetime
) -> dict[str, Any]:
    first, lasts = first_contact(quarters), timedelta(minutes=minutes)
    intervals = []
    for start, one in by_interval(quarters, minutes).items():
        if one.offered:
            within = [at for at in quarters if start <= at < start + lasts]
            intervals.append({"at": start, **_counted(one, variant, observed_m(within, first, now))})
    told: dict[str, Any] = {"intervals": intervals}
    for name, total in peak_and_off(quarters, context.zone, peak).items():
        if total.offered:  # what a channel does not have is not shown as zero
            of = [at for at in quarters if peak.holds(at, context.zone) is (name == "peak")]
            counted = _counted(total, variant, observed_m(of, first, now))
            told[name] = counted | {"service_levels": levels(waits_of(total))}
    return told


def _counted(interval: Interval, variant: Variant, observed: int | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "offered": interval.offered,
        "answered": interval.answered,
        "abandoned": interval.abandoned,
        "short": interval.short,
        "service_level": level(variant, waits_of(interval)),
        "asa_s": average_wait_s(interval),
        "p90_wait_s": percentile_wait_s(interval),
        "talk_s": round(interval.talk_ms / 1000, 1),
    }
    if (effort := effort_of(interval)) is not None:
        told |= {"aht_s": handle_time_s(effort), "occupancy": occupancy(effort, observed)}
    if interval.tongues:
        languages = sorted(interval.tongues.items())
        told["languages"] = {tongue: _counted(one, variant, observed) for tongue, one in languages if one.offered}
    return told
