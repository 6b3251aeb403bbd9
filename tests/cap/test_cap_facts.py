"""What a message becomes in the log: issued, superseded, cancelled, nothing, always the same ids, never too large."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.codec import MAX_ENTRY_BYTES, check_envelope, decode_envelope, encode, payload_of
from streams.events import AlertCancelled, AlertIssued, AlertSuperseded
from streams.feeds.cap.facts import Facts, facts_of
from streams.feeds.cap.fit import simplified
from streams.feeds.cap.parse import Refused, parse_cap
from tests.cap.messages import SENDER, SQUARE, alert, area, info
from tests.support.shared_data import shared_path

EARLIER = f"{SENDER},storm-0,2026-07-01T14:00:00+08:00"


def facts(raw: bytes) -> Facts:
    return facts_of(parse_cap(raw))


def payloads(found: Facts) -> list[Any]:
    """Through the codec, as the engine will see them."""
    return [payload_of(decode_envelope(encode(each))) for each in found.envelopes]


def test_alert_is_issued_at_the_senders_time_under_sender_and_identifier() -> None:
    found = facts(alert(info(area(polygon=SQUARE))))
    (issued,) = payloads(found)
    assert isinstance(issued, AlertIssued)
    assert issued.alert_id == f"{SENDER},storm-1"
    assert issued.infos[0].severity == "Severe"
    assert issued.infos[0].areas[0].polygons[0][0] == (39.9, 116.3)
    (envelope,) = found.envelopes
    assert (envelope.source, envelope.occurred_at) == ("cap", issued.sent_at)
    assert envelope.id == f"{SENDER},storm-1:issued:2026-07-01T07:00:00+00:00"


def test_update_is_issued_and_supersedes_each_message_that_it_references() -> None:
    other = f"{SENDER},storm-00,2026-07-01T13:00:00+08:00"
    issued, *superseded = payloads(facts(alert(info(), msgType="Update", references=f"{EARLIER} {other}\n{EARLIER}")))
    assert isinstance(issued, AlertIssued)
    assert superseded == [
        AlertSuperseded(alert_id=f"{SENDER},storm-0", by=f"{SENDER},storm-1"),
        AlertSuperseded(alert_id=f"{SENDER},storm-00", by=f"{SENDER},storm-1"),
    ]


def test_cancel_cancels_each_reference_and_issues_nothing() -> None:
    found = facts(alert(msgType="Cancel", references=EARLIER, note="The storm has passed"))
    assert payloads(found) == [
        AlertCancelled(alert_id=f"{SENDER},storm-0", by=f"{SENDER},storm-1", reason="The storm has passed")
    ]


@pytest.mark.parametrize("kind", ["Ack", "Error"])
def test_acknowledgements_and_errors_are_ignored_with_a_reason(kind: str) -> None:
    found = facts(alert(msgType=kind, references=EARLIER))
    assert found.envelopes == ()
    assert kind in found.ignored


@pytest.mark.parametrize("status", ["Exercise", "System", "Test", "Draft"])
@pytest.mark.parametrize("kind", ["Update", "Cancel"])
def test_exercise_never_ends_a_real_warning(status: str, kind: str) -> None:
    found = facts(alert(info(), status=status, msgType=kind, references=EARLIER))
    assert all(isinstance(each, AlertIssued) and each.status == status for each in payloads(found))
    assert any(status in note for note in (*found.notes, found.ignored))


@pytest.mark.parametrize("kind", ["Update", "Cancel"])
def test_nobody_ends_the_warning_of_another_sender(kind: str) -> None:
    found = facts(alert(info(), msgType=kind, references="somebody@else.example,x,2026-07-01T14:00:00+08:00"))
    assert not any(isinstance(each, AlertSuperseded | AlertCancelled) for each in payloads(found))
    assert "somebody@else.example" in " ".join((*found.notes, found.ignored))


def test_update_without_references_still_warns() -> None:
    found = facts(alert(info(), msgType="Update"))
    assert [type(each) for each in payloads(found)] == [AlertIssued]
    assert "names no earlier message" in found.notes[0]


def test_notes_are_kept_in_the_log_beside_what_the_payload_knows() -> None:
    (envelope,) = facts(alert(info(severity="Odd"))).envelopes
    assert envelope.data["notes"] == ["'Odd' is none of Extreme, Severe, Moderate, Minor, Unknown; read as Unknown"]


def test_same_message_gives_the_same_events_every_time() -> None:
    raw = alert(info(), msgType="Update", references=EARLIER)
    assert facts(raw) == facts(raw)


def test_ids_stay_within_their_length_and_apart() -> None:
    sender = "https://warnings.example.org/" + "a" * 70
    references = " ".join(f"{sender},{'b' * 90}{n},2026-07-01T14:00:00+08:00" for n in range(5))
    found = facts(alert(info(), sender=sender, identifier="c" * 90, msgType="Update", references=references))
    for envelope in found.envelopes:
        check_envelope(envelope)
    assert len({envelope.id for envelope in found.envelopes}) == 6


@pytest.mark.shared
def test_recorded_messages_become_entries_that_the_log_takes() -> None:
    for path in shared_path("fixtures/cap").iterdir():
        if path.name != "invalid.cap":
            assert payloads(facts(path.read_bytes()))


# size


def coast(points: int, amplitude: float = 0.002) -> str:
    """A round outline that trembles, as a digitised coast does."""
    ring = [
        (
            39.9 + (0.5 + amplitude * math.sin(n * 7.3)) * math.sin(2 * math.pi * n / points),
            116.4 + (0.5 + amplitude * math.cos(n * 5.1)) * math.cos(2 * math.pi * n / points),
        )
        for n in range(points)
    ]
    return " ".join(f"{lat:.5f},{lng:.5f}" for lat, lng in (*ring, ring[0]))


def test_largest_allowed_outline_in_two_languages_fits_an_entry_within_a_second() -> None:
    outline = area(polygon=coast(4_900))
    raw = alert(info(outline, language="zh-CN"), info(outline, language="en-US"))
    begun = time.process_time()
    found = facts(raw)
    assert time.process_time() - begun < 1.0
    assert len(encode(found.envelopes[0])) < MAX_ENTRY_BYTES - 2_000
    (note,) = found.notes
    assert note.startswith("outlines simplified within ")
    assert "of 9802 points left" in note


def test_long_texts_are_cut_only_after_outlines_and_only_as_much_as_needed() -> None:
    raw = alert(*(info(language=tag, description="雨" * 5_000, headline="H") for tag in ("zh", "en", "fr", "de", "ja")))
    found = facts(raw)
    (issued,) = payloads(found)
    assert found.notes == ("descriptions and instructions cut to 1000 characters",)
    assert {len(each.description) for each in issued.infos} == {1_000}
    assert issued.infos[0].description.endswith("…")
    assert issued.infos[0].headline == "H"


def test_entry_stays_small_enough_with_every_note_it_may_carry() -> None:
    odd = [info(severity="暴" * 40 + str(n), description="雨" * 9_000, language="zh") for n in range(4)]
    (envelope,) = facts(alert(*odd)).envelopes
    assert len(encode(envelope)) < MAX_ENTRY_BYTES - 2_000
    assert envelope.data["notes"]


def test_message_that_cannot_be_made_to_fit_is_refused() -> None:
    with pytest.raises(Refused, match="even with simple outlines and short texts"):
        facts(alert(*(info(area("x" * 2_000)) for _ in range(40))))


@settings(max_examples=25, deadline=None)
@given(st.integers(200, 1_500), st.floats(0.0005, 0.05), st.sampled_from([10, 100, 1_000]))
def test_simplified_outline_stays_closed_and_within_its_tolerance(points: int, amplitude: float, metres: int) -> None:
    pairs = (pair.split(",") for pair in coast(points, amplitude).split())
    ring = tuple((float(lat), float(lng)) for lat, lng in pairs)
    simple = simplified(ring, metres)
    assert simple[0] == simple[-1]
    assert len(set(simple)) >= 3
    assert set(simple) <= set(ring)
    degrees = metres / 111_195
    assert shapely.hausdorff_distance(shapely.LineString(ring), shapely.LineString(simple)) <= degrees * 1.001
