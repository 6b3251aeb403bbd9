"""Which topics exist, and what a role is served under their names."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.roles import Role
from dashboard.topics import DESK, DESK_ROLES, INSIDE_ROLES, MAX_TOPICS, PLAIN, BadTopic, served_topics

MEASURES = ("received_1h", "received_24h", "open", "overdue", "due_4h", "incidents")
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = st.one_of(
    st.sampled_from(sorted(PLAIN)),
    st.builds(lambda measure, category: f"cells:{measure}:{category}", st.sampled_from(MEASURES), words),
)
roles = st.sampled_from([str(role) for role in Role])


@given(st.lists(names, max_size=MAX_TOPICS - 1), roles)
def test_what_is_asked_is_served_each_once_in_order_and_the_clock_with_it(asked: list[str], role: str) -> None:
    pairs = served_topics(asked, role)
    assert [name for name, _ in pairs] == list(dict.fromkeys(["clock", *asked]))


@given(st.lists(names, max_size=MAX_TOPICS - 1), roles)
def test_public_roles_never_get_what_shows_a_sensitive_place(asked: list[str], role: str) -> None:
    served = {served for _, served in served_topics(asked, role)}
    if role not in INSIDE_ROLES:
        assert "incidents" not in served
        assert not any(name.startswith("cells:incidents:") for name in served)
    else:
        assert served == {"clock", *asked}


@given(st.text(max_size=300), roles)
def test_any_other_name_is_refused_by_name(name: str, role: str) -> None:
    if name in PLAIN | DESK or (name.startswith("cells:") and name.count(":") >= 2 and len(name) <= 200):
        return
    with pytest.raises(BadTopic, match="unknown topic"):
        served_topics([name], role)


@pytest.mark.parametrize("name", sorted(DESK))
@pytest.mark.parametrize("role", [str(role) for role in Role])
def test_topics_of_the_desk_are_for_those_who_work_there(name: str, role: str) -> None:
    if role in DESK_ROLES:
        assert served_topics([name], role) == (("clock", "clock"), (name, name))
    else:
        assert role in ("agency", "viewer", "kiosk", "reporter")
        with pytest.raises(BadTopic, match=f"not for role {role}"):
            served_topics([name], role)


@pytest.mark.parametrize("name", sorted(DESK))
def test_who_has_several_roles_is_served_what_any_of_them_is(name: str) -> None:
    for first, second in itertools.permutations([str(role) for role in Role], 2):
        if {first, second} & DESK_ROLES:
            assert served_topics([name], first, second)[1] == (name, name)
        else:
            with pytest.raises(BadTopic, match=f"not for role {min(first, second)}, {max(first, second)}"):
                served_topics([name], first, second)


def test_only_who_is_nothing_but_public_gets_the_public_picture() -> None:
    assert served_topics(["incidents"], "kiosk", "viewer")[1] == ("incidents", "incidents")
    assert served_topics(["incidents"], "viewer", "kiosk")[1] == ("incidents", "incidents")
    assert served_topics(["incidents"])[1] == ("incidents", "incidents.public"), "nobody sees what everybody sees"


def test_there_is_a_limit_to_what_one_page_may_ask() -> None:
    most = [f"cells:open:{n}" for n in range(MAX_TOPICS - 1)]
    assert len(served_topics(most, "viewer")) == MAX_TOPICS
    with pytest.raises(BadTopic, match="at most"):
        served_topics([*most, "figures"], "viewer")


def test_screens_other_programs_and_the_people_of_single_bodies_are_outside() -> None:
    assert set(Role) - INSIDE_ROLES == {"agency", "kiosk", "reporter"}
