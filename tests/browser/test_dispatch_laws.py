"""The desk's decisions without a page: the queue's order, keys on every layout, what is sent, and what became of it."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.browser.scripts import DESK, load_scripts

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(page: Any) -> Any:
    return load_scripts(page, DESK)


def rows(rng: random.Random, ids: list[str]) -> list[dict[str, Any]]:
    return [{"id": id_, "rank": [rng.randint(0, 2), rng.randint(4, 15), f"2026-03-04T{id_[1:]}"]} for id_ in ids]


QUEUE_STEPS = """(steps) => {
  const order = new hexwatch.QueueOrder();
  return steps.map(({ rows, held, now, arrived, seen }) => {
    order.arrived(arrived, now);
    for (const id of seen) order.seen(id);
    const moved = order.update(new Map(rows.map((row) => [row.id, row])), now, held);
    return { shown: order.shown, waiting: order.waiting, moved, fresh: order.shown.filter((id) => order.isFresh(id)) };
  });
}"""


@pytest.mark.parametrize("seed", range(20))
def test_rows_keep_their_places_while_somebody_points_at_them(desk: Any, seed: int) -> None:
    rng = random.Random(seed)
    ids = [f"i{n:02d}" for n in range(12)]
    steps = [
        {
            "rows": rows(rng, rng.sample(ids, rng.randint(0, 12))),
            "held": rng.random() < 0.6,
            "now": n,
            "arrived": [],
            "seen": [],
        }
        for n in range(30)
    ]
    shown: list[str] = []
    for step, after in zip(steps, desk.evaluate(QUEUE_STEPS, steps), strict=True):
        known = {row["id"] for row in step["rows"]}
        if step["held"]:
            assert after["shown"] == shown, "a row moved, came or left under the pointer"
            assert sorted(after["waiting"]) == sorted(known - set(shown)), "what is new is not told"
        else:
            ranks = {row["id"]: (*row["rank"], row["id"]) for row in step["rows"]}
            assert after["shown"] == sorted(known, key=ranks.__getitem__)
            assert after["waiting"] == []
        shown = after["shown"]


def test_what_is_new_stands_on_top_until_somebody_looked_at_it_or_a_minute_passed(desk: Any) -> None:
    old, new, newer = ({"id": f"i{n}", "rank": [1, n, ""]} for n in (1, 5, 3))
    step = {"rows": [old, new, newer], "held": False, "arrived": [], "seen": []}
    steps = [
        {**step, "rows": [old], "now": 0},
        {**step, "now": 1000, "arrived": ["i5", "i3"]},
        {**step, "now": 2000, "seen": ["i3"]},
        {**step, "now": 61001},
    ]
    found = [after["shown"] for after in desk.evaluate(QUEUE_STEPS, steps)]
    assert found == [["i1"], ["i3", "i5", "i1"], ["i5", "i1", "i3"], ["i1", "i3", "i5"]]


def test_the_selection_moves_by_rows_and_stays_at_the_ends(desk: Any) -> None:
    script = """() => {
      const order = new hexwatch.QueueOrder();
      order.shown = ["a", "b", "c"];
      return [["", 1], ["", -1], ["a", 1], ["a", -1], ["c", 1], ["gone", 1]].map(([id, by]) => order.beside(id, by));
    }"""
    assert desk.evaluate(script) == ["a", "c", "b", "a", "c", "a"]


# keys


PRESSES = [
    # what the layout types, where the key lies, with shift; what it means
    ("d", "KeyD", False, "d"),
    ("D", "KeyD", True, "d"),
    ("ي", "KeyD", False, "d"),  # Arabic
    ("ؤ", "KeyC", False, "c"),
    ("لا", "KeyB", False, "b"),  # one key, two letters
    ("ظ", "Slash", False, "/"),
    ("؟", "Slash", True, "?"),
    ("١", "Digit1", False, "1"),
    ("в", "KeyD", False, "d"),  # Russian
    ("；", "Semicolon", False, ";"),  # Chinese punctuation
    ("j", "KeyC", False, "j"),  # Dvorak: the letter counts, not the place
    ("&", "Digit1", False, "1"),  # AZERTY without shift
    ("1", "Digit1", True, "1"),  # AZERTY with shift
    ("!", "Digit1", True, "!"),  # a US keyboard with shift: no digit
    ("/", "Digit7", True, "/"),  # German
    ("?", "Minus", True, "?"),
    ("Enter", "Enter", False, "Enter"),
]


@pytest.mark.parametrize(("key", "code", "shift", "meant"), PRESSES)
def test_a_key_is_the_letter_that_is_typed_on_any_layout(
    desk: Any, key: str, code: str, shift: bool, meant: str
) -> None:
    script = "(press) => hexwatch.chordOf(press, new Set([...'jkdnu/?;123456789']))"
    press = {"key": key, "code": code, "shiftKey": shift, "ctrlKey": False, "altKey": False, "metaKey": False}
    assert desk.evaluate(script, press) == meant


def test_chords_name_their_modifier_and_alt_belongs_to_others(desk: Any) -> None:
    script = "(more) => hexwatch.chordOf({ key: 'Enter', code: 'Enter', ...more }, new Set())"
    assert desk.evaluate(script, {"ctrlKey": True}) == "ctrl+Enter"
    assert desk.evaluate(script, {"metaKey": True}) == "ctrl+Enter"
    assert desk.evaluate(script, {"altKey": True}) == ""


def test_a_key_of_an_input_method_is_no_key_of_ours(desk: Any) -> None:
    script = "(press) => hexwatch.isComposing(press)"
    for press in ({"isComposing": True, "keyCode": 68}, {"keyCode": 229, "key": "d"}, {"key": "Process", "keyCode": 0}):
        assert desk.evaluate(script, press)
    assert not desk.evaluate(script, {"key": "d", "keyCode": 68, "isComposing": False})


# what is sent

ANSWER = """(units, others = []) => ({
  incident_id: "i1", shortfalls: [], picks: units.map((id, n) => ({ unit_id: id, version: 100 + n })),
  others: others.map((id, n) => ({ unit_id: id, version: 200 + n })),
})"""


def choose(desk: Any, body: str) -> Any:
    return desk.evaluate(
        f"""() => {{
          const answer = {ANSWER}; let at = 0; const choice = new hexwatch.Choice(() => at);
          choice.begin("i1");
          {body}
        }}"""
    )


def test_what_is_sent_is_what_is_displayed_with_the_versions_as_displayed(desk: Any) -> None:
    body = """choice.recommend(answer(["E1", "E2"], ["E3"])); choice.take(); choice.toggle("E2"); choice.toggle("X9");
              return choice.request((id) => ({ X9: 7 })[id]);"""
    expected = [{"unit_id": "E1", "version": 100}, {"unit_id": "X9", "version": 7}]
    assert choose(desk, body) == {"incident_id": "i1", "unit_ids": ["E1", "X9"], "expected": expected}


def test_a_newer_recommendation_waits_while_rows_are_chosen(desk: Any) -> None:
    body = """choice.recommend(answer(["E1", "E2"])); choice.take(); choice.recommend(answer(["E5", "E1"]));
              const before = choice.rows.map((row) => row.unit_id), kept = choice.request(() => 0).unit_ids;
              choice.renew();
              return [before, kept, choice.rows.map((row) => row.unit_id), [...choice.units]];"""
    assert choose(desk, body) == [["E1", "E2"], ["E1", "E2"], ["E5", "E1"], ["E1"]]


def test_the_same_units_with_newer_times_are_shown_at_once(desk: Any) -> None:
    body = """choice.recommend(answer(["E1"])); choice.take();
              const newer = answer(["E1"]); newer.picks[0].version = 150; choice.recommend(newer);
              return [choice.newer, choice.request(() => 0).expected];"""
    assert choose(desk, body) == [None, [{"unit_id": "E1", "version": 150}]]


def test_a_digit_counts_only_when_its_row_has_stood_there_for_a_moment(desk: Any) -> None:
    body = """at = 1000; choice.recommend(answer(["E1", "E2"])); const first = choice.settled;
              at = 5000; choice.recommend(answer(["E2", "E1"])); const changed = choice.settled; at = 5800;
              const later = choice.settled; choice.toggle("X9");
              return [first, changed, later, choice.settled, choice.numbered(3), choice.numbered(4)];"""
    assert choose(desk, body) == [True, False, True, True, "X9", ""]


def test_a_recommendation_of_another_incident_is_none(desk: Any) -> None:
    body = """choice.recommend({ ...answer(["E1"]), incident_id: "i2" });
              return [choice.answer, choice.take(), choice.rows];"""
    assert choose(desk, body) == [None, False, []]


def test_taken_before_it_came_it_is_chosen_when_it_comes_but_never_sent_before(desk: Any) -> None:
    body = """choice.take(); const early = choice.request(() => 0).unit_ids; choice.recommend(answer(["E1"]));
              return [early, choice.request(() => 0).unit_ids];"""
    assert choose(desk, body) == [[], ["E1"]]


# what became of it


def asked(desk: Any, server: str) -> Any:
    """Ask once against a made-up server; waiting takes no time, but the clock runs as if it had."""
    return desk.evaluate(
        f"""async () => {{
          const posts = [], gets = [], wait = window.setTimeout; let at = 0;
          window.setTimeout = (fn, ms) => wait(() => {{ at += ms; fn(); }}, 0);
          const server = {server};
          const asks = new hexwatch.Asks({{
            post: async (path, body) => (posts.push(body), server.post(body, posts.length)),
            get: async (path) => (gets.push(path), server.get(path, gets.length)),
          }}, () => 0, () => at);
          const answer = await asks.ask("dispatch", {{ incident_id: "i1", unit_ids: ["E1"] }});
          const [one] = [...asks.values()];
          const waits = () => one.state === "unsent" && !one.late;
          for (let n = 0; n < 100 && waits(); n++) await new Promise((done) => wait(done, 1));
          window.setTimeout = wait;
          return {{ answer, posts: posts.length, gets: gets.length, late: one.late, state: one.state }};
        }}"""
    )


FOUND_AT = """{ post: () => ({ status: 0, body: {} }),
  get: (path, n) => (n < %d ? { status: 404, body: {} } : { status: 200, body: { outcome: "done", seq: 9 } }) }"""
NOT_CALLED = "get: () => { throw new Error('asked again'); }"


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        (200, '{ outcome: "done", seq: 7 }', "done"),
        (409, '{ outcome: "refused", reason: "unit E1 is busy", detail: { unit_id: "E1" } }', "refused"),
        (504, '{ error: { code: "no_answer", message: "NOT SENT" } }', "unsent"),
        (503, '{ error: { code: "no_store", message: "Redis does not answer" } }', "unsent"),
        (403, '{ error: { code: "forbidden", message: "no" } }', "denied"),
        (423, '{ error: { code: "locked", message: "locked" } }', "denied"),
        (400, '{ error: { code: "bad", message: "no" } }', "denied"),
        (500, "{}", "unsent"),
    ],
)
def test_every_answer_of_the_server_has_one_meaning(desk: Any, status: int, body: str, state: str) -> None:
    found = asked(desk, f"{{ post: () => ({{ status: {status}, body: {body} }}), {NOT_CALLED} }}")
    assert found["answer"]["state"] == state
    assert found["posts"] == 1


def test_a_broken_connection_is_looked_after_and_never_asked_twice(desk: Any) -> None:
    found = asked(desk, FOUND_AT % 3)
    assert (found["answer"]["state"], found["posts"]) == ("done", 1)


def test_without_an_answer_it_is_not_sent_and_an_answer_that_comes_after_all_is_told(desk: Any) -> None:
    found = asked(desk, FOUND_AT % 9)
    assert found["answer"]["state"] == "unsent"
    assert (found["late"], found["state"], found["posts"]) == (True, "done", 1)


# what is offered


def offers(desk: Any, **ask: Any) -> list[dict[str, Any]]:
    return desk.evaluate(
        "(ask) => hexwatch.offersFor(ask)", {"state": "refused", "verb": "dispatch", "detail": {}, **ask}
    )


def test_a_unit_that_works_elsewhere_may_be_diverted_left_out_or_waited_for(desk: Any) -> None:
    fields = {"incident_id": "i1", "unit_ids": ["E1", "E2"]}
    found = offers(desk, fields=fields, detail={"unit_id": "E1", "incident_id": "i9"})
    assert [offer["act"] for offer in found] == ["divert", "without", "stack"]
    rest = ["dispatch", {"incident_id": "i1", "unit_ids": ["E2"]}]
    assert found[0]["steps"] == [["divert", {"unit_id": "E1", "incident_id": "i1"}], rest]
    assert found[1]["steps"] == [rest]


def test_what_changed_since_it_was_displayed_may_be_sent_all_the_same_when_it_is_free(desk: Any) -> None:
    changed = [{"unit_id": "E1", "status": "returning", "incident_ids": []}]
    found = offers(desk, fields={"incident_id": "i1", "unit_ids": ["E1"]}, detail={"changed": changed})
    assert [offer["act"] for offer in found] == ["again"]
    assert found[0]["steps"] == [["dispatch", {"incident_id": "i1", "unit_ids": ["E1"]}]]


def test_a_unit_out_of_service_is_only_left_out(desk: Any) -> None:
    changed = [{"unit_id": "E1", "status": "out-of-service", "incident_ids": []}]
    found = offers(desk, fields={"incident_id": "i1", "unit_ids": ["E1", "E2"]}, detail={"changed": changed})
    assert [offer["act"] for offer in found] == ["without"]


def test_an_act_that_a_crew_acknowledged_becomes_an_explicit_stand_down(desk: Any) -> None:
    detail = {"verb": "stand_down", "unit_id": "E1", "incident_id": "i1"}
    found = offers(desk, verb="undo", fields={"request": "r1"}, detail=detail)
    assert [(offer["act"], offer["steps"]) for offer in found] == [
        ("stand_down", [["stand_down", {"unit_id": "E1", "incident_id": "i1"}]])
    ]


def test_nothing_is_offered_for_what_was_done(desk: Any) -> None:
    assert offers(desk, state="done", fields={"incident_id": "i1", "unit_ids": ["E1"]}) == []


# the running clock


def test_the_citys_clock_runs_on_between_frames_and_stands_when_they_stop(desk: Any) -> None:
    script = """() => {
      let at = 0; const store = new hexwatch.Store(() => at), picture = new hexwatch.Picture(["clock"]);
      const clock = (values) => {
        picture.take({ epoch: 1, seq: picture.seq + 1, at: values.now, topics: { clock: values } });
        store.paint(new Map([["clock", null]]), picture);
      };
      const seconds = () => (store.now() - Date.parse("2026-03-04T12:00:00Z")) / 1000;
      const found = [];
      clock({ now: "2026-03-04T12:00:00Z", mode: "live", speed: null, standing: false });
      at = 1500; found.push(seconds()); at = 60000; found.push(seconds());
      clock({ now: "2026-03-04T12:01:00Z", mode: "simulation", speed: 10, standing: false });
      at = 61000; found.push(seconds());
      clock({ now: "2026-03-04T12:02:00Z", mode: "simulation", speed: 10, standing: true });
      at = 62000; found.push(seconds());
      return found;
    }"""
    assert desk.evaluate(script) == [1.5, 3, 70, 120]


HALF_ANSWERED = """async () => {
  const { desk } = hexwatch;
  desk.setup = { api: "/api/v1" };
  const told = [];
  for (const [status, text] of [[200, '{"n": 1}'], [409, ""], [502, "<html>"], [409, new Error("ended half way")]]) {
    window.fetch = async () => ({ status, text: async () => { if (text instanceof Error) throw text; return text; } });
    const { status: found, body } = await desk.get("requests/r1");
    told.push([found, body]);
  }
  return told;
}"""


def test_half_an_answer_is_none_and_never_a_refusal_without_a_reason(page: Any) -> None:
    desk = load_scripts(page, ("15-core.js", "59-store.js", "60-desk.js"))
    assert desk.evaluate(HALF_ANSWERED) == [[200, {"n": 1}], [409, {}], [502, {}], [0, {}]]
