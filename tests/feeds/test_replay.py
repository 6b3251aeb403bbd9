"""A replay on a real Redis: every entry once whatever dies, the clock beside it, the pace, and a day that repeats."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis as redis_module

from streams.events import Envelope
from streams.feeds.appender import FeedTaken
from streams.feeds.prepare import items, prepare
from streams.feeds.preset import Preset, load_preset
from streams.feeds.replay import ASKED_TO_STOP, BATCH, END_OF_FILE, UNTIL_REACHED, Plan, ReplayResult, replay
from streams.feeds.rows import FeedError
from streams.keys import Keys
from tests.feeds.builders import CASES, HEADER, UNITS, file_of, inbox, local, preset_from, stream
from tests.support.redis_server import RedisServer, wait_until

KEYS = Keys("springfield")
ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "streams" / "feeds" / "samples"
WALL = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def preset(tmp_path: Path) -> Preset:
    return preset_from(tmp_path, CASES)


@dataclass
class Wall:
    """A clock that only waiting moves, so that tests take no time; `events` run when their second has come."""

    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)
    events: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.seconds

    def wait(self, seconds: float) -> None:
        assert seconds > 0
        self.waits.append(seconds)
        self.seconds += seconds
        assert len(self.waits) < 100_000, "waits for ever"
        for event in [e for e in self.events if e[0] <= self.seconds]:
            self.events.remove(event)
            event[1]()


@dataclass
class Stage:
    """A city, a file and a way to replay it again and again."""

    client: redis_module.Redis
    preset: Preset
    path: Path
    work_dir: Path
    wall: Wall = field(default_factory=Wall)

    def replay(self, stopping: Callable[[], bool] = lambda: False, **plan: Any) -> ReplayResult:
        return replay(
            self.client,
            KEYS,
            self.preset,
            self.path,
            Plan(**plan),
            work_dir=self.work_dir,
            monotonic=self.wall.monotonic,
            wait=self.wall.wait,
            wall=lambda: WALL,
            stopping=stopping,
        )

    @property
    def entries(self) -> list[Envelope]:
        """What happened in the city: without what the feed says of itself."""
        return [e for e in inbox(self.client, KEYS) if not e.type.startswith(("clock.", "feed."))]

    @property
    def ids(self) -> list[str]:
        return [e.id for e in self.entries]

    @property
    def clock(self) -> list[tuple[str, Any, bool]]:
        """(city time, speed, standing) of each push of the clock."""
        zone = self.preset.tz
        pushes = [e for e in inbox(self.client, KEYS) if e.type == "clock.advanced"]
        return [
            (e.occurred_at.astimezone(zone).strftime("%m-%d %H:%M:%S"), e.data["speed"], e.data["standing"])
            for e in pushes
        ]


def case(case_id: str, opened: str, closed: str = "", due: str = "") -> str:
    return f"{case_id},{opened},{due},{closed},Trees,,42.5,-71.5"


EVENING = [
    case("c2", "2011-08-28 18:00:10"),
    case("c1", "2011-08-28 18:00:00", "2011-08-28 18:01:00"),
    case("c3", "2011-08-28 18:30:00", "2011-08-28 20:00:00"),
]


@pytest.fixture
def stage(redis: redis_module.Redis, preset: Preset, tmp_path: Path) -> Stage:
    return Stage(redis, preset, file_of(tmp_path, HEADER, *EVENING), tmp_path / "work")


def staged(redis: redis_module.Redis, preset: Preset, tmp_path: Path, *lines: str | bytes) -> Stage:
    return Stage(redis, preset, file_of(tmp_path, HEADER, *lines), tmp_path / "work")


# at full speed


def test_a_whole_file_at_full_speed(stage: Stage) -> None:
    result = stage.replay()
    assert stage.ids == ["c1:received", "c2:received", "c1:closed", "c3:received", "c3:closed"]
    assert (result.outcome, result.entries, result.dead, result.position) == (END_OF_FILE, 5, 0, 5)
    assert result.at == local("2011-08-28 20:00:00")
    assert stage.wall.waits == []


def test_the_clock_comes_first_stands_last_and_moves_on_each_quarter_of_an_hour(stage: Stage) -> None:
    stage.replay()
    assert stage.clock == [
        ("08-28 18:00:00", None, False),
        ("08-28 18:30:00", None, False),
        ("08-28 20:00:00", None, False),
        ("08-28 20:00:00", None, True),
    ]
    types = [e.type for e in inbox(stage.client, KEYS)]
    assert types[:3] == ["clock.advanced", "feed.started", "case.received"]
    assert types[-3:] == ["case.closed", "feed.stopped", "clock.advanced"]
    ids = [e.id for e in inbox(stage.client, KEYS)]
    assert len(set(ids)) == len(ids)


def test_the_feed_says_when_it_starts_and_why_it_stops(stage: Stage) -> None:
    stage.replay()
    said = [e for e in inbox(stage.client, KEYS) if e.type.startswith("feed.")]
    assert [e.data for e in said] == [
        {"feed": "springfield", "records": 5},
        {"feed": "springfield", "reason": "end of file"},
    ]


def test_entries_of_one_instant_come_in_the_order_of_a_life(redis: redis_module.Redis, tmp_path: Path) -> None:
    at = "2017-01-01 00:00:00"
    path = file_of(
        tmp_path, "call,unit,received,dispatched,arrived,delivered,cleared", f"k1,E1,{at},{at},{at},{at},{at}"
    )
    stage = Stage(redis, preset_from(tmp_path, UNITS), path, tmp_path / "work")
    stage.replay()
    steps = ("received", "E1:dispatched", "E1:arrived", "E1:delivered", "E1:cleared", "closed")
    assert stage.ids == [f"k1:{step}" for step in steps]


def test_until_is_inclusive_and_leaves_the_clock_standing_there(stage: Stage) -> None:
    result = stage.replay(until=local("2011-08-28 18:01:00"))
    assert stage.ids == ["c1:received", "c2:received", "c1:closed"]
    assert (result.outcome, result.at) == (UNTIL_REACHED, local("2011-08-28 18:01:00"))
    assert stage.clock[-1] == ("08-28 18:01:00", None, True)


def test_a_moment_before_is_not_yet(stage: Stage) -> None:
    stage.replay(until=local("2011-08-28 18:00:59"))
    assert stage.ids == ["c1:received", "c2:received"]


def test_until_beyond_the_end_lets_the_clock_run_there(stage: Stage) -> None:
    stage.replay(until=local("2011-08-29 06:00:00"))
    assert stage.clock[-1] == ("08-29 06:00:00", None, True)


def test_a_later_until_goes_on_where_the_first_ended(stage: Stage) -> None:
    stage.replay(until=local("2011-08-28 18:00:00"))
    stage.replay(until=local("2011-08-28 18:30:00"))
    stage.replay()
    assert stage.ids == ["c1:received", "c2:received", "c1:closed", "c3:received", "c3:closed"]
    assert [c for c in stage.clock if c[2]] == [
        ("08-28 18:00:00", None, True),
        ("08-28 18:30:00", None, True),
        ("08-28 20:00:00", None, True),
    ]


def test_a_finished_feed_says_nothing_more(stage: Stage) -> None:
    stage.replay()
    before = stage.client.xlen(KEYS.inbox)
    result = stage.replay()
    assert stage.client.xlen(KEYS.inbox) == before
    assert (result.outcome, result.entries) == (END_OF_FILE, 0)


def test_a_file_without_records_is_simply_over(redis: redis_module.Redis, preset: Preset, tmp_path: Path) -> None:
    assert staged(redis, preset, tmp_path).replay().outcome == END_OF_FILE
    assert redis.xlen(KEYS.inbox) == 0


# the state at the beginning


def test_what_came_before_the_start_is_loaded_at_once_and_the_rest_is_paced(stage: Stage) -> None:
    stage.replay(speed=60, start=local("2011-08-28 18:15:00"))
    assert stage.ids == ["c1:received", "c2:received", "c1:closed", "c3:received", "c3:closed"]
    # from 18:15 to 20:00 at sixty times the pace of life
    assert stage.wall.seconds == pytest.approx(105)
    assert ("08-28 18:15:00", 60, False) in stage.clock


def test_records_long_closed_at_the_start_are_not_loaded(
    redis: redis_module.Redis, preset: Preset, tmp_path: Path
) -> None:
    stage = staged(
        redis,
        preset,
        tmp_path,
        case("old", "2011-08-01 10:00:00", "2011-08-13 17:59:59"),
        case("recent", "2011-08-01 11:00:00", "2011-08-13 18:00:00"),
        case("open", "2011-08-01 12:00:00"),
        case("new", "2011-08-28 19:00:00"),
    )
    result = stage.replay(start=local("2011-08-28 18:00:00"))
    assert stage.ids == ["recent:received", "open:received", "recent:closed", "new:received"]
    assert result.position == 6


# pace


def test_a_paced_replay_keeps_the_pace_and_pushes_the_clock_each_second(stage: Stage) -> None:
    stage.replay(speed=10, until=local("2011-08-28 18:01:00"))
    assert stage.wall.seconds == pytest.approx(6)
    assert max(stage.wall.waits) <= 1
    times = [at for at, _, _ in stage.clock]
    assert times == sorted(times)
    assert times[:3] == ["08-28 18:00:00", "08-28 18:00:00", "08-28 18:00:10"]
    assert len(times) >= 7
    assert stage.clock[-1] == ("08-28 18:01:00", 10, True)


def test_silence_before_the_first_entry_and_after_the_last_takes_its_time(stage: Stage) -> None:
    stage.replay(speed=60, start=local("2011-08-28 17:00:00"), until=local("2011-08-28 17:30:00"))
    assert (stage.ids, stage.wall.seconds) == ([], pytest.approx(30))
    assert stage.clock[-1] == ("08-28 17:30:00", 60, True)
    stage.replay(speed=60, until=local("2011-08-28 21:00:00"))
    assert stage.wall.seconds == pytest.approx(30 + 210)
    assert len(stage.ids) == 5


def test_a_replay_that_starts_before_the_first_entry_starts_there(stage: Stage) -> None:
    stage.replay(speed=60, start=local("2011-08-28 17:30:00"))
    assert stage.clock[0] == ("08-28 17:30:00", 60, False)
    assert stage.wall.seconds == pytest.approx(150)


def test_until_before_everything_leaves_the_clock_there(stage: Stage) -> None:
    assert stage.replay(speed=60, until=local("2011-08-28 17:30:00")).outcome == UNTIL_REACHED
    assert stage.clock == [("08-28 17:30:00", 60, True)]


def test_no_entry_comes_before_its_time_nor_after_the_clock_passed_it(stage: Stage) -> None:
    stage.replay(speed=8)
    now = None
    for envelope in inbox(stage.client, KEYS):
        assert now is None or envelope.occurred_at >= now
        now = envelope.occurred_at
    assert stage.wall.seconds == pytest.approx(900, abs=1)


def test_a_paced_replay_that_was_stopped_goes_on_from_the_same_second(stage: Stage) -> None:
    stop: list[bool] = []
    stage.wall.events.append((10.0, lambda: stop.append(True)))
    first = stage.replay(speed=6, stopping=lambda: bool(stop))
    assert first.outcome == ASKED_TO_STOP
    assert first.at is not None
    assert local("2011-08-28 18:00:54") <= first.at <= local("2011-08-28 18:01:00")
    stage.wall.seconds = 5_000  # the machine was off meanwhile
    stage.replay(speed=6)
    assert stage.ids == ["c1:received", "c2:received", "c1:closed", "c3:received", "c3:closed"]
    assert stage.wall.seconds - 5_000 == pytest.approx((local("2011-08-28 20:00:00") - first.at).total_seconds() / 6)


def test_the_feed_waits_while_the_engine_is_far_behind(
    redis: redis_module.Redis, preset: Preset, tmp_path: Path
) -> None:
    stage = staged(redis, preset, tmp_path, *[case(f"c{i}", "2011-08-28 18:00:00") for i in range(61_000)])
    lengths = []

    def engine_reads_on() -> None:
        lengths.append(redis.xlen(KEYS.inbox))
        redis.hset(KEYS.position, "inbox", _newest(redis))

    stage.wall.events.append((30.0, engine_reads_on))
    stage.replay()
    assert len(stage.ids) == 61_000
    assert 50_000 < lengths[0] <= 50_000 + 2 * BATCH
    assert stage.wall.seconds >= 30


def _newest(client: Any) -> bytes:
    newest: bytes = client.xrevrange(KEYS.inbox, count=1)[0][0]
    return newest


def test_what_already_waits_in_the_inbox_counts_too(stage: Stage) -> None:
    with stage.client.pipeline() as pipe:
        for _ in range(50_001):
            pipe.xadd(KEYS.inbox, {"e": b"{}"})
        last = pipe.execute()[-1]
    read: list[float] = []

    def engine_reads_on() -> None:
        stage.client.xtrim(KEYS.inbox, minid=last, approximate=False)
        stage.client.hset(KEYS.position, "inbox", last)
        stage.client.xdel(KEYS.inbox, last)
        read.append(stage.wall.seconds)

    stage.wall.events.append((5.0, engine_reads_on))
    stage.replay()
    assert read
    assert len(stage.ids) == 5


# what dies


def test_kill_at_random_moments_neither_repeats_nor_skips(
    redis: redis_module.Redis, preset: Preset, tmp_path: Path
) -> None:
    """Each of many runs loses its connection at a random command; what was appended is what one run appends."""
    rows = [case(f"c{i}", f"2011-08-28 {i % 24:02}:{i % 60:02}:00", "2011-08-29 01:00:00") for i in range(9_000)]
    rows[100:100] = ["garbage"] * 7
    stage = staged(redis, preset, tmp_path, *rows)
    expected = [i.record + str(i.at) for i in _items(stage)]
    draw = random.Random(7)
    deaths = 0
    for _ in range(200):
        left = draw.randrange(1, 4)
        try:
            result = stage.replay(stopping=_dies_after(left))
        except _Killed:
            deaths += 1
            continue
        if result.position == result.items:
            break
    assert deaths >= 3
    records = {e.id: e for e in stage.entries}
    assert len(records) == len(stage.entries) == 18_000
    assert [e.data["case_id"] + str(e.occurred_at) for e in stage.entries] == [x for x in expected if x[0] == "c"]
    assert len(stream(redis, KEYS.dead)) == 7


class _Killed(BaseException):
    """Stands for a signal that arrives between two commands."""


def _dies_after(calls: int) -> Callable[[], bool]:
    left = iter(range(calls))

    def stopping() -> bool:
        if next(left, None) is None:
            raise _Killed
        return False

    return stopping


def _items(stage: Stage) -> list[Any]:
    return list(items(prepare(stage.path, stage.preset, stage.work_dir)))


RUN = """
import sys
from pathlib import Path
import redis
from streams.feeds.preset import load_preset
from streams.feeds.replay import Plan, replay
from streams.keys import Keys
client = redis.Redis(unix_socket_path=sys.argv[1])
preset = load_preset("beijing-day")
replay(client, Keys("springfield"), preset, Path(sys.argv[2]), Plan(), work_dir=Path(sys.argv[3]))
print("done", flush=True)
"""


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in (2, 3))])
def test_a_feed_process_killed_at_any_moment_goes_on(
    redis: redis_module.Redis, redis_server: RedisServer, tmp_path: Path, seed: int
) -> None:
    """SIGKILL, again and again, once the stream has passed a random length: 24,700 entries, each once, in order."""
    draw = random.Random(seed)
    path, work_dir = SAMPLES / "beijing_day.csv.gz", tmp_path / "work"
    prepared = prepare(path, load_preset("beijing-day"), work_dir)
    arguments = [sys.executable, "-c", RUN, str(redis_server.socket), str(path), str(work_dir)]
    kills = 0
    while True:
        process = subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE)
        length = redis.xlen(KEYS.inbox) + draw.randrange(1, 8_000)
        wait_until(partial(_has_come_to, process, redis, length), 60, "entries")
        if process.poll() is not None:
            assert process.communicate()[0] == b"done\n"
            break
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        kills += 1
    assert kills >= 2
    stage = Stage(redis, load_preset("beijing-day"), path, work_dir)
    assert stage.ids == [_id_of(item.body) for item in _items(stage)]
    assert len(stage.ids) == prepared.entries == 24_700


def _has_come_to(process: subprocess.Popen[bytes], client: Any, length: int) -> bool:
    return process.poll() is not None or client.xlen(KEYS.inbox) >= length


def _id_of(body: bytes) -> str:
    return str(msgspec.json.decode(body)["id"])


def test_two_processes_cannot_replay_one_feed(stage: Stage) -> None:
    stage.wall.events.append((2.0, lambda: _move_cursor(stage)))
    with pytest.raises(FeedTaken, match=r"springfield-\w+: another process replays it"):
        stage.replay(speed=1)


def _move_cursor(stage: Stage) -> None:
    prepared = prepare(stage.path, stage.preset, stage.work_dir)
    stage.client.hset(KEYS.cursor(prepared.feed), "position", 3)


# what is malformed


def test_malformed_rows_go_to_the_dead_letters_with_their_bytes(
    redis: redis_module.Redis, preset: Preset, tmp_path: Path
) -> None:
    stage = staged(redis, preset, tmp_path, *EVENING, "c9,soon,,,,,,", b"caf\xe9,2011,,,,,,", "x" * 20_000)
    result = stage.replay()
    assert len(stage.ids) == 5
    letters = stream(redis, KEYS.dead)
    assert [letter[b"reason"] for letter in letters] == [
        *(b"received: not a time: 'soon'", b"not utf-8", b"1 columns where the header has 8"),
    ]
    assert letters[1][b"raw"] == b"caf\xe9,2011,,,,,,\n"
    assert len(letters[2][b"raw"]) == 16 * 1024
    assert {letter[b"source"] for letter in letters} == {b"springfield"}
    assert {letter[b"feed"].decode() for letter in letters} == {result.feed}
    assert {letter[b"at"].decode() for letter in letters} == {WALL.isoformat()}
    assert result.dead == 3


def test_a_file_of_mostly_bad_rows_stops_says_so_and_changes_nothing(
    redis: redis_module.Redis, preset: Preset, tmp_path: Path
) -> None:
    stage = staged(redis, preset, tmp_path, *EVENING, *["broken"] * 100)
    result = stage.replay()
    assert result.refused
    assert result.outcome.startswith("most of the rows up to row 50 are malformed; the last one: 1 columns where")
    said, count = inbox(redis, KEYS)
    assert (count.type, count.data) == ("feed.rejected", {"feed": "springfield", "n": 47})
    assert (said.type, said.data["reason"]) == ("feed.stopped", result.outcome)
    assert len(stream(redis, KEYS.dead)) == 47
    assert stage.replay().refused
    assert len(stream(redis, KEYS.dead)) == 47
    assert redis.xlen(KEYS.inbox) == 2


def test_a_file_that_does_not_fit_is_refused_before_anything_is_appended(stage: Stage, tmp_path: Path) -> None:
    stage.path = file_of(tmp_path, "a,b,c", "1,2,3", name="other.csv")
    with pytest.raises(FeedError, match="no column for received"):
        stage.replay()
    assert stage.client.keys("*") == []


# a day that repeats


@dataclass
class CityClock:
    """The city's own time; moves with the wall."""

    wall: Wall
    begun_at: datetime
    speed: float = 1.0

    def now(self) -> datetime:
        return self.begun_at + timedelta(seconds=self.wall.seconds * self.speed)


DAY = [
    case("c1", "2011-08-28 09:00:00", "2011-08-29 08:00:00", due="2011-08-28 12:00:00"),
    case("c2", "2011-08-28 23:00:00"),
]


def test_a_recorded_day_repeats_with_new_ids_and_closes_yesterdays_cases(
    redis: redis_module.Redis, preset: Preset, tmp_path: Path
) -> None:
    stage = staged(redis, preset, tmp_path, *DAY)
    midnight = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
    city = CityClock(stage.wall, midnight, speed=3600)
    result = stage.replay(shift_to=midnight, loop=True, city_now=city.now, until=midnight + timedelta(hours=60))
    hours = [((e.occurred_at - midnight) / timedelta(hours=1), e.id) for e in stage.entries]
    assert hours == [
        (9, "c1-d0:received"),
        (23, "c2-d0:received"),
        (32, "c1-d0:closed"),
        (33, "c1-d1:received"),
        (47, "c2-d1:received"),
        (56, "c1-d1:closed"),
        (57, "c1-d2:received"),
    ]
    assert result.outcome == UNTIL_REACHED
    first = stage.entries[0]
    assert first.subject == "case:c1-d0"
    assert first.data["case_id"] == "c1-d0"
    assert datetime.fromisoformat(first.data["target_at"]) == midnight + timedelta(hours=12)
    assert stage.clock == []


def test_all_before_now_comes_at_once_and_the_rest_in_its_time(
    redis: redis_module.Redis, preset: Preset, tmp_path: Path
) -> None:
    stage = staged(redis, preset, tmp_path, *DAY)
    midnight = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
    city = CityClock(stage.wall, midnight + timedelta(hours=35), speed=60)
    seen: list[tuple[float, int]] = []
    stage.wall.events.append((0.1, lambda: seen.append((stage.wall.seconds, len(stage.ids)))))
    stage.replay(shift_to=midnight, loop=True, city_now=city.now, until=midnight + timedelta(hours=47))
    assert seen == [(0.25, 4)]
    assert len(stage.ids) == 5
    assert stage.wall.seconds == pytest.approx(12 * 60, abs=1)


def test_a_repeated_day_goes_on_after_a_restart_where_it_was_and_when_it_was(
    redis: redis_module.Redis, preset: Preset, tmp_path: Path
) -> None:
    stage = staged(redis, preset, tmp_path, *DAY)
    midnight = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
    city = CityClock(stage.wall, midnight, speed=36_000)
    for hours in (30, 33, 57):
        later = midnight + timedelta(days=1)  # the second start would begin later, were the first not remembered
        stage.replay(
            shift_to=midnight if hours == 30 else later,
            loop=True,
            city_now=city.now,
            until=midnight + timedelta(hours=hours),
        )
    assert stage.ids == [
        *("c1-d0:received", "c2-d0:received", "c1-d0:closed", "c1-d1:received", "c2-d1:received", "c1-d1:closed"),
        "c1-d2:received",
    ]


def test_units_keep_their_names_when_their_calls_are_repeated(redis: redis_module.Redis, tmp_path: Path) -> None:
    path = file_of(
        tmp_path,
        "call,unit,received,dispatched,arrived,delivered,cleared",
        "k1,E1,2017-01-01 10:00:00,2017-01-01 10:01:00,,,2017-01-01 11:00:00",
    )
    stage = Stage(redis, preset_from(tmp_path, UNITS), path, tmp_path / "work")
    midnight = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    city = CityClock(stage.wall, midnight + timedelta(hours=40))
    stage.replay(shift_to=midnight, loop=True, city_now=city.now, until=midnight + timedelta(hours=40))
    assert [(e.id, e.subject) for e in stage.entries[4:]] == [
        ("k1-d1:received", "incident:k1-d1"),
        ("k1-d1:E1:dispatched", "unit:E1"),
        ("k1-d1:E1:cleared", "unit:E1"),
        ("k1-d1:closed", "incident:k1-d1"),
    ]
    assert {e.data["incident_id"] for e in stage.entries[4:]} == {"k1-d1"}


def test_a_file_can_be_moved_in_time_without_being_repeated(stage: Stage) -> None:
    midnight = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
    city = CityClock(stage.wall, midnight + timedelta(hours=30))
    result = stage.replay(shift_to=midnight, city_now=city.now)
    assert stage.ids == ["c1:received", "c2:received", "c1:closed", "c3:received", "c3:closed"]
    assert stage.entries[0].occurred_at == midnight + timedelta(hours=18)
    assert result.outcome == END_OF_FILE


# plans


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"speed": 0}, "speed: needs a number above 0"),
        ({"shift_to": WALL}, "shift_to and city_now"),
        ({"loop": True}, "loop: needs shift_to"),
        ({"shift_to": WALL, "city_now": lambda: WALL, "speed": 2}, "shift_to: the city's clock sets the pace"),
        ({"start": WALL, "until": WALL - timedelta(hours=1)}, "until: lies before start"),
    ],
)
def test_a_plan_that_contradicts_itself_says_so(plan: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Plan(**plan)


def test_moments_are_the_citys_own_time(preset: Preset) -> None:
    assert preset.instant("2011-08-28 18:00:00") == datetime(2011, 8, 28, 22, 0, tzinfo=UTC)
    assert preset.instant("2011-08-28T18:00:00+00:00") == datetime(2011, 8, 28, 18, 0, tzinfo=UTC)
    with pytest.raises(ValueError, match="Invalid isoformat"):
        preset.instant("six o'clock")
