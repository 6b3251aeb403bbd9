"""Whatever the engine refuses a dispatcher has words in the desk's languages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from layouts.dispatch.reasons import REASONS, patterns
from tests.support.refusals import blanks, said_in

ROOT = Path(__file__).resolve().parents[2]
VERBS = ROOT / "dashboard" / "engine" / "verbs"
# The verbs of the dispatch desk, and the domain's own objections.
REFUSING = [
    VERBS / f"{name}.py"
    for name in (
        "__init__",
        "reading",
        "incidents",
        "units",
        "relations",
        "agencies",
        "alarms",
        "major",
        "tasks",
        "undo",
    )
]
OBJECTING = [ROOT / "emergency" / "handover.py", ROOT / "emergency" / "agencies.py"]
# What stands in a blank, by what the source calls it; the first that fits.
SAMPLES = {
    "assignments[": "on-scene",
    "step.what": "escalated",
    "clock(": "2026-03-04T17:00:00Z",
    "crew": "E1, E2",
    "there": "E1, E2",
    "members": "i2, i3",
    "parties": "110, 119",
    "known)": "110, 119",
    ", '.join": "i1, i2",
    "incident.kind": "Structure fire",
    "incident.priority": "2",
    "priority": "2",
    "asked.alarm": "2",
    "hours": "8",
    "seconds": "30",
    "known.state": "accepted",
    "handover.state": "returned",
    "alarm.state": "acknowledged",
    "task.state": "reached",
    "status": "on-scene",
    "now": "en-route",
    "unit": "E1",
    "incident": "i1",
    "lead": "i2",
    "stage": "closed",
    "on": "i1, i2",
    "about": "i1",
    "said": "triaged while closed",
    "answer": "accepted",
    "how": "leads",
}
UNSAID = {
    "unknown verb {}; known: {}",  # no page asks for one
    "{}: {}",  # a form that is wrong in itself
    "{}",
    "lat, lng: come together",
}


def objections_in(path: Path) -> list[tuple[str, str]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = []
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and function.name.startswith("refuse_"):
            for node in ast.walk(function):
                values = [node.body, node.orelse] if isinstance(node, ast.IfExp) else [getattr(node, "value", None)]
                if isinstance(node, ast.Return | ast.IfExp):
                    found += [blanks(value, SAMPLES) for value in values if isinstance(value, ast.expr)]
    return [one for one in found if one and one[0]]


REASONED = {one for path in REFUSING for one in said_in(path, SAMPLES) if one[0] not in UNSAID}
GIVEN = sorted(REASONED | {one for path in OBJECTING for one in objections_in(path)})


def test_there_are_many_reasons() -> None:
    assert len(GIVEN) > 60


@pytest.mark.parametrize(("bare", "filled"), GIVEN, ids=[bare for bare, _ in GIVEN])
def test_every_reason_has_words(bare: str, filled: str) -> None:
    assert [name for name, pattern, _ in REASONS if re.fullmatch(pattern, filled)], filled


def test_every_row_fills_the_blanks_of_its_text_and_is_named_once() -> None:
    assert len({name for name, _, _ in REASONS}) == len(REASONS)
    for name, pattern, text in REASONS:
        assert set(re.findall(r"\{(\w+)\}", text)) <= set(re.compile(pattern).groupindex), name
    assert all("?P<" not in pattern for _, pattern in patterns())


@pytest.mark.parametrize(
    ("reason", "name"),
    [
        ("unit E1 is on-scene on i1 already", "unit_there"),
        ("unit E1 is en-route on i1: stand_down", "unit_stand_down"),
        ("unit E1 is on-scene on i1: clear_unit", "unit_clear"),
        ("unit E1 is en-route on i1, i2 since", "unit_busy_since"),
        ("unit E1 is en-route on i1, i2", "unit_busy"),
        ("incident i1 is fire alarm, priority 2, already", "incident_is"),
        ("incident i1 is closed", "incident_closed"),
        ("110 leads: that is for its dispatchers to say", "not_yours"),
        ("escalate: more than 30 s ago", "too_late"),
        ("at: more than 24 h ago", "long_ago"),
        ("something that nobody ever said", ""),
    ],
)
def test_the_first_row_that_fits_is_the_right_one(reason: str, name: str) -> None:
    assert next((known for known, pattern, _ in REASONS if re.fullmatch(pattern, reason)), "") == name
