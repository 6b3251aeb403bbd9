"""An alert's life: in force between its times, ended by its sender, whatever the order in which that is heard."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from emergency.alerts import (
    UNSTATED_LASTS,
    Alert,
    alert_is_over,
    alert_is_spent,
    alert_view,
    fold_alert,
    is_in_force,
    next_change,
)
from streams.events import (
    AlertArea,
    AlertCancelled,
    AlertExpired,
    AlertInfo,
    AlertIssued,
    AlertPayload,
    AlertSuperseded,
    Recording,
)

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SQUARE = ((39.9, 116.3), (39.9, 116.5), (40.0, 116.5), (39.9, 116.3))


def recording(seq: int = 1, at: datetime = NOON) -> Recording:
    return Recording(at=at, occurred_at=at, seq=seq, source="cap")


def storm(**changes: object) -> AlertInfo:
    said = {"event": "Thunderstorm", "severity": "Severe", "language": "en-US", "expires_at": NOON + 3 * HOUR}
    return AlertInfo(**{**said, **changes})  # type: ignore[arg-type]


def issued(*infos: AlertInfo, **changes: object) -> AlertIssued:
    said = {"alert_id": "met,1", "sender": "met", "identifier": "1", "sent_at": NOON, "infos": infos or (storm(),)}
    return AlertIssued(**{**said, **changes})  # type: ignore[arg-type]


def fold(*payloads: AlertPayload) -> Alert:
    alert: Alert | None = None
    for seq, payload in enumerate(payloads, 1):
        alert = fold_alert(alert, payload, recording(seq))
    assert alert is not None
    return alert


CANCEL = AlertCancelled(alert_id="met,1", by="met,2", reason="over")
SUPERSEDE = AlertSuperseded(alert_id="met,1", by="met,3")


def test_alert_is_in_force_from_its_effective_time_until_just_before_it_expires() -> None:
    alert = fold(issued(storm(effective_at=NOON + HOUR, onset_at=NOON + 2 * HOUR)))
    hours = [h for h in range(6) if is_in_force(alert, NOON + h * HOUR)]
    assert hours == [1, 2]


def test_onset_is_when_the_danger_begins_not_the_warning() -> None:
    alert = fold(issued(storm(onset_at=NOON + 2 * HOUR)))
    assert is_in_force(alert, NOON)
    assert alert_view(alert, NOON)["onset_at"] == NOON + 2 * HOUR


def test_alert_without_expiry_lasts_a_day_and_names_no_end() -> None:
    alert = fold(issued(storm(expires_at=None)))
    assert is_in_force(alert, NOON + UNSTATED_LASTS - timedelta(seconds=1))
    assert not is_in_force(alert, NOON + UNSTATED_LASTS)
    assert alert_view(alert, NOON)["expires_at"] is None


@pytest.mark.parametrize("status", ["Exercise", "System", "Test", "Draft"])
def test_exercise_test_and_draft_are_kept_and_never_in_force(status: str) -> None:
    alert = fold(issued(status=status))
    assert alert.status == status
    assert not any(is_in_force(alert, NOON + n * HOUR) for n in range(-30, 60))


def test_message_without_infos_says_nothing() -> None:
    assert not is_in_force(fold(AlertIssued(alert_id="met,1", sender="met", identifier="1", sent_at=NOON)), NOON)


@pytest.mark.parametrize("end", [CANCEL, SUPERSEDE])
def test_end_that_comes_before_the_alert_ends_it_all_the_same(end: AlertPayload) -> None:
    early, late = fold(end, issued()), fold(issued(), end)
    assert not is_in_force(fold(end), NOON)
    assert not is_in_force(early, NOON)
    assert not is_in_force(late, NOON)
    assert alert_view(early) == alert_view(late)


def test_doubled_facts_change_nothing() -> None:
    once = fold(issued(), SUPERSEDE, CANCEL)
    for again in (issued(), SUPERSEDE, CANCEL):
        assert fold_alert(once, again, recording(9)) is once


def test_identifier_used_twice_means_the_message_sent_last() -> None:
    newer = issued(storm(severity="Extreme"), sent_at=NOON + HOUR)
    for alert in (fold(issued(), newer), fold(newer, issued())):
        assert alert_view(alert)["severity"] == "Extreme"


def test_expiry_is_due_once_every_info_has_passed() -> None:
    alert = fold(issued(storm(), storm(event="Hail", expires_at=NOON + 5 * HOUR)))
    assert [alert_is_over(alert, NOON + h * HOUR) for h in (2, 3, 4, 5)] == [False, False, False, True]
    assert not alert_is_over(fold(issued(), CANCEL), NOON + 9 * HOUR)
    assert fold(issued(), AlertExpired(alert_id="met,1")).expired_at == NOON


def test_expiry_of_an_alert_nobody_knows_is_no_alert() -> None:
    assert fold_alert(None, AlertExpired(alert_id="met,1"), recording()) is None


def test_ended_alerts_leave_memory_after_a_while() -> None:
    day = timedelta(hours=24)
    assert not alert_is_spent(fold(issued()), NOON + 99 * day, day)
    for ended in (fold(issued(), CANCEL), fold(SUPERSEDE), fold(issued(), AlertExpired(alert_id="met,1"))):
        assert not alert_is_spent(ended, NOON + day - HOUR, day)
        assert alert_is_spent(ended, NOON + day, day)


# what is shown


def test_view_speaks_each_language_and_tells_a_repeated_area_once() -> None:
    en = storm(headline="Storm", areas=(AlertArea(description="East", polygons=(SQUARE,)),))
    fr = storm(
        event="orage", headline="Orage", language="fr-CA", areas=(AlertArea(description="Est", polygons=(SQUARE,)),)
    )
    assert alert_view(fold(issued(en, fr, sender="met"))) == {
        "id": "met,1",
        "event": "Thunderstorm",
        "severity": "Severe",
        "urgency": "Unknown",
        "certainty": "Unknown",
        "events": {"en": "Thunderstorm", "fr": "orage"},
        "headlines": {"en": "Storm", "fr": "Orage"},
        "areas": [{"description": "East", "polygons": (SQUARE,), "circles": ()}],
        "onset_at": None,
        "expires_at": NOON + 3 * HOUR,
        "sender_name": "",
    }


def test_view_is_led_by_the_gravest_info_in_effect() -> None:
    alert = fold(
        issued(
            storm(event="Wind", severity="Minor", expires_at=NOON + 5 * HOUR),
            storm(event="Tornado", severity="Extreme", expires_at=NOON + HOUR),
        )
    )
    assert alert_view(alert, NOON)["event"] == "Tornado"
    assert alert_view(alert, NOON + 2 * HOUR)["event"] == "Wind"
    assert alert_view(alert, NOON + 2 * HOUR)["expires_at"] == NOON + 5 * HOUR


# laws

hours = st.integers(-30, 30).map(lambda n: NOON + n * HOUR)
infos = st.builds(
    storm,
    effective_at=st.none() | hours,
    onset_at=st.none() | hours,
    expires_at=st.none() | hours,
    severity=st.sampled_from(["Extreme", "Severe", "Moderate", "Minor", "Unknown"]),
    language=st.sampled_from(["zh-CN", "en-US", "ar"]),
)
messages = st.builds(
    lambda infos, n, status: issued(*infos, sent_at=NOON + n * HOUR, status=status),
    st.lists(infos, min_size=1, max_size=3),
    st.integers(0, 5),
    st.sampled_from(["Actual", "Actual", "Test"]),
)
facts = st.lists(messages | st.just(CANCEL) | st.just(SUPERSEDE), min_size=1, max_size=5, unique_by=repr)


def state_of(alert: Alert, at: datetime) -> object:
    return is_in_force(alert, at), alert_is_over(alert, at), is_in_force(alert, at) and alert_view(alert, at)


def distinct(payloads: Sequence[AlertPayload]) -> bool:
    """A sender that uses an identifier twice at the same instant contradicts itself; whichever came first holds."""
    sent = [each.sent_at for each in payloads if isinstance(each, AlertIssued)]
    return len(sent) == len(set(sent))


@settings(deadline=None)
@given(facts, st.data())
def test_any_order_and_any_repetition_of_the_facts_gives_the_same_picture(
    payloads: list[AlertPayload], data: st.DataObject
) -> None:
    assume(distinct(payloads))
    again = data.draw(st.permutations([*payloads, *data.draw(st.lists(st.sampled_from(payloads), max_size=3))]))
    first, second = fold(*payloads), fold(*again)
    for n in range(-40, 80, 3):
        at = NOON + n * HOUR
        assert state_of(first, at) == state_of(second, at)


@settings(deadline=None)
@given(messages)
def test_nothing_changes_between_two_changes(message: AlertIssued) -> None:
    alert = fold(message)
    instants = [NOON - timedelta(days=4)]
    while (at := next_change(alert, instants[-1])) is not None:
        assert at > instants[-1]
        instants.append(at)
    assert len(instants) <= 1 + 2 * len(message.infos)
    for start, end in pairwise([*instants, instants[-1] + 100 * HOUR]):
        samples = [start + (end - start) * share for share in (0, 0.25, 0.5, 0.999)]
        assert len({repr(state_of(alert, at)) for at in samples}) == 1


@settings(deadline=None)
@given(messages)
def test_only_actual_messages_are_ever_in_force(message: AlertIssued) -> None:
    alert = fold(message)
    if any(is_in_force(alert, NOON + n * HOUR) for n in range(-60, 60)):
        assert message.status == "Actual"
