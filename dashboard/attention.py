"""What needs a decision now: at most three sentences for the strip, chosen by fixed rules from the current picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hotline.clusters import Cluster
from hotline.warned import MOST_OUTLINED

MOST = 3
Item = dict[str, Any]

# When an item comes, and when it goes. The thresholds to go are softer than those to come, so that a value that
# wavers around a threshold does not make the strip flicker.
UNASSIGNED_S = 60
UNASSIGNED_PRIORITY = 1
NEW_ALERT = timedelta(minutes=30)  # after that an alert is known, and stands on the map only
SEVERITIES = frozenset({"Extreme", "Severe"})
CHANNEL_CALLS = 20
CHANNEL_LEVEL, CHANNEL_LEVEL_TO_GO = 0.8, 0.85
CHANNEL_WAIT_S, CHANNEL_WAIT_S_TO_GO = 60, 30
CHANNEL_LEAST = timedelta(minutes=2)  # shown at least: the longest wait falls whenever its caller is answered
# The band holds 95 % of usual hours, so one in forty lies above it. A surge is one and a half times the way from
# the expected value to the upper edge (about 3 standard deviations, one hour in 700); it is over inside the band.
SURGE_REACH = 1.5
WARNINGS = 2  # a storm has many; the map and /warning show them all, and something else may need a decision, too
FADING = "fading"
SITUATION = "situation_at"  # of an item: when people made a situation of its matter
SITUATION_SAID = timedelta(minutes=10)  # that people made a situation of a matter is said so long, then it is known


@dataclass(frozen=True)
class Opened:
    """A situation that people opened: of which category, in which cells its cases lie, and when."""

    category: str
    cells: frozenset[str]
    at: datetime


@dataclass(frozen=True)
class Inputs:
    """The picture in plain values: views by topic as screens get them, and who answers for what.

    `warnings` are what early warning says. `clusters` come from `hotline.clusters.find_clusters` (categories, of any
    number), which stands in while early warning is not at work: then there are no warnings, otherwise no clusters.
    `situations` are those that were opened and are remembered. `grave` are the categories that the catalogue calls
    so, `themes` maps what warnings rest on to a category; `owners` maps categories and `kind_owners` incident kinds
    to agency ids; `hotline` is the agency of the hotline itself. `shown` are the items of the last call, which stay
    until their clearing rule holds. Instants may be datetimes or ISO texts.
    """

    now: datetime
    warnings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # topic `warnings`
    clusters: Sequence[Cluster] = ()
    situations: Sequence[Opened] = ()
    incidents: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # topic `incidents`
    channels: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # topic `channels`
    alerts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # topic `alerts.public`: in force
    sources: Mapping[str, Any] = field(default_factory=dict)  # topic `sources`
    figures: Mapping[str, Any] = field(default_factory=dict)  # needs cases.received_1h and band.*
    grave: frozenset[str] = frozenset()
    themes: Mapping[str, str] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    kind_owners: Mapping[str, str] = field(default_factory=dict)
    hotline: str = ""
    is_sensitive: Callable[[str], bool] = lambda kind: False
    shown: Sequence[Item] = ()


def needs_attention(inputs: Inputs) -> list[Item]:
    """At most three items, the gravest first, each in the shape of the topic `attention`.

    Kinds rank as in `RULES`, within a kind the older first; what became a situation comes after all of them. Where
    there are more than three of the last kind that finds room, those already shown stay.
    """
    candidates = [
        (
            rank + len(RULES) * (SITUATION in item),
            *(not _is_shown(item, inputs.shown), _instant(item["since"]), _identity(item)),
            item,
        )
        for rank, rule in enumerate(RULES.values())
        for item in rule(inputs)
    ]
    chosen = sorted(candidates, key=lambda c: c[:4])[:MOST]
    return [c[4] for c in sorted(chosen, key=lambda c: (c[0], c[2], c[3]))]


def attention_topic(items: Iterable[Item]) -> dict[str, Item]:
    """The items under the keys "1" to "3"."""
    return {str(place): item for place, item in enumerate(items, start=1)}


def clusters_shown(items: Iterable[Item]) -> list[Cluster]:
    """The clusters among shown items, as `find_clusters` takes them for `known` after a restart."""
    return [
        Cluster(category=item["category"], cells=frozenset(item["cells"]), since=_instant(item["since"]))
        for item in items
        if item["kind"] == "cluster"
    ]


# --- rules: each gives the items of its kind that should be shown now ---------------------------------------------


def _unassigned(inputs: Inputs) -> Iterable[Item]:
    """Incidents of priority 1 that nobody has been sent to for a minute. One unit, or the closing, clears it."""
    for incident in inputs.incidents.values():
        if incident["priority"] > UNASSIGNED_PRIORITY or incident["units"] or incident.get("status") == "closed":
            continue
        since = _instant(incident["received_at"])
        if (inputs.now - since).total_seconds() <= UNASSIGNED_S:
            continue
        # The wall is public: the kind of a sensitive incident, and the agency that would tell it, stay unsaid.
        kind = "" if inputs.is_sensitive(incident["kind"]) else incident["kind"]
        yield _item(
            "unassigned",
            since,
            inputs.kind_owners.get(kind, "") if kind else "",
            priority=incident["priority"],
            incident_kind=kind,
            area=incident["area"],
        )


def _warnings(inputs: Inputs) -> Iterable[Item]:
    """What early warning sees and nobody has taken up: acknowledging it, a case or a situation clears it, and so does
    that nothing new is found for half an hour. Grave ones first, then those already shown, then the strangest.
    """
    taken_up = ("acknowledged_at", "opened_cases", "situation_id")
    views = [w for w in inputs.warnings.values() if w["state"] != FADING and not any(w[name] for name in taken_up)]
    # Of what is counted and what callers say: the more calls tell of it, counts before words.
    views.sort(key=lambda w: (-w["observed"], bool(w["said"]), w["id"]))
    matters: list[tuple[bool, bool, float, Item]] = []
    told: list[tuple[str, set[str], Item]] = []
    for view in views:
        item, cells = _of_warning(view, inputs), set(view["cells"])
        known = next((t for t in told if t[0] == _width(item) and not t[1].isdisjoint(cells)), None)
        if known is not None:  # the same matter
            known[2]["since"] = min(known[2]["since"], item["since"], key=_instant)
            known[1].update(cells)
            continue
        told.append((_width(item), cells, item))
        is_grave = bool(item["said"]) or item["category"] in inputs.grave
        matters.append((not is_grave, not _is_shown(item, inputs.shown), view["per_day"], item))
    ranked = [matter[3] for matter in sorted(matters, key=lambda m: m[:3])]
    return sorted(_with_situations(ranked, inputs), key=lambda item: SITUATION in item)[:WARNINGS]


def _with_situations(items: Iterable[Item], inputs: Inputs) -> Iterable[Item]:
    """The same without the matters that became a situation some time ago; those that did lately say so."""
    for item in items:
        opened_at = _opened_at(item, inputs)
        if opened_at is None:
            yield item
        elif inputs.now - opened_at < SITUATION_SAID:
            yield item | {SITUATION: _iso(opened_at)}


def _opened_at(item: Item, inputs: Inputs) -> datetime | None:
    """When people opened the last situation of the same category and cells. One that is older than the reports that
    the item counts is about something else; what has no cells of its own is wider than any situation.
    """
    window = timedelta(hours=item["window_h"]) if "window_h" in item else timedelta(minutes=item["window_m"])
    since = _instant(item["since"]) - window
    same = (s for s in inputs.situations if s.category == item["category"] and s.at >= since)
    return max((s.at for s in same if not s.cells.isdisjoint(item["cells"])), default=None)


def _width(item: Item) -> str:
    """Two warnings of different width are never one matter: rain on the city is not the burst main in a street."""
    return f"{item['category']}|{bool(item['cells'])}"


def _of_warning(warning: Mapping[str, Any], inputs: Inputs) -> Item:
    category = inputs.themes.get(warning["said"], "") if warning["said"] else warning["category"]
    return _item(
        "warning",
        _instant(warning["since"]),
        warning["owner"] or inputs.owners.get(category, ""),
        warning_id=warning["id"],
        category=category,
        said=warning["said"],
        area=warning["area"],
        n=warning["observed"],
        expected=_rounded(warning["expected"]),
        window_h=warning["window_h"],
        cells=sorted(warning["cells"]) if len(warning["cells"]) <= MOST_OUTLINED else [],
    )


def _clusters(inputs: Inputs) -> Iterable[Item]:
    """Clusters found, which have a clearing rule of their own. The expected number moves only with the reports:
    it drifts with every case in the city, and a decimal that trembles is no news.
    """
    return _with_situations(_found(inputs), inputs)


def _found(inputs: Inputs) -> Iterable[Item]:
    warned = {(item["category"], cell) for item in _warnings(inputs) for cell in item["cells"]}
    for cluster in inputs.clusters:
        if any((cluster.category, cell) in warned for cell in cluster.cells):
            continue  # a warner that died left it; one matter is one sentence
        item = _item(
            "cluster",
            cluster.since,
            inputs.owners.get(cluster.category, ""),
            category=cluster.category,
            area=cluster.area,
            n=cluster.n,
            expected=_rounded(cluster.expected),
            window_m=cluster.window_m,
            cells=sorted(cluster.cells),
        )
        before = _shown_as(item, inputs.shown)
        same = before is not None and before["n"] == item["n"] and before["cells"] == item["cells"]
        yield item | {"expected": before["expected"]} if before is not None and same else item


def _alerts(inputs: Inputs) -> Iterable[Item]:
    """Extreme and severe alerts in the first half hour of their force; without an onset, as long as in force."""
    for alert_id, alert in inputs.alerts.items():
        if alert["severity"] not in SEVERITIES:
            continue
        onset_at = _instant(alert["onset_at"]) if alert.get("onset_at") else None
        if onset_at is not None and inputs.now - onset_at > NEW_ALERT:
            continue
        begun = onset_at is not None and onset_at <= inputs.now
        item = _item(
            "alert",
            onset_at if begun and onset_at else inputs.now,
            "",
            alert_id=alert_id,
            events=dict(alert["events"]),
            severity=alert["severity"],
            expires_at=_iso(_instant(alert["expires_at"])) if alert.get("expires_at") else None,
        )
        yield item if begun else _since_shown(item, inputs.shown)


def _channels(inputs: Inputs) -> Iterable[Item]:
    """Channels that drown: a bad service level over enough calls, and somebody waiting long at this moment."""
    for name, board in inputs.channels.items():
        level = board["service_level"]
        n, of, since = level["n"], level["of"], board["waiting_since"]
        longest_s = (inputs.now - _instant(since)).total_seconds() if since else 0.0
        item = _item(
            "channel",
            inputs.now,
            inputs.hotline,
            channel=name,
            waiting=board["waiting"],
            waiting_since=_iso(_instant(since)) if since else None,
            service_level={"n": n, "of": of},
        )
        before = _shown_as(item, inputs.shown)
        drowns = of >= CHANNEL_CALLS and n < CHANNEL_LEVEL * of and longest_s > CHANNEL_WAIT_S
        recovers = n >= CHANNEL_LEVEL_TO_GO * of or longest_s <= CHANNEL_WAIT_S_TO_GO
        lasts = before is not None and inputs.now - _instant(before["since"]) < CHANNEL_LEAST
        if drowns or (before is not None and (lasts or not recovers)):
            yield _since_shown(item, inputs.shown)


def _surge(inputs: Inputs) -> Iterable[Item]:
    """More cases in the last hour than the expected band explains."""
    figures = inputs.figures
    if "band.high" not in figures:
        return
    n, low, high = figures["cases.received_1h"], figures["band.low"], figures["band.high"]
    expected = figures.get("band.expected", (low + high) / 2)
    item = _item("surge", inputs.now, inputs.hotline, n=n, low=low, high=high)
    if n > expected + SURGE_REACH * (high - expected) or (n > high and _is_shown(item, inputs.shown)):
        yield _since_shown(item, inputs.shown)


def _stalled(inputs: Inputs) -> Iterable[Item]:
    """Sources that have been silent for longer than they may be, until they speak again."""
    for name, source in inputs.sources.items():
        last = source.get("last_event_at")
        if source.get("stale"):
            yield _since_shown(_item("stalled", _instant(last) if last else inputs.now, "", name=name), inputs.shown)


# In order of gravity: people in danger, danger that begins, danger foretold, people waiting, load, blindness.
RULES: dict[str, Callable[[Inputs], Iterable[Item]]] = {
    "unassigned": _unassigned,
    "warning": _warnings,
    "cluster": _clusters,
    "alert": _alerts,
    "channel": _channels,
    "surge": _surge,
    "stalled": _stalled,
}

# What makes two items of a kind the same, apart from clusters: those are the same when they share a cell.
_NAMED_BY: dict[str, tuple[str, ...]] = {
    "unassigned": ("since", "area", "incident_kind"),
    "warning": ("warning_id",),
    "cluster": ("category", "area"),
    "alert": ("alert_id",),
    "channel": ("channel",),
    "surge": (),
    "stalled": ("name",),
}


def _item(kind: str, since: datetime, owner: str, **params: Any) -> Item:
    return {"kind": kind, "since": _iso(since), "owner": owner, **params}


def _identity(item: Item) -> tuple[str, ...]:
    return tuple(str(item[name]) for name in _NAMED_BY[item["kind"]])


def _shown_as(item: Item, shown: Sequence[Item]) -> Item | None:
    """The item that was shown for the same thing, or None."""
    return next((other for other in shown if other["kind"] == item["kind"] and _is_same(item, other)), None)


def _is_shown(item: Item, shown: Sequence[Item]) -> bool:
    return _shown_as(item, shown) is not None


def _is_same(item: Item, other: Item) -> bool:
    if item["kind"] == "cluster":
        return item["category"] == other["category"] and not set(item["cells"]).isdisjoint(other["cells"])
    return _identity(item) == _identity(other)


def _since_shown(item: Item, shown: Sequence[Item]) -> Item:
    """The item with the instant at which it was first shown."""
    before = _shown_as(item, shown)
    return item if before is None else item | {"since": before["since"]}


def _rounded(expected: float) -> float:
    """To a tenth; below a tenth to one digit: 0.004 is not nothing."""
    return round(expected, 1) if expected >= 0.1 else float(f"{expected:.1g}")


def _instant(value: datetime | str) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
