"""Publishing: what is granted becomes facts that anybody can read, what is odd is refused in words that help."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from dashboard.engine.publish_verbs import CHOICES, PUBLISH_VERBS
from dashboard.engine.request import Refused
from dashboard.outgoing.cap_xml import write_cap
from dashboard.outgoing.messages import messages_of
from dashboard.roles import ROLES, Permission, Role
from emergency.alerts import is_in_force
from hotline.notices import is_shown
from streams.codec import MAX_ENTRY_BYTES, encode
from streams.events import AlertCancelled, AlertExpired, AlertIssued, AlertSuperseded, NoticeIssued, NoticeWithdrawn
from streams.feeds.cap.parse import parse_cap
from tests.outgoing.desk import LAT, LNG, SQUARE, Desk, area, info, notice, said
from tests.support.engines import NOON

ZH = {"event": "燃气泄漏", "language": "zh-CN", "headline": "洛克斯伯里　燃气泄漏"}


def refusal(desk: Desk, verb: str, **args: Any) -> str:
    before = (dict(desk.alerts), dict(desk.notices))
    with pytest.raises(Refused) as refused:
        desk.ask(verb, **args)
    assert (desk.alerts, desk.notices) == before
    return refused.value.reason


# alerts


def test_an_alert_is_issued_under_the_citys_own_name_and_is_in_force() -> None:
    desk = Desk()
    (issued,) = desk.ask("publish_alert", infos=[info(), info(**ZH)])
    assert isinstance(issued, AlertIssued)
    assert issued.sender == "hexwatch@boston"
    assert issued.alert_id == f"hexwatch@boston,{issued.identifier}"
    assert issued.sent_at == NOON
    assert [i.event for i in issued.infos] == ["Gas leak", "燃气泄漏"]
    assert issued.infos[0].sender_name == desk.city.name("en")
    ring = issued.infos[0].areas[0].polygons[0]
    assert ring[0] == ring[-1] == (LAT, LNG)
    assert is_in_force(desk.alerts[issued.alert_id], NOON)
    assert not is_in_force(desk.alerts[issued.alert_id], NOON + timedelta(hours=3))


def test_the_same_request_gives_the_same_alert_and_an_old_id_another_one_later() -> None:
    first, same, later = Desk(), Desk(), Desk(now=NOON + timedelta(hours=1))
    names = [desk.ask("publish_alert", "r-7", infos=[info()])[0].subject for desk in (first, same, later)]
    assert names[0] == names[1] != names[2]


@pytest.mark.parametrize("request_id", ["a b", "a,b<&>", "请求", "x" * 300])
def test_an_identifier_never_holds_what_cap_forbids(request_id: str) -> None:
    desk = Desk()
    (issued,) = desk.ask("publish_alert", request_id, infos=[info()])
    assert isinstance(issued, AlertIssued)
    assert not set(issued.identifier) & set(" ,<&")
    read = parse_cap(write_cap(messages_of(desk.alerts.values(), "boston", "live")[issued.identifier]))
    assert read.alert_id == issued.alert_id


def test_an_update_takes_the_place_of_an_own_alert() -> None:
    desk = Desk()
    old = desk.alert()
    issued, superseded = desk.ask("publish_alert", infos=[info(severity="Extreme")], updates=old.alert_id)
    assert isinstance(issued, AlertIssued)
    assert superseded == AlertSuperseded(alert_id=old.alert_id, by=issued.alert_id)
    assert not is_in_force(desk.alerts[old.alert_id], NOON)
    assert refusal(desk, "cancel_alert", alert_id=old.alert_id, reason="over").startswith(
        f"alert {old.alert_id} was replaced by {issued.alert_id}"
    )


def test_a_cancelled_alert_is_no_more_in_force_and_says_why() -> None:
    desk = Desk()
    old = desk.alert()
    (cancelled,) = desk.ask("cancel_alert", alert_id=old.alert_id, reason=" valve closed ")
    assert isinstance(cancelled, AlertCancelled)
    assert cancelled.reason == "valve closed"
    assert cancelled.by.startswith("hexwatch@boston,")
    assert cancelled.by != old.alert_id
    assert not is_in_force(desk.alerts[old.alert_id], NOON)
    assert refusal(desk, "cancel_alert", alert_id=old.alert_id, reason="again") == f"alert {old.alert_id} was cancelled"


def test_nobody_ends_an_alert_of_another_sender_nor_one_that_is_over() -> None:
    desk = Desk()
    desk.record(AlertIssued(alert_id="w@nws,1", sender="w@nws", identifier="1", sent_at=NOON), source="cap")
    assert "is of w@nws (cap), who alone may end it" in refusal(desk, "cancel_alert", alert_id="w@nws,1", reason="x")
    assert "is of w@nws" in refusal(desk, "publish_alert", infos=[info()], updates="w@nws,1")
    claimed = AlertIssued(alert_id="hexwatch@boston,1", sender="hexwatch@boston", identifier="1", sent_at=NOON)
    desk.record(claimed, source="cap")
    assert "is of hexwatch@boston (cap)" in refusal(desk, "cancel_alert", alert_id=claimed.alert_id, reason="x")
    assert messages_of(desk.alerts.values(), "boston", "live") == {}
    assert refusal(desk, "cancel_alert", alert_id="nobody,1", reason="x") == "alert nobody,1 is unknown"
    over = desk.alert()
    desk.now += timedelta(hours=4)
    assert refusal(desk, "cancel_alert", alert_id=over.alert_id, reason="x") == f"alert {over.alert_id} is over"
    desk.record(AlertExpired(alert_id=over.alert_id))
    assert refusal(desk, "cancel_alert", alert_id=over.alert_id, reason="x") == f"alert {over.alert_id} is over"


def test_what_changed_since_it_was_seen_is_not_cancelled() -> None:
    desk = Desk()
    old = desk.alert()
    assert refusal(desk, "cancel_alert", alert_id=old.alert_id, reason="x", if_version=old.seq + 1).startswith(
        "changed"
    )
    assert desk.ask("cancel_alert", alert_id=old.alert_id, reason="x", if_version=old.seq)


def test_an_exercise_cannot_replace_a_real_alert() -> None:
    desk = Desk()
    old = desk.alert()
    said_ = refusal(desk, "publish_alert", infos=[info()], updates=old.alert_id, status="Exercise")
    assert said_ == "status: Exercise, but the alert it replaces is Actual"
    assert not is_in_force(desk.alert(status="Exercise"), NOON)


ZIGZAG = [[LAT, LNG], [LAT + 0.01, LNG + 0.01], [LAT, LNG + 0.01], [LAT + 0.01, LNG]]
ODD_INFOS: list[tuple[dict[str, Any], str]] = [
    ({"severity": "Bad"}, "infos[0].severity: 'Bad' is none of Extreme, Severe, Moderate, Minor, Unknown"),
    ({"urgency": "now"}, "infos[0].urgency: 'now' is none of Immediate"),
    ({"certainty": "sure"}, "infos[0].certainty: 'sure' is none of Observed"),
    ({"categories": ["Weather"]}, "infos[0].categories: 'Weather' is none of Geo"),
    ({"categories": []}, "length >= 1"),
    ({"categories": ["Fire", "Fire"]}, "infos[0].categories: 'Fire' stands there twice"),
    ({"response_types": ["Run"]}, "infos[0].response_types: 'Run' is none of Shelter"),
    ({"event": " "}, "infos[0].event: needed, as text"),
    ({"language": "english please"}, "infos[0].language"),
    ({"expires_at": said(NOON)}, "infos[0].expires_at: needs to be in the future, it is 2026-03-04T17:00:00Z"),
    ({"expires_at": said(NOON + timedelta(days=8))}, "infos[0].expires_at: at most 7 days ahead"),
    ({"expires_at": "2026-03-05T00:00:00"}, "infos[0].expires_at"),
    ({"expires_at": None}, "infos[0].expires_at"),
    ({"onset_at": said(NOON + timedelta(hours=3))}, "infos[0].onset_at: needs to be before expires_at"),
    ({"effective_at": said(NOON + timedelta(hours=5))}, "infos[0].effective_at: needs to be before expires_at"),
    ({"headline": "x" * 161}, "infos[0].headline"),
    ({"headline": "bell \x07"}, "infos[0].headline: the character U+0007 cannot be shown"),
    ({"instruction": "read \u202esdrawkcab"}, "infos[0].instruction: the character U+202E cannot be shown"),
    ({"description": "half \ud83d"}, "surrogate"),
    ({"web": "javascript:alert(1)"}, "infos[0].web: needs an address that begins with https://"),
    ({"expires": "tomorrow"}, "unknown field `expires`"),
    ({"areas": []}, "infos[0].areas"),
    ({"areas": [{"description": "all of it"}]}, "infos[0].areas[0]: needs a polygon, a circle or a geocode"),
    ({"areas": [area(description="")]}, "infos[0].areas[0].description"),
    ({"areas": [area(polygons=[SQUARE[:2]])]}, "length >= 3"),
    ({"areas": [area(polygons=[[SQUARE[0]] * 4])]}, "polygons[0]: needs three different points"),
    ({"areas": [area(polygons=[ZIGZAG])]}, "polygons[0]: crosses itself"),
    ({"areas": [area(polygons=[[[LNG, LAT], *SQUARE[1:]]])]}, "-71.0899, 42.3301 is nowhere near the city"),
    ({"areas": [area(polygons=[[[lng, lat] for lat, lng in SQUARE]])]}, "nowhere near the city; points are (lat, lng)"),
    ({"areas": [area(polygons=[[[91, LNG], *SQUARE[1:]]])]}, "`float` <= 90.0"),
    ({"areas": [area(polygons=[[[LAT, 181], *SQUARE[1:]]])]}, "`float` <= 180.0"),
    ({"areas": [area(circles=[[LAT, LNG, 600]])]}, "`float` <= 200.0"),
    ({"areas": [area(circles=[[LAT, LNG, 0]])]}, "`float` > 0.0"),
    ({"areas": [area(circles=[[LAT, LNG, 0.0001]])]}, "circles[0]: needs a radius of a metre or more"),
    ({"areas": [area(circles=[[0, 0, 5]])]}, "circles[0]: 0, 0 is nowhere near the city"),
    ({"areas": [area(polygons=[[[LAT, LNG]] * 501])]}, "length <= 500"),
]  # fmt: skip


@pytest.mark.parametrize(("more", "words"), ODD_INFOS, ids=[words[:50] for _, words in ODD_INFOS])
def test_an_odd_alert_is_refused_with_the_place_and_what_is_needed(more: dict[str, Any], words: str) -> None:
    try:
        reason = refusal(Desk(), "publish_alert", infos=[info(**more)])
    except UnicodeEncodeError as error:  # JSON itself refuses half a character, before any verb
        reason = str(error)
    assert words in reason
    assert len(reason) < 400


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"infos": []}, "length >= 1"),
        ({"infos": [info(), info()]}, "infos: language: 'en-us' stands there twice"),
        ({"status": "Draft"}, "status: 'Draft' is none of Actual, Exercise, Test"),
        ({"scope": "Private"}, "scope: 'Private' is none of Public, Restricted"),
        ({"urgent": True}, "unknown field `urgent`"),
        ({"infos": [info(language="x" + c, description="长" * 4000) for c in "abcdefghijkl"]}, "at most 40000"),
    ],
)  # fmt: skip
def test_an_alert_as_a_whole_is_refused_too(more: dict[str, Any], words: str) -> None:
    assert words in refusal(Desk(), "publish_alert", **{"infos": [info()], **more})


def test_texts_of_every_script_and_a_joined_emoji_are_published_as_they_are() -> None:
    texts = [
        "اخرجوا من المنطقة\u200f",
        "北京　燃气",
        "가스 누출",
        "Утечка газа",
        "👩\u200d🚒 evacuate",
        "l’évacuation\u00a0!",
    ]
    desk = Desk()
    (issued,) = desk.ask("publish_alert", infos=[info(description="\n".join(texts))])
    assert isinstance(issued, AlertIssued)
    assert issued.infos[0].description == "\n".join(texts)


shown = st.text(st.characters(exclude_categories=("Cc", "Cs", "Co", "Zl", "Zp")), max_size=40)
infos = st.fixed_dictionaries(
    {name: st.sampled_from(CHOICES[name]) for name in ("urgency", "severity", "certainty")},
    optional={
        "headline": shown,
        "description": shown | st.text(max_size=9),
        "event": shown,
        "web": st.sampled_from(["", "https://example.org/a?b=c&d"]) | st.text(max_size=9),
        "categories": st.lists(st.sampled_from(CHOICES["categories"]), min_size=1, max_size=3, unique=True),
    },
)
near = st.tuples(st.floats(LAT - 0.1, LAT + 0.1), st.floats(LNG - 0.1, LNG + 0.1)).map(list)
anywhere = st.lists(st.floats(-200, 200), min_size=2, max_size=2)
rings = st.lists(near, min_size=3, max_size=4) | st.lists(near | anywhere, min_size=2, max_size=6)
circles = st.builds(lambda point, km: [*point, km], near | anywhere, st.floats(-1, 300))


@given(infos, st.lists(rings, max_size=2), st.lists(circles, max_size=2))
def test_whatever_is_asked_is_refused_or_can_be_written_and_read_back(
    more: dict[str, Any], polygons: list[Any], round_: list[Any]
) -> None:
    desk = Desk()
    try:
        (issued,) = desk.ask("publish_alert", infos=[info(**more, areas=[area(polygons=polygons, circles=round_)])])
    except (Refused, UnicodeEncodeError):
        event("refused")
        return
    event("granted")
    assert isinstance(issued, AlertIssued)
    read = parse_cap(write_cap(messages_of(desk.alerts.values(), "boston", "live")[issued.identifier]))
    assert read.infos == issued.infos
    assert read.notes == ()
    assert len(encode(issued)) < MAX_ENTRY_BYTES


# notices


def test_a_notice_is_issued_replaced_and_withdrawn() -> None:
    desk = Desk()
    first = desk.notice()
    assert is_shown(first, NOON)
    second = desk.notice(notice_id=first.notice_id, kind="works", lat=LAT, lng=LNG)
    assert (second.notice_id, second.kind, len(desk.notices)) == (first.notice_id, "works", 1)
    (withdrawn,) = desk.ask("withdraw_notice", notice_id=first.notice_id, reason="moved")
    assert withdrawn == NoticeWithdrawn(notice_id=first.notice_id, reason="moved")
    assert not is_shown(desk.notices[first.notice_id], NOON)
    assert refusal(desk, "withdraw_notice", notice_id=first.notice_id) == f"notice {first.notice_id} was withdrawn"


def test_a_notice_of_a_feed_is_changed_at_its_source() -> None:
    desk = Desk()
    times: dict[str, Any] = {"starts_at": NOON, "ends_at": NOON + timedelta(days=1)}
    desk.record(NoticeIssued(notice_id="desk-mine", kind="works", titles={"en": "Works"}, **times), source="notices")
    for verb, more in (("withdraw_notice", {}), ("publish_notice", notice())):
        assert (
            refusal(desk, verb, notice_id="desk-mine", **more) == "notice desk-mine comes from notices; change it there"
        )


def test_a_notice_that_is_over_or_unknown_or_changed_is_left_alone() -> None:
    desk = Desk()
    made = desk.notice()
    assert refusal(desk, "withdraw_notice", notice_id="desk-x") == "notice desk-x is unknown"
    assert refusal(desk, "withdraw_notice", notice_id=made.notice_id, if_version=made.seq + 1).startswith("changed")
    desk.now += timedelta(days=2)
    assert refusal(desk, "withdraw_notice", notice_id=made.notice_id) == f"notice {made.notice_id} is over"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"kind": "party"}, "kind: 'party' is none of works, closure, event, holiday"),
        ({"ends_at": said(NOON + timedelta(hours=1))}, "ends_at: needs to be after starts_at"),
        ({"starts_at": said(NOON - timedelta(days=2)), "ends_at": said(NOON)}, "ends_at: needs to be in the future"),
        ({"starts_at": said(NOON + timedelta(days=500)), "ends_at": said(NOON + timedelta(days=501))}, "400 days"),
        ({"starts_at": "2026-03-05T09:00:00"}, "starts_at"),
        ({"titles": {}}, "titles"),
        ({"titles": {"en": "  "}}, "titles.en: needed, as text"),
        ({"titles": {"the english": "Works"}}, "titles"),
        ({"details": {"en": "\x00"}}, "details.en: the character U+0000"),
        ({"lat": LAT}, "lat, lng: come together"),
        ({"lat": 95, "lng": LNG}, "<= 90.0"),
        ({"polygons": [ZIGZAG]}, "polygons[0]: crosses itself"),
        ({"areas": [""]}, "areas"),
        ({"end": 1}, "unknown field `end`"),
    ],
)
def test_an_odd_notice_is_refused_with_what_is_needed(more: dict[str, Any], words: str) -> None:
    assert words in refusal(Desk(), "publish_notice", **notice(**more))


@given(
    st.sampled_from(sorted(PUBLISH_VERBS)),
    st.dictionaries(
        st.sampled_from(
            ["infos", "updates", "alert_id", "notice_id", "reason", "kind", "titles", "starts_at", "ends_at", "status"]
        ),
        st.recursive(
            st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        ),
    ),
)
def test_no_arguments_whatever_make_a_verb_fail_otherwise_than_by_refusing(verb: str, args: dict[str, Any]) -> None:
    with pytest.raises((Refused, UnicodeEncodeError)):
        Desk().ask(verb, **args)


def test_only_leaders_and_admins_publish() -> None:
    assert {role for role in Role if Permission.PUBLISH in ROLES[role]} == {Role.ADMIN, Role.LEADER}
