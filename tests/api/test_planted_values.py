"""Names, numbers, addresses and words that were planted everywhere are found nowhere but where they may stand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from dashboard.health import health
from tests.api.conftest import Door
from tests.support.engines import everything

# Each is found by itself: none is part of another, nor of anything that the program says.
NAME, EMAIL, ADDRESS = "Zephyrine Quillfeather", "zq@post.example", "9 Cordwainer Row"
SAID = ("a marimba at midnight", "沙漏广场的唢呐")
NOTES = ("promised a marzipan", "the answer is marjoram", "widdershins at the gate", "gallimaufry on the roof")
NUMBERS = ("617-555-0142", "(617) 555-0188", "6175550142", "6175550188")
WORDS = (NAME, EMAIL, ADDRESS, *SAID, *NOTES)
# Where the engine has not yet been, and what it could not take, are as they came; docs/operations.md says so.
AS_CAME = ("inbox", "requests", "held", "dead")


def planted(door: Door) -> None:
    """Every entity that takes personal fields gets some, from outside and from desks."""
    city = door.city
    said: dict[str, Any] = {"name": NAME, "email": EMAIL, "address": ADDRESS, "phone": NUMBERS[0]}
    city.case("c1", category="Noise", text=SAID[0], **said)
    city.case("c2", category="Noise", text=SAID[1], name=NAME, phone=NUMBERS[1], kind="enquiry")
    city.case("c3", category="Noise", kind="enquiry")
    city.post("case.amended", case_id="c1", text=SAID[1], address=ADDRESS)
    city.post("case.noted", case_id="c1", note_id="n1", text=NOTES[0])
    city.post("case.answered", case_id="c2", language="en", answer=NOTES[1])
    city.post("incident.received", incident_id="i1", kind="fire", priority=1, text=SAID[0], **said)
    city.post("incident.noted", incident_id="i1", note_id="n2", text=NOTES[2])
    city.post("call.offered", source="phones", call_id="K1", channel="911", phone=NUMBERS[1])
    city.post("call.abandoned", source="phones", call_id="K1")
    heard: dict[str, Any] = {"lang": "zh", "text": SAID[1], "translated": SAID[0], "by": "machine"}
    city.post("call.said", source="translator", call_id="K2", **heard)
    door.settle()
    asked = [
        city.ask("create_incident", kind="fire", priority=2, text=SAID[1], phone=NUMBERS[1], address=ADDRESS),
        city.ask("note", incident_id="i1", text=NOTES[3]),
        city.ask("relocate", incident_id="i1", address=ADDRESS, lat=42.35, lng=-71.06),
        city.ask("note_case", role="hotline", case_id="c1", text=NOTES[3]),
        city.ask("answer_case", role="hotline", case_id="c3", answer=NOTES[1], language="en"),
    ]
    door.settle()
    assert [city.reply(request)["outcome"] for request in asked] == ["done"] * len(asked)


def look_at_everything(door: Door) -> list[bytes]:
    """What the API tells about it: answers to those who may not know, and lists and exports to those who may."""
    door.app.register_blueprint(health(door.city.client, door.city.keys, lambda: 0.0, lambda: 0))
    caller = door.city.sealer.caller_of(NUMBERS[0])
    for path in ("/cases/c1", "/incidents/i1", f"/callers/{caller}", f"/search?q={NUMBERS[0]}", "/search?q=marimba"):
        assert door.get(path, "hotline").status_code == 200
    assert door.post(f"/callers/{caller}/reveal", None, "hotline").status_code == 200
    blind = [
        door.get(path, "viewer") for path in ("/cases/c1", "/cases?q=marimba", "/incidents/i1", "/tasks", "/picture")
    ]
    shared = ["/cases/rows?list=open", "/worklists", *(f"/cases/export.{form}" for form in ("csv", "html"))]
    listed = [door.get(path, "hotline") for path in shared]
    return [answer.get_data() for answer in (*blind, *listed, door.client.get("/metrics"))]


def flat(value: Any) -> Iterable[bytes]:
    """Every byte string in a nested value."""
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, dict):
        for pair in value.items():
            yield from flat(pair)
    elif isinstance(value, list | tuple | set):
        for inner in value:
            yield from flat(inner)


def found_in(texts: Iterable[bytes], wanted: Iterable[str]) -> set[str]:
    whole = b"\n".join(texts)
    return {word for word in wanted if word.encode() in whole}


def test_planted_values_stand_where_they_may_and_nowhere_else(door: Door, capfd: pytest.CaptureFixture[str]) -> None:
    planted(door)
    told = look_at_everything(door)
    door.city.wall.pass_(seconds=int(timedelta(minutes=2).total_seconds()))
    door.settle()
    stored = everything(door.city.client, door.city.keys)
    nouns = {key.split(":")[2]: list(flat(value)) for key, value in stored.items()}
    assert {"events", "frames", "private", "audit", "cases", "acts"} <= nouns.keys()
    for noun, texts in nouns.items():
        assert found_in(texts, NUMBERS) == set() or noun in AS_CAME, noun
        assert found_in(texts, WORDS) == set() or noun in (*AS_CAME, "private"), noun
    assert found_in(nouns["private"], WORDS) == set(WORDS)  # they were planted, and kept
    files = [path.read_bytes() for path in door.tail.writer.path.parent.glob("reader.sqlite*")]
    assert found_in(files, NUMBERS) == set()
    assert found_in(files, (NAME, ADDRESS)) == {NAME, ADDRESS}
    assert found_in(told, (*WORDS, *NUMBERS)) == set()
    logged = capfd.readouterr()
    assert found_in([logged.out.encode(), logged.err.encode()], (*WORDS, *NUMBERS)) == set()
