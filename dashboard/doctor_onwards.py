"""Examining what sends cases on: the file of bodies, their keys, and what is stuck."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import redis

from dashboard.connect import connect
from dashboard.open311.onwards.bodies import BadBodies, Body, key_of, load_bodies
from dashboard.open311.onwards.books import Book, ledger_of
from dashboard.settings import PREFIX, Settings
from geo.cities import City, load_city
from streams.keys import Keys

Said = tuple[str, str, str, str]  # what, grade, found, advice
WHAT = "sending onwards"
ADVICE = "see docs/open311.md"


def examine_onwards(settings: Settings) -> Iterator[Said]:
    """Nothing where no body is configured; else each body, whether it can be sent to and what it was not."""
    if not settings.onwards:
        return
    try:
        bodies = load_bodies(Path(settings.onwards))
        city = load_city(settings.city)
    except (BadBodies, ValueError) as error:
        yield WHAT, "bad", str(error), ADVICE
        return
    for body in bodies:
        yield _body(settings, city, body)


def _body(settings: Settings, city: City, body: Body) -> Said:
    what = f"{WHAT} to {body.agency}"
    try:
        key_of(body, os.environ)
    except BadBodies as error:
        return what, "note", str(error), f"set it where `onwards run` is started; {PREFIX}ONWARDS names the file"
    if city.agencies and body.agency not in city.agencies:
        return what, "note", "the city's file names no such agency", "cases are sent to the owner of that very id"
    try:
        client, keys = connect(settings), Keys(settings.city)
        dead, waiting = ledger_of(client, keys, body.agency).count_dead(), len(Book(client, keys, body.agency).all())
    except redis.RedisError as error:
        return what, "note", f"not looked at: Redis does not answer: {error}", ""
    found = f"{waiting} cases are with them, {dead} could not be sent or were lost"
    return what, "bad" if dead else "ok", found, f"`onwards dead {body.agency} --retry`" if dead else ""
