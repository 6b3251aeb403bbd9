"""What `demo` and `up` start: embedded Redis, engine, reader, web, and for a demo whatever fills the city."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import redis

from dashboard.accounts.accounts import open_accounts
from dashboard.accounts.audit import Actor
from dashboard.accounts.people import demo_people
from dashboard.city_time import city_now
from dashboard.connect import connect
from dashboard.embedded import redis_command
from dashboard.engine.clock import Mode
from dashboard.secret import secret_of
from dashboard.settings import PREFIX, Settings, city_file
from dashboard.similar.file import NotReady, SimilarReader, similar_path
from dashboard.story import ENGINES, TOUR, Act, Director, Story
from dashboard.supervisor import (
    CannotStart,
    Child,
    Supervisor,
    check_port,
    check_space,
    claim_folder,
    say,
    stop_on_signals,
)
from geo.cities import CITIES, base_city_id, load_city
from streams.keys import Keys
from streams.sim.open311_server import BASE as OPEN311_BASE

READY_S = 60.0
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
START_CLOCK = time(17, 40)  # a busy hour, whatever the host's clock says


@dataclass(frozen=True)
class Program:
    """What to run: the city and its clock, and command lines (without the interpreter).

    `before` run to their end before the engine starts; `feeds` may end by themselves, `players` are kept alive.
    `story` makes the program act on its story bar, beginning with a scene and playing the tour if wanted. With
    `standby` a second engine waits, its memory warm, to go on when the first one dies.
    """

    settings: Settings
    mode: Mode
    start_at: datetime | None = None
    before: list[list[str]] = field(default_factory=list)
    feeds: list[list[str]] = field(default_factory=list)
    players: dict[str, list[str]] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    story: StoryWish | None = None
    standby: bool = False
    people: bool = False  # with an account for each role, whose passwords are printed
    tour: str = ""


@dataclass(frozen=True)
class StoryWish:
    """What a demo's story begins with: a scene, and whether it plays itself."""

    scene: str = ""
    autoplay: bool = False


def command(*words: str) -> list[str]:
    """A command line of this program."""
    return [sys.executable, "-m", "dashboard", *words]


def busy_start(zone: str, now: datetime) -> datetime:
    """17:40 city time on a working day after a working day: the demo begins when a city is busy, whatever the host's
    hour, and is compared with a day of its kind.

    Never before `now`, so that an event posted with the real time is one of the past, not of a far future.
    """
    start = datetime.combine(now.astimezone(ZoneInfo(zone)).date(), START_CLOCK, ZoneInfo(zone))
    while start < now or start.weekday() not in (1, 2, 3, 4):
        start += timedelta(days=1)
    return start.astimezone(UTC)


def run_program(program: Program) -> None:
    """Start everything, keep it alive until Ctrl-C, end it in order. Raises CannotStart with one clear line."""
    settings = program.settings
    lock = claim_folder(settings.data)
    check_space(settings.data)
    check_port(settings.host, settings.port)
    stop = threading.Event()
    stop_on_signals(stop)
    city_file(settings).write_text(settings.city, encoding="ascii")
    supervisor = Supervisor(settings.data / "logs", stop)
    try:
        _start(supervisor, program)
        if not stop.is_set():
            say(program.tour)
            if program.people:
                say(people_to_try(settings))
            _begin_story(supervisor, program)
            supervisor.watch()
    finally:
        say("Stopping …")
        supervisor.end()
        lock.close()
        say("Stopped. Nothing is lost; the same command goes on from here.")


def _start(supervisor: Supervisor, program: Program) -> None:
    settings = program.settings
    env = _environment(program)
    client = connect(settings)
    if not settings.redis_url:
        _start_redis(supervisor, settings, client)
    else:
        _check_remote(client, settings)
    # A web process takes as long to start as the past takes to write, and needs nothing of it; no more does learning.
    supervisor.start(Child("web", command("serve"), env))
    start_at = ["--start-at", program.start_at.isoformat()] if program.start_at else []
    if settings.warnings:
        supervisor.start(Child("warner", command("warner", *start_at), env))
    for words in program.before:
        _run_to_end(words, env)
    engine_words = command("engine", "--mode", program.mode.value, *start_at)
    # Alone it need not wait for the lease of the one that died.
    alone = [] if program.standby else ["--take-over"]
    engine = supervisor.start(Child(ENGINES[0], [*engine_words, *alone], env))
    keys = Keys(settings.city)
    supervisor.wait_for(engine, lambda: bool(client.exists(keys.view("clock"))), READY_S, "See its log.")
    if program.standby:
        supervisor.start(Child(ENGINES[1], engine_words, env))
    supervisor.start(Child("reader", command("reader"), env))
    supervisor.start(Child("similar", command("similar"), env))
    if settings.archive:
        supervisor.start(Child("archiver", command("archiver"), env))
        supervisor.start(Child("replayer", command("replayer"), env))
    if settings.webhooks:
        supervisor.start(Child("webhooks", command("webhook", "run"), env))
    for number, feed in enumerate(program.feeds, start=1):
        supervisor.start(Child(f"feed-{number}", command("feed", *feed), env, once=True))
    for name, words in program.players.items():
        supervisor.start(Child(name, command(*words), env))


def _run_to_end(words: list[str], env: dict[str, str]) -> None:
    """Run one command before everything else, its progress on this terminal. Raises CannotStart when it fails."""
    done = subprocess.run(command(*words), env={**os.environ, **env}, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise CannotStart(f"`{' '.join(words)}` failed; see above")


def _begin_story(supervisor: Supervisor, program: Program) -> None:
    if program.story is None:
        return
    client, keys = connect(program.settings), Keys(program.settings.city)
    director = Director(
        Story(client, keys),
        supervisor,
        partial(city_now, client, keys),
        TOUR if program.story.autoplay else (),
        seconds=lambda: city_now(client, keys).timestamp(),
        together=partial(_together, SimilarReader(similar_path(program.settings), program.settings.city)),
    )
    if program.story.scene:
        director.perform(Act(act="scene", name=program.story.scene))
    director.start()


def _together(similar: SimilarReader, case_id: str) -> tuple[str, ...]:
    """The cases that lie with one, as far as they have been found."""
    try:
        _, cluster, _ = similar.of_case(case_id)
    except NotReady:
        return ()
    return cluster.case_ids if cluster else ()


def _environment(program: Program) -> dict[str, str]:
    settings = program.settings
    return {
        f"{PREFIX}CITY": settings.city,
        f"{PREFIX}DATA": str(settings.data.resolve()),
        f"{PREFIX}PORT": str(settings.port),
        f"{PREFIX}HOST": settings.host,
        **program.env,
    }


def _start_redis(supervisor: Supervisor, settings: Settings, client: redis.Redis) -> None:
    folder = settings.data / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    if len(str(settings.socket)) > 100:
        raise CannotStart(f"{settings.socket}: too long for a Unix socket; name a shorter folder with HEXWATCH_DATA")
    settings.socket.unlink(missing_ok=True)
    child = supervisor.start(Child("redis", redis_command(folder.resolve(), settings.socket)))
    supervisor.wait_for(
        child,
        lambda: _answers(client),
        READY_S,
        f"The data folder {folder} may be damaged: `python -m dashboard doctor` says what to do.",
    )


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except (redis.ConnectionError, redis.TimeoutError):
        return False


def _check_remote(client: redis.Redis, settings: Settings) -> None:
    try:
        client.ping()
    except redis.RedisError as error:
        raise CannotStart(f"HEXWATCH_REDIS_URL: {error}") from None


def replay_program(settings: Settings, path: Path, preset_name: str, options: list[str], city: str) -> Program:
    """A recorded file as a city of its own, beside whatever else the folder holds."""
    replay_city = f"{city}-replay"
    settings = replace(settings, city=replay_city, open_wall=True)
    return Program(
        settings,
        Mode.REPLAY,
        feeds=[["replay", str(path), "--preset", preset_name, *options]],
        env={f"{PREFIX}OPEN_WALL": "yes"},
        people=True,
        tour=_tour(settings, f"Replaying {path.name}"),
    )


def simulation_program(settings: Settings, now: datetime, seed: str, surge: float, story: StoryWish) -> Program:
    """The simulated city: it begins full, at a busy hour, and lives on by itself."""
    city = load_city(settings.city)
    settings = replace(settings, city=f"{settings.city}-sim", open_wall=True)
    start_at = busy_start(city.zone, now)
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}{OPEN311_BASE}"
    return Program(
        settings,
        Mode.SIMULATION,
        start_at=start_at,
        before=[["simulate", "--past", "--start-at", start_at.isoformat(), "--seed", seed]],
        players={
            "simulation": ["simulate", "--seed", seed, "--surge", str(surge), "--port", str(port)],
            "open311": ["feed", "open311", endpoint, "--preset", "simulation"],
            "notices": ["feed", "notices", str(CITIES / f"{base_city_id(settings.city)}_notices.toml")],
        },
        env={f"{PREFIX}OPEN_WALL": "yes", f"{PREFIX}STORY": "yes"},
        story=story,
        standby=True,
        people=True,
        tour=_tour(
            settings, f"a simulated {city.name()}, labelled SIMULATION; no person, place or event in it is real"
        ),
    )


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def live_program(settings: Settings) -> Program:
    """A live city: whatever is fed into it."""
    return Program(settings, Mode.LIVE, tour=_tour(settings, f"{settings.city}, live"))


def people_to_try(settings: Settings) -> str:
    """Accounts of a demo, each with its password; of a city that other machines can reach, none."""
    if settings.host not in LOOPBACK:
        return f"No demo accounts, for {settings.host} is not loopback: python -m dashboard user add NAME --role ROLE\n"
    accounts = open_accounts(connect(settings), Keys(settings.city), settings.data)
    people = demo_people(accounts.people, secret_of(settings), Actor("demo", "command line", "command line"))
    lines = [
        f"    {person.name:<12}  {password or '(its password was changed)':<26}  {person.role}"
        for person, password in people
    ]
    heading = f"  People      http://{settings.host}:{settings.port}/signin  user name, password, role:"
    return "\n".join([heading, *lines, ""])


def _tour(settings: Settings, what: str) -> str:
    base = f"http://{settings.host}:{settings.port}"
    return "\n".join(
        [
            "",
            f"Hexwatch: {what}.",
            f"  Wall        {base}/wall        ten languages: ?lang=zh_CN, ar, ko …; the key ? explains the keys",
            f"  The figures {base}/api/v1/picture  (with a key: python -m dashboard key add me --role viewer)",
            f"  Ready?      {base}/readyz",
            "  Try: the story bar's Next; kill the engine from it: the wall says so, and nothing is lost.",
            f"  Logs are in {settings.data / 'logs'}. Ctrl-C stops everything and loses nothing.",
            "",
        ]
    )
