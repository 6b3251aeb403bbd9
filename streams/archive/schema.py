"""The archive's tables: their columns, what each means, and in which order rows stand in a file.

`SCHEMA` is raised when a column changes its meaning or leaves; new columns may come at any time and are null in older
files. No table has a personal field (`streams.events.PRIVATE_FIELDS`): such fields never reach the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import pyarrow as pa

SCHEMA = 1
COLUMNS = 2  # raised when tables get columns: 2 added when an owner took a case and reached its caller, and labels
GREW = {"cases": 2, "case_events": 2}  # since which of these a table has all its columns
LOG = "log"  # the origin of rows that came through the city's own log

ARROW = {
    "text": pa.string(),
    "number": pa.int64(),
    "real": pa.float64(),
    "yes/no": pa.bool_(),
    "instant": pa.timestamp("us", "UTC"),
    "day": pa.date32(),
    "bytes": pa.binary(),
}
SQL = {
    "text": "VARCHAR",
    "number": "BIGINT",
    "real": "DOUBLE",
    "yes/no": "BOOLEAN",
    "instant": "TIMESTAMPTZ",
    "day": "DATE",
    "bytes": "BLOB",
}


class Column(NamedTuple):
    """One column: its name, its type (a key of `ARROW`) and what it says."""

    name: str
    type: str
    help: str


@dataclass(frozen=True)
class Table:
    """One table. `key` names the subject, `order` how rows are sorted inside a file, `by` what its folders are for:
    the local day of recording, the local day of receipt, or a month.
    """

    name: str
    help: str
    columns: tuple[Column, ...]
    key: str
    order: tuple[str, ...]
    by: str = "day of recording"

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @cached_property
    def arrow(self) -> Any:
        """The pyarrow schema."""
        return pa.schema([(column.name, ARROW[column.type]) for column in self.columns])

    @property
    def empty_sql(self) -> str:
        """A SELECT with these columns and no row."""
        typed = ", ".join(f"NULL::{SQL[c.type]} AS {c.name}" for c in self.columns)
        return f"SELECT {typed} WHERE false"


def _columns(text: str) -> tuple[Column, ...]:
    """`name: type: help` lines."""
    lines = (line.split(":", 2) for line in text.strip().splitlines())
    return tuple(Column(name.strip(), kind.strip(), told.strip()) for name, kind, told in lines)


_STAMP = _columns("""
seq: number: commit that recorded the fact; 0 where it came from an imported file
index: number: place within that commit
event_id: text: the fact's id, unique within its source
said_by: text: the source that told it
type: text: the event, as listed in docs/api.md
version: number: of its payload
recorded_at: instant: when the log took it
occurred_at: instant: when it happened outside
actor: text: the person who acted, where one did
""")

_CASE = _columns("""
case_id: text: the case
kind: text: complaint, enquiry, suggestion, praise, staff …
category: text: what it is about
subcategory: text: more exactly
channel: text: how it came in
language: text: of the caller
grade: text: urgency
area: text: district; empty when unknown
owner: text: who must handle it
lat: real: degrees; null without a place
lng: real: degrees
cell: number: H3 cell of resolution 9 as an integer; null without usable location
source: text: feed that reported it
happened_at: instant: when it was reported outside
received_at: instant: when the log took its receipt
closed_at: instant: when the log took its closing; null while open
target_at: instant: when it is due
dispatched_at: instant: sent to its first owner
accepted_at: instant: the owner took it
contacted_at: instant: the owner reached the caller
handled_at: instant: the owner said that it is done
answered_at: instant: the enquiry was answered
followed_up_at: instant: the hotline asked the caller
contacted: yes/no: at the follow-up, the caller said that somebody had called
resolved: yes/no: at the follow-up, the caller said that it is solved
satisfied: number: at the follow-up, 1 to 5
reopened: number: times
returned: number: times that an owner asked to give it back
regraded: number: times
merged_into: text: the case that stands for it
situation_id: text: the situation it belongs to
incident_id: text: the incident made of it
stage: text: of its life
is_open: yes/no: counted as open
owned_at: instant: since when the present owner has it
first_contacted_at: instant: the present owner first reached the caller
labels: text: words that were put on it, with commas
""")

_INCIDENT = _columns("""
incident_id: text: the incident
kind: text: what kind
priority: number: 1 is the gravest
agency: text: who leads
area: text: district; empty when unknown
lat: real: degrees
lng: real: degrees
cell: number: H3 cell of resolution 9 as an integer
source: text: who reported it
called_at: instant: when the call began to ring
happened_at: instant: when it was reported outside
received_at: instant: when the log took it
triaged_at: instant: kind and priority were settled
contained_at: instant: it no longer grew
closed_at: instant: when the log took its end
cancelled_at: instant: it was none
stage: text: of its life
is_open: yes/no: counted as open
is_exercise: yes/no: counted nowhere
is_major: yes/no: a major incident was declared
t1: number: people gravely hurt, as reported last
t2: number: seriously
t3: number: slightly
dead: number: people
case_id: text: the case it was made of
merged_into: text: the incident that stands for it
flags: text: JSON list of what outside records contradict
""")

_DAILY = _columns("""
day: day: local
origin: text: `log`, or the name of an import
area: text: district
category: text: what it is about
channel: text: how it came in
kind: text: complaint, enquiry …
received: number: received on that day
closed: number: closed on that day, as known at its end
closed_late: number: of those, after their deadline
followed_up: number: followed up on that day
contacted: number: of those, contacted
resolved: number: of those, said to be solved
resolved_known: number: of those, who said whether it is solved
satisfied: number: of those, 4 or 5
satisfied_known: number: of those, who gave a mark
open_change: number: cases open at the end of the day, less those at its beginning
deadline_change: number: the same of open cases with a deadline
overdue_change: number: the same of overdue cases
""")

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "events",
            "every fact of the log, as it was recorded",
            (
                *_STAMP,
                *_columns("""
subject: text: what it is about, `<entity>:<id>`
area: text: where the engine placed it
cell: number: H3 cell of resolution 9 as an integer
flags: text: JSON list of contradictions
data: text: its payload, JSON
placed: text: the engine's placing, JSON
"""),
            ),
            "subject",
            ("seq", "index"),
        ),
        Table(
            "case_events",
            "every fact about a case, with the case as it stood after it",
            (
                *_STAMP,
                *_columns("""
is_change: yes/no: whether the fact changed the case
was_open: yes/no: counted as open before it
was_target_at: instant: due before it
was_area: text: area before it; null where the case was not known
was_category: text: category before it
was_channel: text: channel before it
was_kind: text: kind before it
reason: text: reason or code that was given
"""),
                *_CASE,
            ),
            "case_id",
            ("seq", "index"),
        ),
        Table(
            "cases",
            "one row a case, as known at the last compaction",
            (
                *_CASE,
                *_columns("""
is_revised: yes/no: changed otherwise than by one closing, so that the past needs `case_events`
seq: number: commit that changed it last
"""),
            ),
            "case_id",
            ("cell", "received_at", "case_id"),
            "day of receipt",
        ),
        Table(
            "incident_events",
            "every fact about an incident or a unit on it, with the incident as it stood after it",
            (
                *_STAMP,
                *_columns("""
is_change: yes/no: whether the fact changed the incident
unit_id: text: the unit that it speaks of
reason: text: reason that was given
"""),
                *_INCIDENT,
            ),
            "incident_id",
            ("seq", "index"),
        ),
        Table(
            "incidents",
            "incidents as they stood at the end of a range of the log; the row with the highest seq holds",
            (*_INCIDENT, *_columns("seq: number: commit that changed it last")),
            "incident_id",
            ("incident_id", "seq"),
        ),
        Table(
            "assignments",
            "units on incidents as they stood at the end of a range; the rows with the incident's highest seq hold",
            _columns("""
incident_id: text: the incident
number: number: order of the assignment within it
unit_id: text: the unit
received_at: instant: when the incident was received
area: text: of the incident
priority: number: of the incident
dispatched_at: instant: outside times from here on
notified_at: instant: told
acknowledged_at: instant: confirmed
en_route_at: instant: rolling
on_scene_at: instant: arrived
transporting_at: instant: left with a patient
at_hospital_at: instant: there
cleared_at: instant: available again
ended: text: cleared, recalled or diverted; empty while it works
diverted_to: text: the incident it was sent to instead
seq: number: commit that changed the incident last
"""),
            "incident_id",
            ("incident_id", "seq", "number"),
        ),
        Table(
            "calls",
            "calls as they stood at the end of a range; the row with the highest seq holds",
            _columns("""
call_id: text: the call
channel: text: phone, WeChat …
language: text: of the caller
agency: text: whose number was called
offered_at: instant: outside times
queued_at: instant: joined the queue
answered_at: instant: an agent answered
abandoned_at: instant: the caller gave up
ended_at: instant: over
agent_id: text: who answered
case_id: text: what came of it
is_silent: yes/no: nobody spoke
seq: number: commit that changed it last
"""),
            "call_id",
            ("call_id", "seq"),
        ),
        Table(
            "found_calls",
            "calls that were over when the archive began, which nothing but counts tells of; the last 50 hours of them",
            _columns("""
channel: text: phone, WeChat …
quarter_at: instant: beginning of the quarter of an hour in which they were offered
offered: number: calls
answered: number: of those, answered
abandoned: number: of those, given up by the caller
answered_20s: number: of those, answered within 20 seconds
"""),
            "channel",
            ("quarter_at", "channel"),
        ),
        Table(
            "alerts",
            "CAP messages as they stood at the end of a range; the row with the highest seq holds",
            _columns("""
alert_id: text: `<sender>,<identifier>`
sender: text: who warns
status: text: Actual, Exercise …
event: text: what it warns of, in its first language
severity: text: the gravest of its blocks
headline: text: in its first language
sent_at: instant: the sender's time
recorded_at: instant: when the log took it
expires_at: instant: the latest end of its blocks
ended_at: instant: superseded, cancelled or expired
ended_by: text: superseded, cancelled or expired
document: text: all of it, JSON
seq: number: commit that changed it last
"""),
            "alert_id",
            ("alert_id", "seq"),
        ),
        Table(
            "daily_cases",
            "counts of cases by local day; add up the three `_change` columns from the beginning to get a stock",
            _DAILY,
            "day",
            ("day", "area", "category", "channel", "kind"),
            "month",
        ),
        Table(
            "checkpoints",
            "the city's state at one instant, enough to fold later facts onto: for replay, and to rebuild files",
            _columns("""
noun: text: which documents
key: text: the document
value: bytes: JSON
"""),
            "key",
            ("noun", "key"),
        ),
    )
}

# Written for each range of the log; the others are derived from `case_events`.
RANGED = ("events", "case_events", "incident_events", "incidents", "assignments", "calls", "alerts")
LATEST = ("incidents", "assignments", "calls", "alerts")  # several rows a subject: the newest holds
CASE_COLUMNS = tuple(column.name for column in _CASE)
INCIDENT_COLUMNS = tuple(column.name for column in _INCIDENT)
DIMENSIONS = ("area", "category", "channel", "kind")
FLOWS = (
    *("received", "closed", "closed_late", "followed_up", "contacted", "resolved", "resolved_known"),
    *("satisfied", "satisfied_known"),
)
STOCKS = ("open", "deadline", "overdue")
