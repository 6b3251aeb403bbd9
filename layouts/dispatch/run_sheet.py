"""The run sheet of a unit: what its crew takes along on paper. Plain HTML, no script, nothing to load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from emergency.assignments import Assignment, Doing
from emergency.incidents import Incident
from emergency.units import Unit
from layouts.context import Context, name_in
from layouts.dispatch.markup import bdi, page, table, tag
from layouts.dispatch.voice import Voice, voice_of
from layouts.texts import Language, gettext
from layouts.texts import mark as N_

MODES = {"simulation": N_("SIMULATION"), "replay": N_("REPLAY")}


@dataclass(frozen=True)
class Job:
    """One incident on the sheet, with the personal fields that the reader may see: none, for some."""

    incident: Incident
    private: Mapping[str, str]
    is_next: bool = False  # it only waits for the unit


@dataclass(frozen=True)
class RunSheet:
    """A unit and its jobs, the newest first, as of `now` by the city's clock."""

    unit: Unit
    jobs: Sequence[Job]
    now: datetime
    mode: str
    shows_private: bool


def run_sheet(context: Context, lang: Language, sheet: RunSheet) -> str:
    """The whole page as text."""
    voice, _ = voice_of(context, lang, sheet.now), gettext(lang.id)
    unit, title = sheet.unit, _("Run sheet {unit}").format(unit=sheet.unit.unit_id)
    home = [voice.name("unit_kinds", unit.kind), unit.station, voice.name("agencies", unit.agency)]
    mode = MODES.get(sheet.mode)
    return page(
        title,
        lang,
        tag(
            "header",
            tag("h1", _("Run sheet"), " ", bdi(unit.unit_id)),
            tag("span", " · ".join(filter(None, home))),
            tag("span", _(mode), class_="mode") if mode else None,
            tag("span", name_in(context.city.names, lang, context.city.id), class_="quiet"),
        ),
        [_job(voice, sheet, job) for job in sheet.jobs] or tag("p", _("This unit is on no incident.")),
        tag("footer", _foot(voice, sheet), class_="quiet"),
    )


def _foot(voice: Voice, sheet: RunSheet) -> str:
    _ = gettext(voice.lang.id)
    said = _("As of {time} by the city's clock.").format(time=voice.at(sheet.now))
    return (
        said
        if sheet.shows_private
        else " ".join((said, _("Address and words are left out: your role may not see them.")))
    )


def _job(voice: Voice, sheet: RunSheet, job: Job) -> Markup:
    _ = gettext(voice.lang.id)
    incident = job.incident
    head = [bdi(voice.priority(incident.priority)), " ", voice.name("incident_kinds", incident.kind)]
    return tag(
        "section",
        tag("h2", _("Next job: ") if job.is_next else None, head),
        tag("dl", [[tag("dt", name), tag("dd", value)] for name, value in _facts(voice, job) if value]),
        _notes(voice, job),
        _crews(voice, sheet.unit.unit_id, incident),
        None if job.is_next else _stamps(voice, sheet.unit.unit_id, incident),
    )


def _facts(voice: Voice, job: Job) -> list[tuple[str, Any]]:
    _ = gettext(voice.lang.id)
    incident, private = job.incident, job.private
    place = f"{incident.lat:.5f}, {incident.lng:.5f}" if incident.lat is not None and incident.lng is not None else ""
    caller = " · ".join(filter(None, (private.get("name"), private.get("phone"))))
    moved = incident.places[-1] if incident.places else None
    return [
        (_("Incident"), bdi(incident.incident_id)),
        (_("Received"), bdi(voice.at(incident.occurred_at or incident.received_at))),
        (_("Address"), tag("bdi", private["address"], class_="large") if private.get("address") else None),
        (_("Area"), voice.name("areas", incident.area) if incident.area else None),
        (_("Position"), bdi(place) if place else _("place unknown")),
        (_("Corrected"), _("the place was another until {time}").format(time=voice.at(moved.until)) if moved else None),
        (_("What was said"), bdi(private["text"]) if private.get("text") else None),
        (_("Caller"), bdi(caller) if caller else None),
        (_("Leads"), voice.name("agencies", incident.agency) if incident.agency else None),
        (_("Linked with"), bdi(", ".join(incident.links)) if incident.links else None),
    ]


def _notes(voice: Voice, job: Job) -> Markup | None:
    """What people wrote down, oldest first."""
    _ = gettext(voice.lang.id)
    said = [
        tag("li", bdi(voice.at(step.at)), " ", bdi(step.by), ": ", bdi(text))
        for step in job.incident.steps
        if (text := job.private.get(f"note:{step.why}"))
    ]
    return tag("section", tag("h3", _("Notes")), tag("ul", said)) if said else None


def _crews(voice: Voice, unit_id: str, incident: Incident) -> Markup | None:
    _ = gettext(voice.lang.id)
    others = [a for a in incident.assignments if a.is_active and a.unit_id != unit_id]
    if not others:
        return None
    said = [tag("li", bdi(other.unit_id), " ", voice.status(other.status)) for other in others]
    return tag("section", tag("h3", _("Also sent")), tag("ul", said))


def _stamps(voice: Voice, unit_id: str, incident: Incident) -> Markup:
    """The steps with their times; those to come have a place to write."""
    _ = gettext(voice.lang.id)
    mine: Assignment | None = next((a for a in reversed(incident.assignments) if a.unit_id == unit_id), None)
    stamps = {doing.value: getattr(mine, f"{doing.value.replace('-', '_')}_at", None) for doing in Doing}
    rows = [
        tag("tr", tag("td", voice.status(step)), tag("td", bdi(voice.at(at)), class_="pen"))
        for step, at in stamps.items()
    ]
    rows.append(
        tag("tr", tag("td", _("Clear")), tag("td", bdi(voice.at(mine.cleared_at if mine else None)), class_="pen"))
    )
    return table([_("Step"), _("At")], rows)
