"""Warnings through time: one for each matter, which grows, moves, fades and closes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from geo.warning.tracks import Finding, Track, advance

T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)
STEP = timedelta(minutes=5)


def found(cells: str, n: int = 6, per_day: float = 0.1, category: str = "trees", opens: bool = True) -> Finding:
    """Cells are letters; their place is the middle of the alphabet positions, a kilometre apart."""
    middle = sum(ord(cell) - ord("a") for cell in cells) / len(cells)
    return Finding(
        category=category, cells=frozenset(cells), lat=42 + middle / 111.195, lng=-71.0, radius_km=0.5, area="x",
        window_h=1, observed=n, expected=0.5, low=0, high=2, strength=float(n), p=1e-6, per_day=per_day, opens=opens,
    )  # fmt: skip


def play(looks: list[list[Finding]], every: timedelta = STEP) -> list[list[Track]]:
    ids = count(1)
    tracks: list[Track] = []
    states = []
    for number, findings in enumerate(looks):
        tracks = advance(tracks, findings, T0 + number * every, lambda: f"w{next(ids)}")
        states.append(tracks)
    return states


def test_a_matter_is_one_warning_while_it_grows_and_moves() -> None:
    states = play([[found("ab", 4)], [found("abc", 7)], [found("bcd", 9, 0.01)], [found("cde", 8, 0.05)]])
    assert [[track.id for track in tracks] for tracks in states] == [["w1"]] * 4
    last = states[-1][0]
    assert last.cells == frozenset("abcde")
    assert last.first_seen_at == T0
    assert last.peak.observed == 9
    assert last.moved_km > 2
    assert [tracks[0].state for tracks in states] == ["rising", "rising", "rising", "standing"]


def test_silence_fades_and_then_closes_once() -> None:
    looks: list[list[Finding]] = [[found("ab")], *([] for _ in range(40))]
    states = play(looks)
    seen = [tracks[0].state if tracks else "gone" for tracks in states]
    assert seen[5] == "rising"
    assert seen[6:36] == ["fading"] * 30
    assert seen[36] == "closed"
    assert seen[37:] == ["gone"] * 4


def test_weak_findings_keep_a_warning_alive_and_open_none() -> None:
    weak = found("ab", 3, per_day=5.0, opens=False)
    states = play([[weak], [found("ab")], *([[weak]] * 50)])
    assert states[0] == []
    assert states[-1][0].id == "w1"
    assert states[-1][0].state == "standing"


def test_two_that_grow_together_become_the_older_one() -> None:
    states = play([[found("ab")], [found("ab"), found("ef")], [found("bcdef", 20, 0.001)], []])
    assert [track.id for track in states[1]] == ["w1", "w2"]
    merged = {track.id: track for track in states[2]}
    assert merged["w2"].state == "closed"
    assert merged["w2"].merged_into == "w1"
    assert merged["w1"].cells == frozenset("abcdef")
    assert [track.id for track in states[3]] == ["w1"]


def test_other_subjects_in_the_same_place_are_other_warnings() -> None:
    states = play([[found("ab"), found("ab", category="noise")]])
    assert len(states[0]) == 2


def test_of_overlapping_findings_the_strangest_speaks() -> None:
    states = play([[found("abcdef", 9, 0.5), found("c", 5, 0.01)]])
    assert [track.cells for track in states[0]] == [frozenset("c")]


LOOKS = st.lists(
    st.lists(
        st.builds(
            found,
            st.text("abcdefgh", min_size=1, max_size=4),
            st.integers(2, 30),
            st.floats(1e-6, 20),
            st.sampled_from(["trees", "noise"]),
            st.booleans(),
        ),
        max_size=4,
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(LOOKS, st.sampled_from([STEP, timedelta(minutes=50)]))
def test_ids_are_never_used_again_and_the_same_looks_give_the_same_warnings(
    looks: list[list[Finding]], every: timedelta
) -> None:
    states = play(looks, every)
    assert states == play(looks, every)
    ended: set[str] = set()
    for tracks in states:
        ids = [track.id for track in tracks]
        assert len(ids) == len(set(ids))
        assert ended.isdisjoint(ids)
        ended |= {track.id for track in tracks if track.state == "closed"}
        living = [track for track in tracks if track.state != "closed"]
        for number, track in enumerate(living):
            now = [
                t for t in living[number + 1 :] if t.category == track.category and t.last_seen_at == track.last_seen_at
            ]
            assert all(track.latest.cells.isdisjoint(other.latest.cells) for other in now)
