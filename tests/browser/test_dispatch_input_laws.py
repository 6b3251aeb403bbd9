"""What comes in at the desk, as laws without a server: what a line means, what a form owes, what is heard when."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.scripts import ASSETS

pytestmark = pytest.mark.browser

PURE = (
    *("15-core.js", "65-fields.js", "65-command.js", "66-corrections.js", "67-alarms.js", "68-sound.js", "69-lock.js"),
    "70-tasks.js",
)
KNOWN = {
    "units": {
        "E39": {"incidents": ["260304-1042"], "status": "en-route"},
        "F001": {"incidents": [], "status": "available"},
        "T08": {"incidents": [], "status": "available"},
        "B2": {"incidents": ["260304-1042", "260304-1043"], "status": "on-scene"},
    },
    "incidents": {
        "260304-1042": {"kind": "fire"},
        "260304-1043": {"kind": "medical"},
        "260304-0042": {"kind": "fire"},
        "260303-0042": {"kind": "fire"},
    },
    "kinds": {"fire": "火灾", "medical": "急救", "structure_fire": "حريق مبنى"},
    "agencies": {"110": "Police", "119": "Fire"},
    "selected": "260304-1043",
    "now": 1772643600000,  # 2026-03-04T17:00:00Z, 01:00 the next morning in Shanghai
    "zone": "Asia/Shanghai",
}
READ = """([line, known]) => {
  const asMap = (table) => new Map(Object.entries(table));
  return hexwatch.readCommand(line, { ...known, units: asMap(known.units), incidents: asMap(known.incidents) });
}"""


@pytest.fixture(scope="module")
def scripts(browser: Any) -> Any:
    page = browser.new_page()
    page.goto("about:blank")
    for name in PURE:
        page.add_script_tag(path=str(ASSETS / name))
    yield page
    page.close()


def read(scripts: Any, line: str, **known: Any) -> dict[str, Any]:
    """What the grammar makes of a line."""
    found: dict[str, Any] = scripts.evaluate(READ, [line, KNOWN | known])
    return found


ON_SCENE = {"verb": "report", "unit_id": "E39", "incident_id": "260304-1042", "status": "on-scene"}
READY: list[tuple[str, dict[str, Any]]] = [
    ("E39 os", ON_SCENE),
    (";e39  OS", ON_SCENE),
    ("E39 os 1042", ON_SCENE),
    ("E39 os @00:58", ON_SCENE | {"at": "2026-03-04T16:58:00.000Z"}),
    ("E39 os @23:30", ON_SCENE | {"at": "2026-03-04T15:30:00.000Z"}),
    ("E39 os @-5", ON_SCENE | {"at": "2026-03-04T16:55:00.000Z"}),
    ("f1 > 1042", {"verb": "dispatch", "incident_id": "260304-1042", "unit_ids": ["F001"]}),
    ("F1>1043", {"verb": "dispatch", "incident_id": "260304-1043", "unit_ids": ["F001"]}),
    ("f1, t8 to .", {"verb": "dispatch", "incident_id": "260304-1043", "unit_ids": ["F001", "T08"]}),
    (
        "E39 > 1043 graver",
        {"verb": "divert", "unit_id": "E39", "incident_id": "260304-1043", "reason": "graver"},
    ),
    ("E39 >> 1043", {"verb": "stack", "unit_id": "E39", "incident_id": "260304-1043"}),
    ("b2 cl 1043", {"verb": "clear_unit", "unit_id": "B2", "incident_id": "260304-1043"}),
    ("T8 oos flat tyre", {"verb": "signal_unit", "unit_id": "T08", "status": "out_of_service", "reason": "flat tyre"}),
    ("T8 ok", {"verb": "check_in", "unit_id": "T08"}),
    ("E39 mayday roof came down", {"verb": "unit_emergency", "unit_id": "E39", "reason": "roof came down"}),
    (
        "new fire p1 Main St 12: smoke from roof",
        {"verb": "create_incident", "kind": "fire", "priority": 1, "text": "smoke from roof"},
    ),
    (
        "1042 p1 people inside",
        {"verb": "escalate", "incident_id": "260304-1042", "priority": 1, "reason": "people inside"},
    ),
    (
        "1042 alarm 2 it spreads",
        {"verb": "further_alarm", "incident_id": "260304-1042", "alarm": 2, "reason": "it spreads"},
    ),
    ("260304-0042 n key at 12", {"verb": "note", "incident_id": "260304-0042", "text": "key at 12"}),
    ("1042 = 1043", {"verb": "merge", "incident_id": "260304-1042", "into": "260304-1043"}),
    (". passed no", {"verb": "answer_hand_over", "incident_id": "260304-1043", "answer": "declined"}),
    (
        "1042 cas 1 2 3",
        {"verb": "report_casualties", "incident_id": "260304-1042", "t1": 1, "t2": 2, "t3": 3, "dead": 0},
    ),
    ("u", {"verb": "undo"}),
]


@pytest.mark.parametrize(("line", "asked"), READY, ids=[line for line, _ in READY])
def test_what_radio_brings_is_one_request(scripts: Any, line: str, asked: dict[str, Any]) -> None:
    found = read(scripts, line)
    assert (found["state"], found.get("args")) == ("ready", asked)


@pytest.mark.parametrize(
    "line",
    ["ث39 خس", "Ｅ39　ｏｓ", "E39 os ١٠٤٢", "؛e39 os", "；E39 os 1042"],
    ids=["arabic keyboard", "full width", "arabic digits", "arabic semicolon", "chinese semicolon"],
)
def test_codes_are_the_same_on_every_keyboard(scripts: Any, line: str) -> None:
    assert read(scripts, line)["args"] == ON_SCENE


@pytest.mark.parametrize(
    ("line", "kind"), [("new 火灾", "fire"), ("new حريق", "structure_fire"), ("new str", "structure_fire")]
)
def test_a_kind_may_be_said_in_ones_own_language(scripts: Any, line: str, kind: str) -> None:
    assert read(scripts, line)["args"]["kind"] == kind


@pytest.mark.parametrize(
    ("line", "code", "expects"),
    [
        ("zz os", "head", ["head"]),
        ("E39 dance", "word", ["word:unit"]),
        ("F1 > 999", "incident", ["incident"]),
        ("F1 os", "not_busy", []),
        ("E39 os 1043", "not_there", []),
        ("42 p1", "many", []),
        ("T8 av @00:10", "no_time", []),
        ("E39 os @25:00", "time", []),
        ("E39, F1 > 1043", "one_divert", []),
        ("1042 cas a 1 2", "number", ["number"]),
        ("E39 os 1042 now", "rest", []),
    ],
)
def test_what_is_not_understood_is_named_and_says_what_is_expected(
    scripts: Any, line: str, code: str, expects: list[str]
) -> None:
    found = read(scripts, line)
    assert (found["state"], found["code"], found["expects"]) == ("wrong", code, expects)
    assert "args" not in found


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("E", ["E39 "]),
        ("F1 ", ["F1 > ", "F1 >> ", "F1 av ", "F1 rt ", "F1 oos ", "F1 oc ", "F1 ic ", "F1 ok "]),
        ("F1 > 10", ["F1 > 260304-1042 ", "F1 > 260304-1043 "]),
        ("new med", []),
        ("new 急x", []),
        ("1042 ask 1", ["1042 ask 110 ", "1042 ask 119 "]),
    ],
)
def test_what_could_follow_is_offered_as_the_line_to_go_on_with(scripts: Any, line: str, offered: list[str]) -> None:
    assert [offer["line"] for offer in read(scripts, line)["offers"]] == offered


def test_a_unit_on_two_incidents_is_asked_on_which(scripts: Any) -> None:
    found = read(scripts, "B2 os")
    assert (found["state"], found["code"], found["expects"]) == ("missing", "which", ["incident"])
    assert found["values"]["among"] == ["260304-1042", "260304-1043"]


def test_every_offer_leads_on(scripts: Any) -> None:
    """Whatever is taken from the list is understood, or asks for the next thing: completion never leads astray."""
    seen, lines = set(), ["", "E39 ", "F001 ", "260304-1042 "]
    while lines:
        line = lines.pop()
        found = read(scripts, line)
        assert found["state"] != "wrong", line
        if line in seen or len(line.split()) > 3:
            continue
        seen.add(line)
        lines += [offer["line"] for offer in found["offers"]]
    assert len(seen) > 30


def test_a_time_is_the_last_one_that_the_citys_clock_showed(scripts: Any) -> None:
    """Also over the night in which clocks were set forward (Boston, 2026-03-08, 02:00 to 03:00)."""
    script = """([h, m, now, zone]) => new Date(hexwatch.lastTime(h, m, 0, Date.parse(now), zone)).toISOString()"""
    at = [
        scripts.evaluate(script, [h, m, "2026-03-08T08:00:00Z", "America/New_York"])
        for h, m in ((3, 30), (1, 30), (4, 0))
    ]
    assert at == ["2026-03-08T07:30:00.000Z", "2026-03-08T06:30:00.000Z", "2026-03-08T08:00:00.000Z"]
    assert scripts.evaluate(script, [5, 0, "2026-03-08T08:00:00Z", "America/New_York"]) == "2026-03-07T10:00:00.000Z"


EMPTY = {"kind": "", "priority": 2, "place": None, "address": "", "phone": "", "name": "", "text": ""}
OWES = "([id, saved, now]) => hexwatch.corrections(id, saved, now)"


@pytest.mark.parametrize(
    ("now", "first"),
    [
        ({"kind": "fire"}, {"kind": "fire", "priority": 2}),
        ({"phone": "617"}, {"phone": "617", "priority": 2}),
        ({"text": "smoke"}, {"text": "smoke", "priority": 2}),
        ({"address": "by the bridge"}, {"address": "by the bridge", "priority": 2}),
        (
            {"place": {"lat": 1.5, "lng": 2.5, "area": "Roxbury", "name": "x"}, "priority": 1},
            {"lat": 1.5, "lng": 2.5, "area": "Roxbury", "priority": 1},
        ),
    ],
    ids=["kind", "phone", "words", "address", "place"],
)
def test_a_new_incident_is_saved_by_whatever_is_known_first(
    scripts: Any, now: dict[str, Any], first: dict[str, Any]
) -> None:
    assert scripts.evaluate(OWES, ["", EMPTY, EMPTY | now]) == [{"verb": "create_incident"} | first]


def test_a_priority_or_a_name_alone_is_no_incident(scripts: Any) -> None:
    assert scripts.evaluate(OWES, ["", EMPTY, EMPTY | {"priority": 1, "name": "Li"}]) == []


def test_what_comes_after_the_first_field_corrects_it(scripts: Any) -> None:
    saved = EMPTY | {"kind": "fire"}
    now = saved | {"priority": 1, "place": {"lat": 1.5, "lng": 2.5, "area": ""}, "phone": "617", "text": "smoke"}
    assert scripts.evaluate(OWES, ["i1", saved, now]) == [
        {"verb": "triage", "incident_id": "i1", "priority": 1},
        {"verb": "relocate", "incident_id": "i1", "lat": 1.5, "lng": 2.5},
        {"verb": "note", "incident_id": "i1", "said": [["phone", "617"], ["text", "smoke"]]},
    ]
    assert scripts.evaluate(OWES, ["i1", now, now]) == []


def alarm(id_: str, **more: Any) -> dict[str, Any]:
    base = {"id": id_, "kind": "unassigned", "severity": 2, "subject": f"incident:{id_}", "owner": "Roxbury"}
    return base | {"at": "2026-03-04T17:00:00Z", "state": "sounding", "escalated": False, "count": 1} | more


DUTY = "const duty = (positions, held = []) => ({ positions, held: new Set(held) });"


@pytest.mark.parametrize(
    ("positions", "held", "more", "sounds"),
    [
        (["Roxbury"], ["Roxbury"], {}, True),
        (["Dorchester"], ["Roxbury", "Dorchester"], {}, False),
        (["Dorchester"], ["Dorchester"], {"escalated": True}, True),
        (["Dorchester"], ["Dorchester"], {"kind": "distress"}, True),
        (["city"], ["city"], {}, True),
        (["city"], ["city", "Roxbury"], {}, False),
        (["city"], ["city"], {"owner": ""}, True),
        ([], ["Roxbury"], {}, True),
        (["Roxbury"], ["Roxbury"], {"state": "acknowledged"}, False),
        (["Roxbury"], ["Roxbury"], {"state": "shelved"}, False),
    ],
)
def test_an_alarm_sounds_where_somebody_must_act(
    scripts: Any, positions: list[str], held: list[str], more: dict[str, Any], sounds: bool
) -> None:
    script = f"([a, p, h]) => {{ {DUTY} return hexwatch.isSoundingHere(a, duty(p, h)); }}"
    assert scripts.evaluate(script, [alarm("a", **more), positions, held]) is sounds


def test_a_crew_in_distress_stands_above_everything(scripts: Any) -> None:
    alarms = [
        alarm("acknowledged", severity=1, state="acknowledged"),
        alarm("shelved", severity=1, state="shelved"),
        alarm("second"),
        alarm("grave", severity=1),
        alarm("distress", kind="distress", severity=1, state="acknowledged"),
    ]
    script = f"(all) => {{ {DUTY} return hexwatch.alarmsInOrder(all, duty([])).map((a) => a.id); }}"
    assert scripts.evaluate(script, alarms) == ["distress", "grave", "second", "acknowledged", "shelved"]


def test_the_rate_counts_each_beginning_once_for_ten_minutes(scripts: Any) -> None:
    script = f"""(all) => {{
      {DUTY}
      const rate = new hexwatch.AlarmRate(), at = (m) => Date.parse("2026-03-04T17:00:00Z") + m * 60000;
      const [a, b, acknowledged, back] = all;
      return [
        rate.hear([a, b], duty(["Roxbury"]), at(1)), rate.hear([acknowledged], duty(["Roxbury"]), at(2)),
        rate.hear([back], duty(["Roxbury"]), at(6)), rate.count(at(11)), rate.count(at(16)),
      ];
    }}"""
    back = alarm("a", state_at="2026-03-04T17:05:00Z")
    acknowledged = alarm("a", state="acknowledged", state_at="2026-03-04T17:02:00Z")
    elsewhere = alarm("b", owner="Dorchester")
    assert scripts.evaluate(script, [alarm("a"), elsewhere, acknowledged, back]) == [1, 1, 2, 1, 0]


@pytest.mark.parametrize(
    ("n", "level"), [(0, "few"), (1, "few"), (2, "most"), (3, "many"), (10, "many"), (11, "flood")]
)
def test_the_rate_is_judged_by_the_guidance(scripts: Any, n: int, level: str) -> None:
    guidance = {"acceptable": 1, "manageable": 2, "flood": 10}
    assert scripts.evaluate("([n, g]) => hexwatch.rateLevel(n, g)", [n, guidance]) == level


def test_there_are_four_sounds_and_all_differ(scripts: Any) -> None:
    notes = scripts.evaluate("() => Object.values(hexwatch.SOUNDS).map((s) => JSON.stringify(s.notes))")
    assert len(notes) == len(set(notes)) == 4


SOUNDS = """(steps) => {
  const sounding = new hexwatch.Sounding(), heard = [];
  for (const [now, alarms, arrived] of steps) {
    sounding.arrived(arrived || []);
    sounding.hear(alarms, now);
    heard.push(sounding.take(now));
  }
  return heard;
}"""


def test_what_sounds_is_repeated_until_somebody_acknowledges_it_anywhere(scripts: Any) -> None:
    grave = alarm("a", severity=1)
    steps = [[0, [grave]], [4000, [grave]], [8000, [grave]], [15000, []], [24000, []], [25000, [grave]]]
    assert scripts.evaluate(SOUNDS, steps) == ["urgent", None, "urgent", None, None, "urgent"]


def test_what_comes_together_is_one_sound_and_the_gravest_is_heard(scripts: Any) -> None:
    all_at_once = [alarm("a"), alarm("b", severity=1), alarm("c", kind="distress", severity=1), alarm("d", severity=3)]
    assert scripts.evaluate(SOUNDS, [[0, all_at_once]]) == ["distress"]


def test_a_new_priority_1_is_heard_once_and_its_alarm_repeats_it(scripts: Any) -> None:
    new = alarm("n", kind="new", severity=1, subject="incident:i1")
    arrived = [{"id": "i1", "priority": 1}]
    steps = [[0, [], arrived], [1500, [new], []], [9600, [new], []], [9700, [], [{"id": "i2", "priority": 3}]]]
    assert scripts.evaluate(SOUNDS, steps) == ["urgent", None, "urgent", None]


def test_two_priority_1_in_a_flood_are_both_heard(scripts: Any) -> None:
    steps = [[0, [], [{"id": "i1", "priority": 1}]], [5000, [], [{"id": "i2", "priority": 1}]]]
    assert scripts.evaluate(SOUNDS, steps) == ["urgent", "urgent"]


def test_a_sound_that_waits_for_another_one_comes_within_a_second(scripts: Any) -> None:
    steps = [[0, [], [{"id": "i1", "priority": 3}]], [100, [], [{"id": "i2", "priority": 1}]], [1000, [], []]]
    assert scripts.evaluate(SOUNDS, steps) == ["notice", None, "urgent"]


@pytest.mark.parametrize(
    ("idle_ms", "after_ms", "how"),
    [
        (0, 600_000, "here"),
        (569_000, 600_000, "here"),
        (570_000, 600_000, "soon"),
        (600_000, 600_000, "away"),
        (9e9, 0, "here"),
    ],
)
def test_a_desk_left_alone_says_so_before_it_locks(scripts: Any, idle_ms: float, after_ms: float, how: str) -> None:
    assert scripts.evaluate("([i, a]) => hexwatch.idleness(i, a)", [idle_ms, after_ms]) == how


def test_call_backs_stand_in_the_order_in_which_they_are_due(scripts: Any) -> None:
    tasks = [{"id": "b", "due_at": "2026-03-04T17:02:00Z"}, {"id": "c"}, {"id": "a", "due_at": "2026-03-04T17:01:00Z"}]
    assert scripts.evaluate("(t) => hexwatch.tasksInOrder(t).map((x) => x.id)", tasks) == ["a", "b", "c"]
