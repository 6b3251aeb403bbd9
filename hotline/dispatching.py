"""To whom a case goes (direct dispatch): a catalogue in TOML that names lead, supporters and backstop, with reasons.

A suggestion decides nothing: a person dispatches, and may do so to anybody. Its reasons are English for whoever reads
the log; for pages each is a code with its value, and what the catalogue says itself has words in other languages there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Annotated

import msgspec

from geo.cities import base_city_id
from geo.toml_files import read_toml, typed
from hotline.case_rules import RULES
from hotline.cases import Case

GENERAL = "dispatching.toml"
AREA = "{area}"
FOREIGNER, ENTERPRISE = "foreigner", "enterprise"
CALLERS = (FOREIGNER, ENTERPRISE)
ENTERPRISE_CHANNELS = frozenset({"enterprise", "enterprise_line"})

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the catalogue. What it does not name fits everything."""

    lead: Name
    reason: Name
    reason_in: dict[Name, Name] = {}  # language -> the same in it
    categories: tuple[Name, ...] = ()
    areas: tuple[Name, ...] = ()
    callers: tuple[Name, ...] = ()
    kinds: tuple[Name, ...] = ()
    supporters: tuple[Name, ...] = ()

    @property
    def named(self) -> int:
        """How many things it names: the more, the better it knows."""
        return sum(map(bool, (self.categories, self.areas, self.callers, self.kinds)))


class Backstop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who takes a case for which nobody is named; `otherwise` where its area is not known."""

    lead: Name
    reason: Name
    reason_in: dict[Name, Name] = {}
    otherwise: str = ""


class Catalogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The catalogue of one city, with its version."""

    version: Name
    backstop: Backstop
    label: str = ""
    home_languages: tuple[str, ...] = ("",)
    bodies: dict[Name, dict[str, str]] = {}
    entries: tuple[Entry, ...] = ()

    @property
    def said(self) -> dict[str, dict[str, str]]:
        """Each reason of the catalogue, as facts hold it -> language -> the same in it."""
        named: tuple[Entry | Backstop, ...] = (self.backstop, *self.entries)
        return {one.reason: one.reason_in for one in named if one.reason_in}


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """One reason. `code`: entry or backstop, with the catalogue's own words as `value`; else category, area, kind or
    caller, with what of the case fitted."""

    code: str
    value: str


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """To whom a case should go. `is_backstop`: nobody is named for it. Empty lead: nobody is known at all."""

    lead: str
    supporters: tuple[str, ...]
    backstop: str
    is_backstop: bool
    reasons: tuple[str, ...]
    why: tuple[Why, ...]
    version: str
    label: str


def load_dispatching(city_id: str, folder: Path = RULES) -> Catalogue:
    """The catalogue of a city (`dispatching_<id>.toml`), else the general one of the folder.

    Raises ValueError that names the file, the key and what is needed.
    """
    own = folder / f"dispatching_{base_city_id(city_id)}.toml"
    path = own if own.is_file() else folder / GENERAL
    return typed(read_toml(path), Catalogue, path, "a dispatch catalogue")


def callers_of(case: Case, catalogue: Catalogue) -> tuple[str, ...]:
    """What kinds of caller a case is from, as its language and its channel say."""
    base = case.language.replace("_", "-").partition("-")[0].lower()
    found = []
    if base not in catalogue.home_languages:
        found.append(FOREIGNER)
    if case.channel in ENTERPRISE_CHANNELS:
        found.append(ENTERPRISE)
    return tuple(found)


def suggest(case: Case, catalogue: Catalogue, callers: Collection[str] | None = None) -> Suggestion:
    """The body that leads, those that support it, the backstop, and why."""
    callers = callers_of(case, catalogue) if callers is None else callers
    backstop = _body(catalogue.backstop.lead, case.area) or catalogue.backstop.otherwise
    fitting = [entry for entry in catalogue.entries if _fits(entry, case, callers)]
    fitting = [entry for entry in fitting if _body(entry.lead, case.area)]
    if not fitting:
        why = Why(code="backstop", value=catalogue.backstop.reason)
        return _suggestion(catalogue, backstop, (), backstop, (why,), is_backstop=True)
    best = max(fitting, key=lambda entry: entry.named)  # the first of those that name most
    lead = _body(best.lead, case.area)
    supporters = (_body(name, case.area) for name in best.supporters)
    supporting = tuple(dict.fromkeys(body for body in supporters if body and body != lead))
    return _suggestion(catalogue, lead, supporting, backstop, tuple(_why(best, case, callers)))


def _suggestion(
    catalogue: Catalogue,
    lead: str,
    supporters: tuple[str, ...],
    backstop: str,
    why: tuple[Why, ...],
    is_backstop: bool = False,
) -> Suggestion:
    return Suggestion(
        lead=lead,
        supporters=supporters,
        backstop=backstop,
        is_backstop=is_backstop,
        reasons=tuple(one.value if one.code in ("entry", "backstop") else f"{one.code} {one.value}" for one in why),
        why=why,
        version=catalogue.version,
        label=catalogue.label,
    )


def _fits(entry: Entry, case: Case, callers: Collection[str]) -> bool:
    return (
        (not entry.categories or case.category in entry.categories)
        and (not entry.areas or case.area in entry.areas)
        and (not entry.kinds or case.kind in entry.kinds)
        and (not entry.callers or any(caller in entry.callers for caller in callers))
    )


def _why(entry: Entry, case: Case, callers: Collection[str]) -> Iterator[Why]:
    yield Why(code="entry", value=entry.reason)
    if entry.categories:
        yield Why(code="category", value=case.category)
    if entry.areas:
        yield Why(code="area", value=case.area)
    if entry.kinds:
        yield Why(code="kind", value=case.kind)
    for caller in callers:
        if caller in entry.callers:
            yield Why(code="caller", value=caller)


def _body(name: str, area: str) -> str:
    return area if name == AREA else name


def check_dispatching(
    catalogue: Catalogue, agencies: Collection[str], categories: Collection[str], areas: Collection[str]
) -> list[str]:
    """What is odd about a catalogue of a city with these agencies, categories and areas; nothing when all is well.

    Empty collections are not compared: a city may have no catalogue of names.
    """
    known = {AREA, *agencies, *areas, *catalogue.bodies}
    backstop = (catalogue.backstop.lead, catalogue.backstop.otherwise)
    said = [f"backstop: {name} is nobody here" for name in _strangers(known, backstop)]
    seen: dict[tuple[object, ...], int] = {}
    for number, entry in enumerate(catalogue.entries, start=1):
        where = f"entries[{number}]"
        bodies = (entry.lead, *entry.supporters)
        said += [f"{where}: {name} is nobody here" for name in _strangers(known, bodies)]
        if categories and (unknown := sorted(set(entry.categories) - set(categories) - _SPECIAL)):
            said.append(f"{where}: no category {', '.join(unknown)}")
        if unknown := sorted(set(entry.callers) - set(CALLERS)):
            said.append(f"{where}: no kind of caller {', '.join(unknown)}; known: {', '.join(CALLERS)}")
        for category in entry.categories or ("",):
            key = (category, entry.areas, entry.callers, entry.kinds)
            if (first := seen.setdefault(key, number)) != number:
                said.append(f"{where}: says of {category or 'everything'} what entries[{first}] says already")
    return said


# Subjects that come from the international portal and need no name on the wall.
_SPECIAL = frozenset({"visa", "residence", "parks", "park_tickets"})


def _strangers(known: Collection[str], names: Iterable[str]) -> list[str]:
    return [name for name in names if name and name not in known]
