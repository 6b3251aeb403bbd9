"""The client's picture: after any loss, doubling, merging or reordering it equals the server at its seq, or asks."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.browser.scripts import load_scripts

pytestmark = pytest.mark.browser

TOPICS = ["figures", "cells:open:"]
State = dict[str, dict[str, int]]


def history(rng: random.Random, length: int) -> tuple[list[dict[str, Any]], dict[int, State]]:
    """Frames of a server and its state at each seq. Values are absolute; keys come and go."""
    state: State = {topic: {} for topic in TOPICS}
    states, frames, seq = {0: {topic: {} for topic in TOPICS}}, [], 0
    for _ in range(length):
        prev, seq = seq, seq + rng.randint(1, 4)
        changes = {topic: _change(rng, state[topic]) for topic in TOPICS if rng.random() < 0.8}
        frames.append({"epoch": 1, "prev": prev, "seq": seq, "at": "2026-01-01T00:00:00Z", "topics": changes})
        states[seq] = {topic: dict(values) for topic, values in state.items()}
    return frames, states


def _change(rng: random.Random, values: dict[str, int]) -> dict[str, Any]:
    wanted = {f"k{rng.randint(0, 9)}": rng.randint(1, 99) for _ in range(rng.randint(0, 3))}
    removed = [key for key in values if key not in wanted and rng.random() < 0.2]
    values.update(wanted)
    for key in removed:
        del values[key]
    return {"set": wanted, "remove": removed}


def merged(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """One frame that covers both, as the relay makes for a client that was asleep."""
    topics: dict[str, dict[str, Any]] = {}
    for frame in (first, second):
        for topic, change in frame["topics"].items():
            into = topics.setdefault(topic, {"set": {}, "remove": []})
            for key, value in change["set"].items():
                into["set"][key] = value
                into["remove"] = [k for k in into["remove"] if k != key]
            for key in change["remove"]:
                into["set"].pop(key, None)
                into["remove"] = [*(k for k in into["remove"] if k != key), key]
    return {**second, "prev": first["prev"], "topics": topics}


def disturbed(rng: random.Random, frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same frames with some lost, doubled, merged with the next, or late."""
    out: list[dict[str, Any]] = []
    waiting = list(frames)
    while waiting:
        frame = waiting.pop(0)
        chance = rng.random()
        if chance < 0.15:
            continue
        if chance < 0.3 and waiting:
            frame = merged(frame, waiting.pop(0))
        out += [frame] * (2 if rng.random() < 0.15 else 1)
        if len(out) > 1 and rng.random() < 0.1:
            out[-1], out[-2] = out[-2], out[-1]
    return out


# Plays deliveries against a picture. A snapshot comes some deliveries after it is asked for, as of any later seq.
PLAY = """([topics, deliveries, states, delays]) => {
  const picture = new hexwatch.Picture(topics), wrong = [];
  const now = (seq) => ({ epoch: 1, seq, at: "", topics: states[seq] });
  const same = () => topics.every((t) => {
    const mine = picture.topic(t), theirs = Object.entries(states[picture.seq][t]);
    return mine.size === theirs.length && theirs.every(([key, value]) => mine.get(key) === value);
  });
  let newest = 0, asked = 0, snapshots = 0;
  const check = (when) => { if (!picture.asking && !same()) wrong.push(`${when}: differs at ${picture.seq}`); };
  deliveries.forEach((frame, i) => {
    newest = Math.max(newest, frame.seq);
    const outcome = picture.receive(frame);
    if (outcome === "missing" && !asked) asked = 1 + delays[i % delays.length];
    check(`after frame ${i} (${outcome})`);
    if (asked && --asked === 0) {
      snapshots++;
      if (picture.take(now(newest)) === "missing") asked = 1;
      check(`after snapshot at ${newest}`);
    }
  });
  const seqs = Object.keys(states).map(Number), last = Math.max(...seqs);
  picture.take(now(last));
  check("at the end");
  if (picture.seq !== last) wrong.push(`ended at ${picture.seq}, not ${last}`);
  return { wrong, snapshots };
}"""


@pytest.mark.parametrize("seed", range(60))
def test_lost_doubled_merged_and_late_frames_leave_it_equal_or_asking(page: Any, seed: int) -> None:
    rng = random.Random(seed)
    frames, states = history(rng, 40)
    delays = [rng.randint(0, 4) for _ in range(7)]
    played = load_scripts(page).evaluate(PLAY, [TOPICS, disturbed(rng, frames), states, delays])
    assert played["wrong"] == []


def test_an_undisturbed_stream_needs_one_snapshot(page: Any) -> None:
    frames, states = history(random.Random(7), 50)
    assert load_scripts(page).evaluate(PLAY, [TOPICS, frames, states, [0]]) == {"wrong": [], "snapshots": 1}


def test_a_merged_frame_says_what_its_parts_say(page: Any) -> None:
    frames, states = history(random.Random(3), 30)
    whole = frames[0]
    for frame in frames[1:]:
        whole = merged(whole, frame)
    script = """([topics, frame, empty]) => {
      const picture = new hexwatch.Picture(topics);
      picture.take({ epoch: 1, seq: 0, at: "", topics: empty });
      return [picture.receive(frame), Object.fromEntries(topics.map((t) => [t, Object.fromEntries(picture.topic(t))]))];
    }"""
    assert load_scripts(page).evaluate(script, [TOPICS, whole, states[0]]) == ["applied", states[frames[-1]["seq"]]]


STEPS = """(steps) => {
  const picture = new hexwatch.Picture(["figures"]);
  return steps.map(([verb, value]) => {
    if (verb === "frame") return picture.receive({ at: "", topics: {}, ...value });
    if (verb === "snapshot") return picture.take({ at: "", topics: { figures: { n: value.seq } }, ...value });
    picture.retopic(value);
    return [...picture.topics.keys()].join();
  }).concat([[picture.epoch, picture.seq, picture.kept.length]]);
}"""


def play(page: Any, *steps: tuple[str, Any]) -> list[Any]:
    return load_scripts(page).evaluate(STEPS, [list(step) for step in steps])


def frame(prev: int, seq: int, epoch: int = 1) -> tuple[str, dict[str, int]]:
    return ("frame", {"epoch": epoch, "prev": prev, "seq": seq})


def snapshot(seq: int, epoch: int = 1) -> tuple[str, dict[str, int]]:
    return ("snapshot", {"epoch": epoch, "seq": seq})


def test_another_epoch_asks_for_a_snapshot_whatever_its_numbers(page: Any) -> None:
    assert play(page, snapshot(10), frame(10, 11, epoch=2), snapshot(11, epoch=2), frame(11, 12, epoch=2)) == [
        *("taken", "missing", "taken", "applied"),
        [2, 12, 0],
    ]


def test_a_frame_of_a_dead_epoch_does_not_ask_for_ever(page: Any) -> None:
    outcomes = play(page, snapshot(10, epoch=2), frame(3, 4, epoch=1), snapshot(10, epoch=2), frame(10, 11, epoch=2))
    assert outcomes == ["taken", "missing", "taken", "applied", [2, 11, 0]]


def test_a_snapshot_older_than_the_picture_is_refused(page: Any) -> None:
    assert play(page, snapshot(10), frame(10, 20), snapshot(15)) == ["taken", "applied", "old", [1, 20, 0]]


def test_a_snapshot_still_behind_a_kept_frame_asks_again(page: Any) -> None:
    outcomes = play(page, snapshot(10), frame(15, 20), snapshot(12), snapshot(16))
    assert outcomes == ["taken", "missing", "missing", "taken", [1, 20, 0]]


def test_frames_kept_while_waiting_are_bounded(page: Any) -> None:
    outcomes = play(page, *(frame(n, n + 1) for n in range(1000)))
    assert outcomes[-1] == [None, -1, 120]


def test_other_topics_need_a_snapshot_of_their_own(page: Any) -> None:
    outcomes = play(page, snapshot(10), ("topics", ["figures", "cells:open:"]), frame(10, 11), snapshot(10))
    assert outcomes == ["taken", "figures,cells:open:", "missing", "taken", [1, 11, 0]]


def test_what_changed_is_told_once_and_by_key(page: Any) -> None:
    script = """() => {
      const picture = new hexwatch.Picture(["figures", "clock"]), told = [];
      const tell = () => told.push([...picture.takeChanges()].map(([t, keys]) => [t, keys && [...keys].sort()]));
      picture.take({ epoch: 1, seq: 1, at: "", topics: { figures: { a: 1 }, clock: {} } });
      tell();
      const topics = { figures: { set: { b: 2 }, remove: ["a"] }, other: { set: { x: 1 } } };
      picture.receive({ epoch: 1, prev: 1, seq: 2, at: "", topics });
      tell();
      tell();
      return told;
    }"""
    assert load_scripts(page).evaluate(script) == [
        [["figures", None], ["clock", None]],
        [["figures", ["a", "b"]]],
        [],
    ]
