"""docs/api.md says what the code does: every event, field, permission, verb, parameter and address."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from flask import Flask

from dashboard.api.arguments import LISTS, PAGING
from dashboard.api.asking import VERBS
from dashboard.api.picture import MEASURES
from dashboard.roles import ROLES, Permission
from streams.codec import envelope_from, payload_of
from streams.events import TYPES
from tests.api.conftest import Door

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLES = [msgspec.json.decode(line) for line in PAGE.split("```jsonl\n")[1].split("```")[0].splitlines()]


def rows(first: str) -> list[list[str]]:
    """Cells of the table whose heading begins with `first`."""
    table = PAGE.split(f"\n| {first} |", 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def test_every_event_is_in_the_table_with_its_version_and_fields() -> None:
    written = {name.strip("`"): (int(version), fields.split(", ")) for name, version, fields, _ in rows("type")}
    assert written == {
        name: (cls.VERSION, [f"**{f.name}**" if f.required else f.name for f in msgspec.structs.fields(cls)])
        for name, cls in TYPES.items()
    }
    explained = {name.strip("`") for name, _, _ in rows("field")}
    assert explained == {field for cls in TYPES.values() for field in cls.__struct_fields__}


def test_every_event_has_one_example_and_each_is_understood() -> None:
    assert sorted(example["type"] for example in EXAMPLES) == sorted(TYPES)
    for example in EXAMPLES:
        payload = payload_of(envelope_from(example))
        assert set(example["data"]) <= set(payload.__struct_fields__)


def test_the_examples_of_sources_are_accepted_at_the_door(door: Door) -> None:
    outside = [e for e in EXAMPLES if e["type"].partition(".")[0] in ("case", "incident", "unit")]
    assert door.post("/events", outside).get_json() == {"accepted": len(outside), "errors": []}
    door.settle()
    assert door.city.dead() == []


def test_roles_and_permissions_are_as_written() -> None:
    heading = PAGE.split("\n| permission |", 1)[1].split("\n", 1)[0]
    roles = [cell.strip() for cell in heading.strip("|").split("|")]
    assert roles == list(ROLES)
    written = {cells[0].strip("`"): cells[1:] for cells in rows("permission")}
    assert written == {p: ["yes" if p in ROLES[role] else "" for role in ROLES] for p in Permission}


def test_every_verb_is_written_with_its_fields_and_permission() -> None:
    written = {
        name.strip("`"): (re.findall(r"[a-z][a-z0-9_]*", fields.split("(")[0]), re.findall(r"`(\w+)`", permission))
        for name, fields, permission in rows("verb")
    }
    assert written == {
        name: (list(verb.arguments.__struct_fields__), [p for p in (verb.permission, verb.other) if p])
        for name, verb in VERBS.items()
    }


def test_every_parameter_is_written() -> None:
    written = {name for cells in rows("parameter") for name in re.findall(r"`(\w+)`", cells[0])}
    assert written == {name for known in LISTS.values() for name in known} | set(PAGING)
    assert all(measure in PAGE for measure in MEASURES)


def test_every_address_is_written(door: Door) -> None:
    app: Flask = door.app
    for rule in app.url_map.iter_rules():
        address = re.sub(r"<(?:path:)?(\w+)>", lambda m: "{id}" if m[1] == "subject_id" else f"{{{m[1]}}}", str(rule))
        if not address.startswith("/api/") or "_rest" in address:
            continue
        for method in (rule.methods or set()) & {"GET", "POST"}:
            assert f"{method} {address}`" in PAGE, (method, address)


@pytest.mark.parametrize("command", re.findall(r"(https?://[^\s\"']+)", PAGE))
def test_examples_never_leave_this_machine(command: str) -> None:
    assert command.startswith("http://127.0.0.1:8050/api/v1/")
