"""Call-back tasks: which calls make one, when to try again, and that late words end nothing new."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emergency.tasks import FIRST_TRY, NEXT_TRIES, Task, fold_task, is_emergency, next_try, task_id_of
from streams.events import Recording, TaskClosed, TaskOpened, TaskPayload, TaskReopened, TaskTried

BEGIN = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def told(task: Task | None, payload: TaskPayload, at_s: float, by: str = "ann") -> Task:
    return fold_task(task, payload, Recording(at=after(at_s), occurred_at=after(at_s), seq=1, actor=by))


OPENED = TaskOpened(task_id="t", call_id="K1", language="ar", phone_known=True, called_at=BEGIN)
TRIED, CLOSED = TaskTried(task_id="t"), TaskClosed(task_id="t", result="reached", incident_id="i1")
REOPENED = TaskReopened(task_id="t")


@pytest.mark.parametrize(
    ("channel", "agency", "expected"),
    [("119", "", True), ("phone", "110", True), ("911", "fire", True), ("phone", "gas", False), ("wechat", "", False)],
)
def test_emergency_calls_are_known_by_channel_or_agency(channel: str, agency: str, expected: bool) -> None:
    assert is_emergency(channel, agency) is expected


def test_tries_without_answer_come_ever_later_and_never_end_by_themselves() -> None:
    task = told(None, OPENED, 10)
    assert (task.state, task.due_at) == ("open", after(10) + FIRST_TRY)
    for n, wait in enumerate((*NEXT_TRIES, NEXT_TRIES[-1]), start=1):
        task = told(task, TRIED, 100 * n, by="eve")
        assert (task.tries, task.due_at, task.owner) == (n, after(100 * n) + wait, "eve")
    assert (task.state, task.is_open) == ("tried", True)
    assert next_try(99, BEGIN) == BEGIN + NEXT_TRIES[-1]


def test_reached_it_is_over_and_names_the_incident_that_it_was_about() -> None:
    task = told(told(None, OPENED, 10), CLOSED, 50)
    assert (task.state, task.is_open, task.incident_id, task.owner) == ("reached", False, "i1", "ann")
    assert told(task, TRIED, 60) is task
    again = told(task, REOPENED, 70)
    assert (again.state, again.is_open) == ("open", True)
    assert told(again, CLOSED, 60) is again, "an old end ends nothing new"


def test_ids_of_tasks_are_no_longer_than_ids_may_be() -> None:
    assert task_id_of("K1") == "call:K1"
    assert len(task_id_of("K" * 200)) == 200


@given(st.lists(st.tuples(st.sampled_from((OPENED, TRIED, CLOSED, REOPENED)), st.integers(0, 500)), max_size=12))
def test_told_twice_is_told_once(history: list[tuple[TaskPayload, int]]) -> None:
    task: Task | None = None
    for payload, at_s in history:
        task = told(task, payload, at_s)
        assert told(task, payload, at_s) is task
        assert task.is_open == (task.opened_at is not None and task.closed_at is None)
        assert task.closed_at is None or task.result


def test_a_task_opened_late_is_the_same_task() -> None:
    facts = ((OPENED, 10), (TRIED, 40))
    results = set()
    for order in itertools.permutations(facts):
        task: Task | None = None
        for payload, at_s in order:
            task = told(task, payload, at_s)
        assert task is not None
        results.add((task.opened_at, task.tries, task.due_at, task.call_id))
    assert len(results) == 1
