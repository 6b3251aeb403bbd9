"""Laws of the audit's chain: whoever changes, drops, swaps or puts in an entry is found out, whatever else they do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.accounts.audit import Actor, Entry, Head, Link, Record, chained, decoded, digest_of
from dashboard.accounts.verdict import Examination, Kind, Verdict, export_lines, verify_lines
from streams.codec import encode

AT = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)
words = st.text(max_size=12)
values = st.none() | st.integers(-(2**40), 2**40) | words | st.dictionaries(words, words, max_size=3)
records = st.builds(
    Record, by=st.builds(Actor, words, words, words, words), what=words, subject=words, before=values, after=values
)
chains = st.lists(records, min_size=1, max_size=12).map(lambda some: chained(Head(), some, AT)[0])


def examined(links: Sequence[Link], noted: Sequence[Head] = (), ends_at: Head | None = None) -> Verdict:
    examination = Examination(noted)
    for link in links:
        examination.take(link)
    return examination.verdict(ends_at)


def head_of(links: Sequence[Link]) -> Head:
    return Head(len(links), links[-1].digest) if links else Head()


def rewritten(links: Sequence[Link], at: int, subject: str) -> list[Link]:
    """What a forger with the whole stream in hand does: change one entry, and every digest after it."""
    head, forged = Head(), []
    for place, link in enumerate(links):
        entry = decoded(link.raw)
        assert entry is not None
        changes = {"prev": head.digest} | ({"subject": subject} if place == at else {})
        raw = encode(msgspec.structs.replace(entry, **changes))
        head = Head(entry.n, digest_of(raw))
        forged.append(Link(link.id, raw, head.digest))
    return forged


@given(chains)
def test_a_chain_that_nobody_touched_is_whole(links: list[Link]) -> None:
    verdict = examined(links, [head_of(links)], head_of(links))
    assert verdict.is_whole
    assert (verdict.entries, verdict.head, verdict.witnesses) == (len(links), head_of(links), 1)


@given(chains, st.data())
def test_one_changed_byte_is_found_also_when_its_own_digest_is_made_anew(
    links: list[Link], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(links) - 1))
    raw = bytearray(links[at].raw)
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    for digest in (links[at].digest, digest_of(bytes(raw))):
        forged = [*links[:at], Link("", bytes(raw), digest), *links[at + 1 :]]
        assert not examined(forged, [head_of(links)], head_of(links)).is_whole


@given(chains, st.data())
def test_dropped_entries_are_found_wherever_they_stood(links: list[Link], data: st.DataObject) -> None:
    gone = data.draw(st.sets(st.integers(0, len(links) - 1), min_size=1))
    left = [link for place, link in enumerate(links) if place not in gone]
    verdict = examined(left, [head_of(links)], head_of(links))
    kinds = {fault.kind for fault in verdict.faults}
    assert kinds <= {Kind.DROPPED, Kind.TRUNCATED}
    assert (Kind.TRUNCATED in kinds) == (len(links) - 1 in gone)


@given(chains, st.data())
def test_another_order_is_found(links: list[Link], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(links))
    assert examined(shuffled, [head_of(links)]).is_whole == (shuffled == links)


@given(chains, st.data())
def test_an_entry_told_twice_or_put_in_is_found(links: list[Link], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(links)))
    other = data.draw(st.sampled_from([*links, *chained(Head(), [Record(Actor("eve"), "x")], AT)[0]]))
    assert not examined([*links[:at], other, *links[at:]], [head_of(links)], head_of(links)).is_whole


@given(chains, st.data())
def test_a_chain_forged_as_a_whole_is_contradicted_by_any_head_noted_after_the_change(
    links: list[Link], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(links) - 1))
    forged = rewritten(links, at, "somebody else, and not what stood there")
    witness = data.draw(st.integers(at, len(links) - 1))
    assert examined(forged, ends_at=head_of(forged)).is_whole, "by itself it is a chain"
    noted = Head(witness + 1, links[witness].digest)
    assert {fault.kind for fault in examined(forged, [noted]).faults} == {Kind.REWRITTEN}


@given(chains, st.data())
def test_a_shortened_chain_is_contradicted_by_any_head_that_was_noted_later(
    links: list[Link], data: st.DataObject
) -> None:
    left = data.draw(st.integers(0, len(links) - 1))
    witness = data.draw(st.integers(left, len(links) - 1))
    short = links[:left]
    assert examined(short, ends_at=head_of(short)).is_whole
    noted = Head(witness + 1, links[witness].digest)
    assert [fault.kind for fault in examined(short, [noted]).faults] == [Kind.TRUNCATED]


@given(chains)
def test_an_export_says_the_same_without_redis(links: list[Link]) -> None:
    lines = list(export_lines(links))
    assert all(b"\n" not in line[:-1] for line in lines)
    assert verify_lines(lines, [head_of(links)]).is_whole
    assert not verify_lines(lines[:-1], [head_of(links)]).is_whole
    assert not verify_lines([*lines, b"{}\n"]).is_whole
    assert [msgspec.json.decode(line)["entry"]["n"] for line in lines] == list(range(1, len(links) + 1))


@pytest.mark.parametrize("raw", [b"", b"null", b"[]", b'{"n":1}', b"\xff", b"[" * 100_000])
def test_what_is_no_entry_is_said_to_be_none(raw: bytes) -> None:
    links = chained(Head(), [Record(Actor("ann"), "x")], AT)[0]
    found = examined([*links, Link("7-0", raw, digest_of(raw))])
    assert [(fault.kind, fault.n) for fault in found.faults] == [(Kind.FOREIGN, 2)]
    assert "7-0" in found.faults[0].told


def test_many_faults_are_counted_and_the_first_are_told() -> None:
    links = chained(Head(), [Record(Actor("ann"), "x")] * 200, AT)[0]
    verdict = examined([Link("", link.raw, "") for link in links])
    assert (verdict.n_faults, len(verdict.faults)) == (200, 50)


def test_an_entry_says_who_when_what_before_after_and_from_where() -> None:
    by = Actor("ann", "dispatcher", "10.0.0.7", "0123456789abcdef")
    [link], head = chained(Head(3, "f" * 64), [Record(by, "position.taken", "North", {"a": 1}, {"a": 2})], AT)
    entry = decoded(link.raw)
    assert entry == Entry(
        n=4,
        at=AT,
        who="ann",
        role="dispatcher",
        session="0123456789ab",  # not the whole mark
        peer="10.0.0.7",
        what="position.taken",
        subject="North",
        before={"a": 1},
        after={"a": 2},
        prev="f" * 64,
    )
    assert head == Head(4, link.digest)
