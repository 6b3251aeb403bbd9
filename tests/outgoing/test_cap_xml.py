"""CAP messages as written: elements in the standard's order, and read back as what they were."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.outgoing.cap_xml import SPACE, CapMessage, Reference, cap_time, write_cap
from streams.events import AlertArea, AlertInfo
from streams.feeds.cap import vocabulary as words
from streams.feeds.cap.parse import parse_cap

NOON = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)
# The sequence of elements in the schema of CAP 1.2, as far as we write them.
ORDER = {
    "alert": "identifier sender sent status msgType source scope restriction addresses code note references "
    "incidents info",
    "info": "language category event responseType urgency severity certainty audience eventCode effective onset "
    "expires senderName headline description instruction web contact parameter resource area",
    "area": "areaDesc polygon circle geocode altitude ceiling",
    "geocode": "valueName value",
}
ONCE = {"language", "event", "urgency", "severity", "certainty", "effective", "onset", "expires", "senderName",
        "headline", "description", "instruction", "web", "areaDesc", "valueName", "value"}  # fmt: skip
SAMPLE = CapMessage(
    sender="hexwatch@boston",
    identifier="20260304T170000Z-r-1",
    sent_at=NOON,
    status="Actual",
    kind="Update",
    scope="Public",
    note="wider area",
    references=(Reference("hexwatch@boston", "20260304T160000Z-r-0", NOON - timedelta(hours=1)),),
    infos=(
        AlertInfo(
            event="Gas leak",
            language="en-US",
            categories=("Safety", "Health"),
            response_types=("Evacuate", "Avoid"),
            urgency="Immediate",
            severity="Severe",
            certainty="Observed",
            onset_at=NOON,
            expires_at=NOON + timedelta(hours=3),
            sender_name="City of Boston",
            headline="Gas <leak> & evacuation",
            description="Leave the area.\nDo not use lights.",
            instruction="Walk, don't drive",
            areas=(
                AlertArea(
                    description="Roxbury",
                    polygons=(((42.33, -71.09), (42.34, -71.09), (42.34, -71.08)),),
                    circles=((42.33, -71.085, 0.5),),
                    geocodes=(("FIPS6", "025025"),),
                ),
            ),
        ),
        AlertInfo(event="燃气泄漏", language="zh-CN", categories=("Safety",), urgency="Immediate", severity="Severe",
                  certainty="Observed"),
    ),
)  # fmt: skip


def local(element: ElementTree.Element) -> str:
    return element.tag.removeprefix(f"{{{SPACE}}}")


def assert_ordered(element: ElementTree.Element) -> None:
    order = ORDER.get(local(element))
    if order is None:
        assert not list(element), local(element)
        return
    names = [local(child) for child in element]
    places = [order.split().index(name) for name in names]
    assert places == sorted(places), names
    assert all(names.count(name) == 1 for name in set(names) & (ONCE if local(element) != "alert" else {"sent"}))
    for child in element:
        assert_ordered(child)


def test_elements_stand_in_the_order_of_the_standard() -> None:
    root = ElementTree.fromstring(write_cap(SAMPLE))  # noqa: S314  written here
    assert root.tag == f"{{{SPACE}}}alert"
    assert_ordered(root)
    said = {local(child): child.text for child in root}
    assert said["sent"] == "2026-03-04T17:00:00-00:00"
    assert said["references"] == "hexwatch@boston,20260304T160000Z-r-0,2026-03-04T16:00:00-00:00"
    assert root.findtext(f".//{{{SPACE}}}polygon") == "42.33,-71.09 42.34,-71.09 42.34,-71.08 42.33,-71.09"
    assert root.findtext(f".//{{{SPACE}}}circle") == "42.33,-71.085 0.5"
    assert root.findtext(f".//{{{SPACE}}}headline") == "Gas <leak> & evacuation"


@pytest.mark.parametrize(("scope", "needed"), [("Restricted", "restriction"), ("Private", "addresses")])
def test_a_scope_brings_the_element_that_the_standard_asks_for(scope: str, needed: str) -> None:
    root = ElementTree.fromstring(write_cap(CapMessage("a@b", "1", NOON, "Actual", "Alert", scope, ())))  # noqa: S314
    assert [local(child) for child in root][-2:] == ["scope", needed]
    assert_ordered(root)


def test_an_instant_of_any_zone_is_written_in_utc_without_z() -> None:
    at = datetime.fromisoformat("2026-03-05T01:00:00.9+08:00")
    assert cap_time(at) == "2026-03-04T17:00:00-00:00"


# what is written is read back

texts = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=30).map(
    str.strip
)
codes = st.text("abcXYZ0189._:@-", min_size=1, max_size=20)
instants = st.datetimes(datetime(1950, 1, 1), datetime(2150, 1, 1)).map(
    lambda at: at.replace(microsecond=0, tzinfo=UTC)
)
lats, lngs = st.integers(-90_000_000, 90_000_000), st.integers(-180_000_000, 180_000_000)
points = st.tuples(lats.map(lambda n: n / 1e6), lngs.map(lambda n: n / 1e6))
rings = st.lists(points, min_size=3, max_size=6, unique=True).map(lambda ring: (*ring, ring[0]))
circles = st.tuples(
    lats.map(lambda n: n / 1e6), lngs.map(lambda n: n / 1e6), st.integers(0, 500_000).map(lambda n: n / 1e3)
)


def word(known: Any) -> st.SearchStrategy[str]:
    return st.sampled_from(sorted(set(known.values())))


def several(known: Any) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(word(known), unique=True, max_size=4).map(tuple)


areas = st.builds(
    AlertArea,
    description=texts.filter(bool),
    polygons=st.lists(rings, max_size=2).map(tuple),
    circles=st.lists(circles, max_size=2).map(tuple),
    geocodes=st.lists(st.tuples(codes, codes), max_size=2).map(tuple),
)
infos = st.builds(
    AlertInfo,
    event=texts.filter(bool),
    language=st.sampled_from(["zh-CN", "en-US", "ar", "pt-BR", "ko"]),
    categories=several(words.CATEGORY).filter(bool),
    response_types=several(words.RESPONSE),
    urgency=word(words.URGENCY),
    severity=word(words.SEVERITY),
    certainty=word(words.CERTAINTY),
    effective_at=st.none() | instants,
    onset_at=st.none() | instants,
    expires_at=st.none() | instants,
    sender_name=texts,
    headline=texts,
    description=texts,
    instruction=texts,
    web=texts,
    areas=st.lists(areas, max_size=2).map(tuple),
)
messages = st.builds(
    CapMessage,
    sender=codes,
    identifier=codes,
    sent_at=instants,
    status=word(words.STATUS),
    kind=st.sampled_from(["Alert", "Update", "Cancel"]),
    scope=word(words.SCOPE),
    infos=st.lists(infos, max_size=2).map(tuple),
    references=st.lists(st.builds(Reference, codes, codes, instants), min_size=1, max_size=2).map(tuple),
    note=texts,
)


@given(messages)
def test_what_is_written_is_read_back_equal_and_without_leniency(message: CapMessage) -> None:
    written = write_cap(message)
    assert_ordered(ElementTree.fromstring(written))  # noqa: S314  written here
    read = parse_cap(written)
    assert (read.sender, read.identifier, read.sent_at) == (message.sender, message.identifier, message.sent_at)
    assert (read.status, read.kind, read.scope, read.note) == (
        message.status,
        message.kind,
        message.scope,
        message.note,
    )
    assert read.infos == message.infos
    assert [r.alert_id for r in read.references] == list(
        dict.fromkeys(f"{r.sender},{r.identifier}" for r in message.references)
    )
    assert read.notes == ()


@given(st.text(max_size=60))
def test_no_text_can_break_the_message_or_leave_its_element(text: str) -> None:
    info = AlertInfo(event="Fire", categories=("Fire",), headline="h" + text + "t", description=text)
    read = parse_cap(write_cap(CapMessage("a@b", "1", NOON, "Actual", "Alert", "Public", (info,), note=text)))
    writable = "".join(
        c for c in text.replace("\r\n", "\n").replace("\r", "\n")
        if c in "\t\n" or (c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")
    )  # fmt: skip
    assert read.infos[0].headline == "h" + writable + "t"
    assert read.note == writable.strip()
    assert len(read.infos) == 1
