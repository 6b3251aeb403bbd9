"""The simulated city in the servers of a measurement: the demo's own programs, as many times as busy as wanted."""

from __future__ import annotations

from datetime import UTC, datetime

from benchmarks.machine import cpu_s
from benchmarks.servers import READY_S, Servers, wait_until
from benchmarks.traffic import CITY
from benchmarks.watching import refusal
from dashboard.demo import StoryWish, command, simulation_program
from dashboard.settings import read_settings
from dashboard.story import SIMULATOR, Story
from dashboard.supervisor import Child
from streams.sim.laws import SEED

SIMULATED = f"{CITY}-sim"
PLAYER = "simulation"  # the demo's name for the process that tells what happens
PAST_S = 180.0
TURNS = 3


class Simulated:
    """One simulated city. Its surge is changed as a person would: the player ends, another goes on from the log."""

    def __init__(self, servers: Servers):
        """`servers` are those of the city `SIMULATED`, with nothing but their Redis running."""
        self.servers = servers
        settings = read_settings({}, city=CITY, data=servers.folder, port=servers.port)
        self.program = simulation_program(settings, datetime.now(UTC), SEED, 1.0, StoryWish())
        servers.more = self.program.env
        self.story = Story(servers.client, servers.keys)
        self._players: dict[str, Child] = {}
        self._surge: float | None = None

    def start(self, whole: bool) -> None:
        """Everything but the players, in the demo's order. If not whole, without past, standby and reader."""
        servers, program = self.servers, self.program
        servers.start("web", command("serve"))
        for words in program.before if whole else []:
            servers.run_to_end("past", command(*words), PAST_S)
        assert program.start_at is not None, "a simulation says when it begins"
        clock = ["--mode", program.mode.value, "--start-at", program.start_at.isoformat()]
        servers.start_engine(*clock)
        if whole:
            servers.start("standby", command("engine", *clock))
            servers.start("reader", command("reader"))
        servers.wait_for_web(servers.port)

    def engine_cpu_s(self) -> float:
        """Processor time that the active engine has used, in seconds."""
        return cpu_s(int(self.story.lease_holder().rpartition(":")[2]))

    def play(self, surge: float) -> None:
        """From now on so many times as much happens as usual; returns once all of it is told in time."""
        if surge == self._surge:
            return
        self._surge = surge
        if (before := self._players.pop(PLAYER, None)) is not None:
            self.servers.release(before)
        for name in self.program.players.keys() - self._players.keys():
            words = [*self.program.players[name], *(["--surge", str(surge)] if name == PLAYER else [])]
            self._players[name] = self.servers.start(name, command(*words))
        self._wait_until_told(TURNS)

    def end_play(self) -> None:
        """Nothing more happens; returns once the engine has taken all that did."""
        for child in self._players.values():
            self.servers.release(child)
        self._players.clear()
        self._surge = None
        self.servers.wait_until_taken()

    def wait_until_ready(self) -> None:
        """Until `/readyz` answers 200."""
        wait_until(lambda: not refusal(f"{self.servers.url}/readyz"), READY_S, "/readyz answers 200", every_s=0.2)

    def _wait_until_told(self, turns: int) -> None:
        """Until the player has told of so many turns. In its first ones it catches up, and meets units and cases."""
        seen = set()

        def is_told() -> bool:
            seen.add(self._told())
            return len(seen) > turns

        wait_until(is_told, READY_S, "the simulation tells what happens")

    def _told(self) -> object:
        """The city time up to which the player has told."""
        return self.servers.client.hget(self.servers.keys.cursor(SIMULATOR), "until")
