"""The printed board: what a desk works from when every screen is dark. Plain HTML, no script, nothing to load."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from markupsafe import Markup

from layouts.context import Context, name_in
from layouts.dispatch.markup import bdi, page, table, tag
from layouts.dispatch.states import COLUMN_NAMES, COLUMNS, column_of
from layouts.dispatch.voice import Voice, voice_of
from layouts.texts import Language, gettext
from layouts.texts import mark as N_

Items = Mapping[str, Mapping[str, Any]]
MODES = {"simulation": N_("SIMULATION"), "replay": N_("REPLAY")}


@dataclass(frozen=True)
class BoardPicture:
    """What the engine committed at one instant: the topics of the desk, and whose instant it is.

    `now` is the city's clock, `written_at` the machine's; in a live city they differ by a second at most.
    """

    now: datetime
    mode: str
    seq: int
    written_at: datetime
    queue: Items = field(default_factory=dict)
    roster: Items = field(default_factory=dict)
    tasks: Items = field(default_factory=dict)


def paper_board(context: Context, lang: Language, picture: BoardPicture) -> str:
    """The whole page as text."""
    voice, _ = voice_of(context, lang, picture.now), gettext(lang.id)
    title = _("Board of {time}").format(time=f"{picture.now.astimezone(voice.zone):%H:%M}")
    city = name_in(context.city.names, lang, context.city.id)
    return page(
        f"{title} · {city}",
        lang,
        _head(voice, city, title, picture),
        tag("p", _("Radio first. Write beside each line what was done and when; enter it later with that time.")),
        _distress(voice, picture),
        _incidents(voice, picture),
        _tasks(voice, picture),
        _units(voice, picture),
        tag("footer", _foot(voice, picture), class_="quiet"),
    )


def _head(voice: Voice, city: str, title: str, picture: BoardPicture) -> Markup:
    _ = gettext(voice.lang.id)
    mode = MODES.get(picture.mode)
    counts = [sum(1 for one in picture.queue.values() if one.get("priority") == p) for p in (1, 2, 3)]
    free = sum(1 for unit in picture.roster.values() if column_of(unit.get("status", "")) == "available")
    figures = " · ".join(f"{voice.priority(p)}: {n}" for p, n in zip((1, 2, 3), counts, strict=True))
    return tag(
        "header",
        tag("h1", city, " · ", title),
        tag("span", f"{picture.now.astimezone(voice.zone):%Y-%m-%d}", class_="quiet"),
        tag("span", _(mode), class_="mode") if mode else None,
        tag("span", bdi(figures)),
        tag("span", _("{n} of {total} units available").format(n=free, total=len(picture.roster))),
    )


def _foot(voice: Voice, picture: BoardPicture) -> str:
    _ = gettext(voice.lang.id)
    said = _("Of {time} by the city's clock, commit {seq}; written {written} UTC, once a minute.")
    return said.format(time=voice.at(picture.now), seq=picture.seq, written=f"{picture.written_at:%Y-%m-%d %H:%M:%S}")


def _distress(voice: Voice, picture: BoardPicture) -> Markup | None:
    _ = gettext(voice.lang.id)
    lost = [unit for _id, unit in sorted(picture.roster.items()) if unit.get("distress")]
    if not lost:
        return None
    said = [tag("li", bdi(unit["id"]), " · ", _unit_line(voice, unit), class_="large") for unit in lost]
    return tag("section", tag("h2", "⚠ ", _("Crews in distress")), tag("ul", said))


# incidents


def _incidents(voice: Voice, picture: BoardPicture) -> Markup:
    _ = gettext(voice.lang.id)
    found = sorted(picture.queue.values(), key=lambda incident: _rank(incident))
    heads = [_("Priority"), _("Incident"), _("Since"), _("Where"), _("State"), _("Units"), _("Done on paper")]
    body = (
        table(heads, [_incident(voice, incident) for incident in found]) if found else tag("p", _("No open incident"))
    )
    return tag("section", tag("h2", _("Open incidents"), " ", bdi(len(found))), body)


def _rank(incident: Mapping[str, Any]) -> tuple[Any, ...]:
    return (*incident.get("rank", ()), incident.get("priority", 3), incident.get("received_at") or "", incident["id"])


def _incident(voice: Voice, incident: Mapping[str, Any]) -> Markup:
    names = ["grave" if incident.get("priority") == 1 else "", "exercise" if incident.get("exercise") else ""]
    cells: list[Any] = [
        bdi(voice.priority(incident.get("priority"))),
        [tag("strong", voice.name("incident_kinds", incident.get("kind", ""))), tag("br"), bdi(incident["id"])],
        bdi(voice.at(incident.get("received_at"))),
        _where(voice, incident),
        _state(voice, incident),
        _crews(voice, incident.get("units", ())),
    ]
    written = tag("td", class_="pen")
    return tag("tr", [tag("td", cell) for cell in cells], written, class_=" ".join(filter(None, names)) or None)


def _where(voice: Voice, incident: Mapping[str, Any]) -> list[Any]:
    """Area and position; addresses are personal and stand on no board."""
    _ = gettext(voice.lang.id)
    area = voice.name("areas", incident.get("area") or "")
    if incident.get("lat") is None:
        return [area or _("place unknown")]
    return [area, tag("br"), bdi(f"{incident['lat']:.5f}, {incident['lng']:.5f}")]


def _state(voice: Voice, incident: Mapping[str, Any]) -> list[Any]:
    _ = gettext(voice.lang.id)
    signs = [voice.why(code) for code in incident.get("why", ())]
    signs += [_("exercise")] if incident.get("exercise") else []
    signs += [_("major incident")] if incident.get("major") else []
    agencies = [
        f"{voice.name('agencies', name)}: {voice.say(f'agency.{state}') if f'agency.{state}' in voice.words else state}"
        for name, state in sorted((incident.get("agencies") or {}).items())
    ]
    return [" · ".join((voice.stage(incident.get("stage", "")), *signs, *agencies))]


def _crews(voice: Voice, units: Iterable[Mapping[str, Any]]) -> list[Any]:
    return [
        [
            tag("br") if n else None,
            bdi(unit["id"]),
            " ",
            voice.status(unit.get("status", "")),
            " ",
            bdi(voice.at(unit.get("at"))),
        ]
        for n, unit in enumerate(units)
    ]


# units


def _units(voice: Voice, picture: BoardPicture) -> Markup:
    _ = gettext(voice.lang.id)
    columns: dict[str, list[Mapping[str, Any]]] = {name: [] for name in COLUMNS}
    for _id, unit in sorted(picture.roster.items(), key=lambda pair: _natural(pair[0])):
        columns[column_of(unit.get("status", ""))].append(unit)
    blocks = [_column(voice, name, units) for name, units in columns.items() if units]
    none = tag("p", _("No unit is known"))
    return tag("section", tag("h2", _("Units by state")), tag("div", blocks, class_="states") if blocks else none)


def _column(voice: Voice, name: str, units: list[Mapping[str, Any]]) -> Markup:
    _ = gettext(voice.lang.id)
    said = [tag("li", tag("strong", bdi(unit["id"])), " ", _unit_line(voice, unit)) for unit in units]
    return tag("section", tag("h3", _(COLUMN_NAMES[name]), " ", bdi(len(units))), tag("ul", said))


def _unit_line(voice: Voice, unit: Mapping[str, Any]) -> list[Any]:
    """Kind and station, state with its time and who said so, where it works and what waits for it."""
    _ = gettext(voice.lang.id)
    home = " ".join(filter(None, (voice.name("unit_kinds", unit.get("kind") or ""), unit.get("station"))))
    line: list[Any] = [home, " · " if home else None, voice.status(unit.get("status", ""))]
    if unit.get("status_at"):
        line += [" ", bdi(voice.at(unit["status_at"]))]
    if unit.get("status_by"):
        line += [" (", bdi(unit["status_by"]), ")"]
    if unit.get("reason"):
        line += [" – ", unit["reason"]]
    if unit.get("incidents"):
        line += [" → ", bdi(", ".join(unit["incidents"]))]
    if unit.get("stacked"):
        line += [" · ", _("then {ids}").format(ids=", ".join(unit["stacked"]))]
    return line


def _natural(id_: str) -> tuple[tuple[int, Any], ...]:
    """E9 before E10."""
    parts: list[tuple[int, Any]] = []
    for char in id_:
        if char.isdigit() and parts and parts[-1][0] == 0:
            parts[-1] = (0, parts[-1][1] * 10 + int(char))
        else:
            parts.append((0, int(char)) if char.isdigit() else (1, char))
    return tuple(parts)


# tasks


def _tasks(voice: Voice, picture: BoardPicture) -> Markup:
    _ = gettext(voice.lang.id)
    due = sorted(picture.tasks.values(), key=lambda task: (task.get("due_at") or task.get("at") or "", task["id"]))
    heads = [_("Due"), _("Task"), _("Incident"), _("Language"), _("Tries"), _("Whose"), _("Done on paper")]
    body = table(heads, [_task(voice, task) for task in due]) if due else tag("p", _("Nothing to call back"))
    return tag("section", tag("h2", _("Tasks"), " ", bdi(len(due))), body)


def _task(voice: Voice, task: Mapping[str, Any]) -> Markup:
    _ = gettext(voice.lang.id)
    what = [_("call back") if task.get("kind") == "call-back" else str(task.get("kind", "")), " ", bdi(task["id"])]
    cells: list[Any] = [
        bdi(voice.at(task.get("due_at"))),
        what,
        bdi(task.get("incident_id") or ""),
        bdi(task.get("lang") or ""),
        bdi(task.get("tries", 0)),
        bdi(task.get("owner") or ""),
    ]
    return tag("tr", [tag("td", cell) for cell in cells], tag("td", class_="pen"))
