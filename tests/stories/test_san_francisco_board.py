"""Six days of San Francisco's fire calls through feed, inbox, engine, reader and API: the board equals the records."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pandas as pd
import pytest
import redis as redis_module
from flask import Flask

from dashboard.access import Access
from dashboard.api import ApiContext, api
from dashboard.reader_process import Tail
from emergency.incidents import Incident
from emergency.plans import load_plans, places, plan_for
from streams.reader import Reader
from streams.reader_writer import ReaderWriter
from tests.stories.test_real_cities import Replayed
from tests.support.shared_data import shared_path

pytestmark = pytest.mark.shared
FILE = "emergency/sf_fire_calls_2016-12-31_2017-01-05.csv.gz"
ZONE = "America/Los_Angeles"
INSTANTS = [
    *("2016-12-31 00:00:00", "2016-12-31 03:00:00", "2016-12-31 12:00:00", "2016-12-31 18:30:00"),
    *("2017-01-01 00:00:30", "2017-01-01 01:00:00", "2017-01-01 07:00:00", "2017-01-02 06:15:00"),
    *("2017-01-03 17:45:00", "2017-01-04 09:00:00", "2017-01-05 00:00:00", "2017-01-05 23:00:00"),
]
# A column of the records -> the stamp it is in an assignment, and the status a unit then has.
STAMPS = {
    "Dispatch": ("dispatched_at", "dispatched"),
    "Response": ("en_route_at", "en-route"),
    "On Scene": ("on_scene_at", "on-scene"),
    "Transport": ("transporting_at", "transporting"),
    "Hospital": ("at_hospital_at", "at-hospital"),
}
Board = dict[str, dict[str, dict[str, Any]]]  # call -> unit -> stamps and status
ADMIN = {"X-API-Key": "a-key-from-the-settings"}


class Records(NamedTuple):
    """The file as pandas reads it: one row per unit sent, instants in UTC; `end`: the unit is available again."""

    rows: pd.DataFrame
    received: pd.Series  # by call
    closed: pd.Series  # by call: with its last unit


def read_records(expiry: pd.Timedelta) -> Records:
    """What stands in the records, and the two rules of the preset: a unit that its source calls available is available,
    and one that never came back is let go after the expiry."""
    raw = pd.read_csv(shared_path(FILE), dtype=str)
    columns = {}
    for name in ("Received", *STAMPS, "Available"):
        local = pd.to_datetime(raw[f"{name} DtTm"], format="%m/%d/%Y %I:%M:%S %p")
        columns[name] = local.dt.tz_localize(ZONE).dt.tz_convert("UTC")
    words = {"call": "Call Number", "unit": "Unit ID", "kind": "Call Type", "priority": "Final Priority"}
    rows = pd.DataFrame(columns | {name: raw[column] for name, column in words.items()})
    latest = rows[["Received", *STAMPS]].max(axis=1)
    rows["end"] = rows["Available"].where(rows["Available"] >= rows["Dispatch"], rows["Dispatch"])
    rows["end"] = rows["end"].where(rows["Available"].notna(), latest + expiry)
    for name in STAMPS:
        rows[name] = rows[name].where(rows[name].isna() | (rows[name] <= rows["end"]), rows["end"])
    received = rows.groupby("call")["Received"].first()
    return Records(rows, received, rows.groupby("call")["end"].max())


def recorded_board(records: Records, now: pd.Timestamp) -> Board:
    """Of every call that is open, the units at work, each with its stamps so far."""
    is_open = (records.received <= now) & (records.closed > now)
    board: Board = {call: {} for call in is_open.index[is_open]}
    rows = records.rows
    at_work = rows[rows["call"].isin(board) & (rows[[*STAMPS]].min(axis=1) <= now) & (rows["end"] > now)]
    for row in at_work.to_dict("records"):
        board[row["call"]][row["unit"]] = stamps_so_far(row, now)
    return board


def stamps_so_far(row: dict[str, Any], now: pd.Timestamp) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for name, (stamp, status) in STAMPS.items():
        if row[name] is not pd.NaT and row[name] <= now:
            said |= {stamp: row[name].to_pydatetime(), "status": status}
    return said


class City(Replayed):
    """The replayed city with its reader and its API."""

    __test__ = False

    def __init__(self, client: redis_module.Redis, folder: Path):
        super().__init__(client, "sf-fire", FILE, folder)
        path = folder / "reader.sqlite"
        self.tail = Tail(client, self.keys, ReaderWriter(path, self.keys.city), "test")
        access = Access(client, self.keys, admin_key=ADMIN["X-API-Key"])
        app = Flask("test")
        app.register_blueprint(api(ApiContext(client, self.keys, Reader(path, self.keys.city), access)))
        self.http = app.test_client()

    def get(self, path: str) -> dict[str, Any]:
        answer = self.http.get(f"/api/v1{path}", headers=ADMIN)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        found: dict[str, Any] = answer.get_json()
        return found

    def documents(self) -> list[Incident]:
        raw: Any = self.client.hvals(self.keys.incidents)
        return [msgspec.json.decode(doc, type=Incident) for doc in raw]

    def board(self) -> Board:
        """Open incidents as the API tells them one by one."""
        board: Board = {}
        for shown in self.view("incidents"):
            document = self.get(f"/incidents/{shown}")
            runs = msgspec.convert(document["assignments"], list[_Run])
            board[shown] = {run.unit_id: run.said() for run in runs if not run.ended}
        return board


class _Run(msgspec.Struct, frozen=True, omit_defaults=True):
    unit_id: str
    dispatched_at: datetime | None = None
    en_route_at: datetime | None = None
    on_scene_at: datetime | None = None
    transporting_at: datetime | None = None
    at_hospital_at: datetime | None = None
    cleared_at: datetime | None = None
    ended: str = ""

    def said(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for stamp, status in STAMPS.values():
            if getattr(self, stamp) is not None:
                found |= {stamp: getattr(self, stamp), "status": status}
        return found


@pytest.fixture
def city(redis: redis_module.Redis, tmp_path: Path) -> Iterator[City]:
    made = City(redis, tmp_path)
    yield made
    made.tail.writer.close()


def test_the_board_equals_the_records_at_a_dozen_instants(city: City) -> None:
    """Open incidents with their units, states and stamps; busy units; closed incidents in memory; response times."""
    records = read_records(pd.Timedelta(hours=city.preset.expires_after_h or 0))
    assert len(INSTANTS) == 12
    for local in INSTANTS:
        now = pd.Timestamp(local).tz_localize(ZONE).tz_convert("UTC")
        figures = city.until(local)
        recorded = recorded_board(records, now)
        assert city.board() == recorded, local
        busy = {unit for units in recorded.values() for unit in units}
        assert {unit for unit, shown in city.view("units").items() if shown["incidents"]} == busy, local
        assert figures["units.busy"] == len(busy), local
        assert figures["incidents.with_busy_unit"] == sum(bool(units) for units in recorded.values()), local
        assert figures["incidents.received_total"] == int((records.received <= now).sum()), local
        assert_ended_runs_are_recorded(city, records, now)
        if local == "2017-01-01 01:00:00":
            assert (figures["incidents.received_total"], len(busy)) == (460, 33)
            assert figures["incidents.with_busy_unit"] == 24
    while city.tail.step():
        pass
    for start, end, kind in WINDOWS:
        assert_response_times(city, records, start, end, kind)


def assert_ended_runs_are_recorded(city: City, records: Records, now: pd.Timestamp) -> None:
    """Every run that is over, of open and closed incidents, has its stamps and its end."""
    rows = {(row["call"], row["unit"]): row for row in records.rows.to_dict("records")}
    for incident in city.documents():
        for run in incident.assignments:
            row = rows[incident.incident_id, run.unit_id]
            assert run.cleared_at == (row["end"].to_pydatetime() if row["end"] <= now else None)
            said = {stamp: getattr(run, stamp) for stamp, _ in STAMPS.values() if getattr(run, stamp) is not None}
            expected = stamps_so_far(row, now)
            expected.pop("status", None)
            assert said == expected, (incident.incident_id, run.unit_id)


# response times

WINDOWS = [
    ("2016-12-31 00:00:00", "2017-01-06 00:00:00", ""),
    ("2017-01-01 00:00:00", "2017-01-01 06:00:00", ""),
    ("2016-12-31 00:00:00", "2017-01-05 00:00:00", "Structure Fire"),
    ("2017-01-02 10:00:00", "2017-01-03 22:13:20", "Medical Incident"),
]


def assert_response_times(city: City, records: Records, start: str, end: str, kind: str) -> None:
    """Percentiles, targets and those who never came, against pandas on the rows themselves."""
    since, until = (pd.Timestamp(t).tz_localize(ZONE).tz_convert("UTC") for t in (start, end))
    named = f"&kind={city.preset.values['kind'][kind]}" if kind else ""
    said = city.get(f"/response-times?from={since:%Y-%m-%dT%H:%M:%SZ}&to={until:%Y-%m-%dT%H:%M:%SZ}{named}")
    now = pd.Timestamp(INSTANTS[-1]).tz_localize(ZONE).tz_convert("UTC")
    rows = records.rows[records.rows["call"].map(records.received).between(since, until, inclusive="left")]
    rows = rows[(rows["call"].map(records.received) <= now) & ((rows["kind"] == kind) if kind else True)].copy()
    for name in (*STAMPS, "end"):
        rows[name] = rows[name].where(rows[name] <= now)
    calls = rows.groupby("call")
    assert said["incidents"]["n"] == calls.ngroups
    assert said["incidents"]["arrived"] == int((calls["On Scene"].count() > 0).sum())
    expected = {
        "processing": calls["Dispatch"].min() - calls["Received"].first(),
        "turnout": rows["Response"] - rows["Dispatch"],
        "travel": first_travel(rows),
        "full_plan": full_plan(rows, calls, wanted_by(city, rows)),
    }
    for name, spans in expected.items():
        seconds = spans.dt.total_seconds().dropna()
        assert_segment(said["segments"][name], seconds, name)
    assert said["segments"]["answer"]["of"] == 0  # the records do not say how long the line rang


def first_travel(rows: pd.DataFrame) -> pd.Series:
    """Of each call the unit that arrived first (of two at once, the one that rolled first): rolling until there."""
    arrived = rows.dropna(subset=["On Scene"]).sort_values(["On Scene", "Response"])
    first = arrived.groupby("call").head(1)
    return first["On Scene"] - first["Response"]


def wanted_by(city: City, rows: pd.DataFrame) -> dict[str, int]:
    """How many units the first alarm of each call asks for, by the words and priorities that the preset gives."""
    kinds, priorities, plans = city.preset.values["kind"], city.preset.values["priority"], load_plans()
    first = rows.groupby("call")[["kind", "priority"]].first()
    known = {
        key: len(places(plan_for(plans, str(kinds.get(key[0], key[0])), int(priorities.get(key[1], 3))).requirements))
        for key in set(zip(first["kind"], first["priority"], strict=True))
    }
    return {call: known[kind, priority] for call, kind, priority in first.itertuples()}


def full_plan(rows: pd.DataFrame, calls: Any, wanted: dict[str, int]) -> pd.Series:
    """From the first unit rolling to the arrival that makes as many as the first alarm asks for."""
    rolling = calls["Response"].min()
    spans = {}
    for call, arrivals in rows.dropna(subset=["On Scene"]).groupby("call")["On Scene"]:
        n = wanted[str(call)]
        if len(arrivals) >= n and rolling[call] is not pd.NaT:
            spans[call] = sorted(arrivals)[n - 1] - rolling[call]
    return pd.Series(spans, dtype="timedelta64[ns]")


def assert_segment(said: dict[str, Any], seconds: pd.Series, name: str) -> None:
    usable = seconds[seconds >= 0].to_numpy()
    assert (said["n"], said["contradictory"]) == (len(usable), int((seconds < 0).sum())), name
    for share in (50, 75, 90, 95, 99):
        assert said["percentiles_s"][f"p{share}"] == np.percentile(usable, share, method="inverted_cdf"), (name, share)
    for target in said["targets"]:
        if not target["applies_to"]:
            assert target["within"]["n"] == int((usable <= target["seconds"]).sum()), (name, target)
    assert said["of"] == said["n"] + said["waiting"] + said["never"]["n"]
