"""A notice's life: announced a day ahead, active between its times, replaced and withdrawn by its source."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.notices import (
    Notice,
    fold_notice,
    is_active,
    is_shown,
    next_change,
    notice_is_spent,
    notice_view,
)
from streams.events import NoticeIssued, NoticePayload, NoticeWithdrawn, Recording

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def issued(start_h: int = 0, lasts_h: int = 5, title: str = "Works") -> NoticeIssued:
    start = NOON + start_h * HOUR
    return NoticeIssued(
        notice_id="w",
        kind="works",
        starts_at=start,
        ends_at=start + lasts_h * HOUR,
        titles={"en": title},
        areas=("East",),
    )


WITHDRAWN = NoticeWithdrawn(notice_id="w", reason="rain")


def fold(*said: tuple[int, NoticePayload]) -> Notice:
    """Facts as (hour at which the source said it, what), in the order in which they came."""
    notice: Notice | None = None
    for seq, (hour, payload) in enumerate(said, 1):
        at = NOON + hour * HOUR
        notice = fold_notice(notice, payload, Recording(at=at, occurred_at=at, seq=seq))
    assert notice is not None
    return notice


def test_notice_is_shown_a_day_ahead_and_active_until_just_before_its_end() -> None:
    notice = fold((-99, issued()))
    assert [h for h in range(-40, 10) if is_shown(notice, NOON + h * HOUR)] == list(range(-24, 5))
    assert [h for h in range(-40, 10) if is_active(notice, NOON + h * HOUR)] == list(range(5))


def test_withdrawn_notice_is_gone_and_comes_back_when_issued_again() -> None:
    gone = fold((0, issued()), (1, WITHDRAWN))
    assert not is_shown(gone, NOON + HOUR)
    assert gone.reason == "rain"
    assert is_active(fold((0, issued()), (1, WITHDRAWN), (2, issued())), NOON + 2 * HOUR)


def test_what_was_said_last_holds_whatever_came_last() -> None:
    assert not is_shown(fold((1, WITHDRAWN), (0, issued())), NOON)
    assert fold((1, issued(title="New")), (0, issued(title="Old"))).titles == {"en": "New"}


def test_doubled_notice_is_the_same_object_and_one_repeated_later_outlives_what_came_between() -> None:
    notice = fold((0, issued()))
    again = Recording(at=NOON + HOUR, occurred_at=NOON, seq=2)
    assert fold_notice(notice, issued(), again) is notice
    assert fold((0, issued()), (2, issued()), (1, issued(title="Between"))).titles == {"en": "Works"}


def test_view_has_what_the_topic_says() -> None:
    assert notice_view(fold((0, issued()))) == {
        "id": "w",
        "kind": "works",
        "titles": {"en": "Works"},
        "starts_at": NOON,
        "ends_at": NOON + 5 * HOUR,
        "areas": ("East",),
        "polygons": (),
        "lat": None,
        "lng": None,
        "owner": "",
    }


def test_notice_leaves_memory_some_time_after_its_end() -> None:
    notice = fold((0, issued()))
    assert not notice_is_spent(notice, NOON + 28 * HOUR, timedelta(days=1))
    assert notice_is_spent(notice, NOON + 29 * HOUR, timedelta(days=1))
    assert notice_is_spent(fold((0, WITHDRAWN)), NOON + 24 * HOUR, timedelta(days=1))


notices = st.builds(issued, st.integers(-50, 50), st.integers(1, 60))


@settings(deadline=None)
@given(notices)
def test_nothing_changes_between_two_changes(payload: NoticeIssued) -> None:
    notice = fold((-200, payload))
    instants = [NOON - 100 * HOUR]
    while (at := next_change(notice, instants[-1])) is not None:
        instants.append(at)
    assert len(instants) == 4
    for start, end in pairwise([*instants, instants[-1] + HOUR]):
        samples = [start + (end - start) * share for share in (0, 0.5, 0.999)]
        assert len({(is_active(notice, at), is_shown(notice, at)) for at in samples}) == 1


@settings(deadline=None)
@given(st.data(), st.lists(st.one_of(notices, st.just(WITHDRAWN)), min_size=1, max_size=5))
def test_any_order_and_repetition_ends_at_what_was_said_last(
    data: st.DataObject, payloads: list[NoticePayload]
) -> None:
    said = list(enumerate(payloads))
    again = data.draw(st.permutations([*said, *data.draw(st.lists(st.sampled_from(said), max_size=3))]))
    first, second = fold(*said), fold(*again)
    for n in range(-120, 120, 7):
        at = NOON + n * HOUR
        assert (is_active(first, at), is_shown(first, at)) == (is_active(second, at), is_shown(second, at))
