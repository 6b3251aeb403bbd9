"""What the simulated city holds when ten times as much happens in it: complaints drawn in time, none lost, ready."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.browser import NO_BROWSER, wall
from benchmarks.machine import browser_path
from benchmarks.numbers.seen_in_browser import INSTRUMENT, WALL_TOPICS, delays_ms
from benchmarks.results import Result, not_measured, percentile, rounded
from benchmarks.run import Run
from benchmarks.servers import wait_until
from benchmarks.simulated import SIMULATED, Simulated
from benchmarks.viewers import Viewers
from benchmarks.watching import Log, Readiness

if TYPE_CHECKING:
    from playwright.sync_api import Page

NAME = "surge"
ASKS = "the simulated Beijing ten times as busy as usual: drawn in time, nothing dropped, ready all the while"
SURGE, USUAL = 10, 1
SURGE_S = (600.0, 120.0, 4.0)
USUAL_S = (180.0, 40.0, 2.0)
VIEWERS = (50, 20, 3)
DRAWN_MS = 1000
SETTLE_S = 1.5
EQUAL_S = 15.0  # for what is held back until the city's clock has come to it


@dataclass(frozen=True)
class Stretch:
    """A stretch of the city's life at one surge."""

    surge: int
    began_ms: float
    seconds: float
    entries: int
    facts: int
    engine_cpu_s: float | None  # None: the standby took over meanwhile
    epochs: int  # how often that happened
    frames: dict[str, Any]  # as the other viewers saw them

    def holds(self, at_ms: float) -> bool:
        return self.began_ms <= at_ms < self.began_ms + self.seconds * 1000


@dataclass(frozen=True)
class Scene:
    """A running city and everybody who looks at it. Without a browser there is no page."""

    city: Simulated
    log: Log
    crowd: Viewers
    page: Page | None

    def live(self, surge: int, seconds: float) -> Stretch:
        """Let so many times as much happen, and after that has begun look for so long."""
        self.city.play(surge)
        self.crowd.report()
        began_ms, began_s, before = time.time() * 1000, time.monotonic(), self._counts()
        self._pass(seconds)
        entries, facts, epochs, cpu = (now - then for now, then in zip(self._counts(), before, strict=True))
        return Stretch(
            surge=surge,
            began_ms=began_ms,
            seconds=time.monotonic() - began_s,
            entries=int(entries),
            facts=int(facts),
            engine_cpu_s=None if epochs else cpu,
            epochs=int(epochs),
            frames=self.crowd.report(),
        )

    def drawings(self) -> list[list[float]]:
        """Once all that was sent should be drawn: (seq, when) of each drawing."""
        self._pass(SETTLE_S)
        return [] if self.page is None else self.page.evaluate("() => hexwatch.drawings")

    def _counts(self) -> tuple[float, float, float, float]:
        return self.log.entries, self.log.facts, self.city.servers.position()[0], self.city.engine_cpu_s()

    def _pass(self, seconds: float) -> None:
        if self.page is None:
            time.sleep(seconds)
        else:
            self.page.wait_for_timeout(seconds * 1000)


def measure(run: Run) -> Iterator[Result]:
    with run.servers(SIMULATED) as servers:
        city = Simulated(servers)
        # In the smallest size writing the past would take longer than all the rest.
        city.start(whole=run.size != "tiny")
        seeded = city.story.proof()["counted"]
        with Log(servers) as log:
            city.play(USUAL)
            city.wait_until_ready()
            run.say("the city lives")
            with (
                Readiness(servers.url) as readiness,
                Viewers(servers, run.pick(*VIEWERS), WALL_TOPICS) as crowd,
                wall(servers) if browser_path() else nullcontext() as page,
            ):
                if page is not None:
                    page.evaluate(INSTRUMENT)
                scene = Scene(city, log, crowd, page)
                usual = scene.live(USUAL, run.pick(*USUAL_S))
                run.say(f"now {SURGE} times as busy")
                surged = scene.live(SURGE, run.pick(*SURGE_S))
                drawings = scene.drawings()
            city.end_play()
            dropped = nothing_dropped(city, log, seeded)
        yield _drawn(log, usual, surged, drawings) if page else _not_drawn()
        yield dropped
        yield always_ready(readiness, usual.epochs + surged.epochs)
        yield _events(log, usual, surged)


def _drawn(log: Log, usual: Stretch, surged: Stretch, drawings: list[list[float]]) -> Result:
    before, (delays, never) = _delays(log, usual, drawings), _delays(log, surged, drawings)
    return Result(
        name=f"{NAME}: complaint to drawn cell",
        value=_share_ms(delays, 0.99),
        unit="ms (p99)",
        target=f"p99 ≤ {DRAWN_MS:,} ms, all drawn",
        met=bool(delays) and not never and percentile(delays, 0.99) <= DRAWN_MS,
        n=len(delays),
        compared_with={
            "p50 ms": _share_ms(delays, 0.5),
            "worst ms": _share_ms(delays, 1.0),
            "never drawn": never,
            "as busy as usual, p50 ms": _share_ms(before[0], 0.5),
            "as busy as usual, p99 ms": _share_ms(before[0], 0.99),
            "the other viewers' longest silence, ms": round(surged.frames["longest_gap_ms"]),
            "as busy as usual, their longest silence, ms": round(usual.frames["longest_gap_ms"]),
        },
        conditions={
            "counted": "from the instant at which Redis had the complaint; those without a usable place are left out",
            "viewers": surged.frames["viewers"],
            "seconds": f"{surged.seconds:.0f} at surge {SURGE}, before it {usual.seconds:.0f} at surge {USUAL}",
            "browser": "headless Chromium, software rendering, 1920×1080, on the same cores",
        },
    )


def _not_drawn() -> Result:
    return not_measured(f"{NAME}: complaint to drawn cell", "ms (p99)", f"p99 ≤ {DRAWN_MS:,} ms", NO_BROWSER)


def _delays(log: Log, stretch: Stretch, drawings: list[list[float]]) -> tuple[list[float], int]:
    """(ms until drawn, how many never were) of the complaints with a cell that were sent in a stretch."""
    sent = {i: ms / 1000 for i, ms in log.sent_ms.items() if stretch.holds(ms) and i in log.drawable}
    found = delays_ms(sent, log.drawable, drawings)
    return found, len(sent) - len(found)


def nothing_dropped(city: Simulated, log: Log, seeded: int, patience_s: float = EQUAL_S) -> Result:
    """Cases that the city's own count says it sent, and as a witness both ends of the log."""

    def is_equal() -> bool:
        proof = city.story.proof()
        return proof["sent"] == proof["counted"] == seeded + len(log.recorded) and log.recorded >= log.sent_ms.keys()

    with suppress(TimeoutError):  # what is missing then is the result
        wait_until(is_equal, patience_s, "as many counted as sent", every_s=0.1)
    proof, dead = city.story.proof(), int(city.servers.client.xlen(city.servers.keys.dead))
    difference, doubled = proof["counted"] - proof["sent"], proof["counted"] - seeded - len(log.recorded)
    lost = len(log.sent_ms.keys() - log.recorded)
    return Result(
        name=f"{NAME}: nothing dropped",
        value=difference,
        unit="cases counted minus sent",
        target="0, no dead letters",
        met=difference == doubled == lost == dead == 0,
        n=len(log.recorded),
        compared_with={
            "sent since the city began": proof["sent"],
            "counted by the engine": proof["counted"],
            "counted minus recorded in the log": doubled,
            "seen entering the inbox, not recorded": lost,
            "dead letters": dead,
        },
        conditions={"of the past, written before": seeded},
    )


def always_ready(readiness: Readiness, taken_over: int) -> Result:
    refusals = readiness.refusals
    return Result(
        name=f"{NAME}: ready",
        value=len(refusals),
        unit="polls of /readyz not answered with 200",
        target="0",
        met=not refusals,
        n=readiness.polls,
        compared_with={
            "longest wait for an answer, ms": round(readiness.slowest_s * 1000),
            "times the standby took over": taken_over,
        },
        conditions={"polled": "once a second at both surges"} | ({"first refusal": refusals[0]} if refusals else {}),
    )


def _events(log: Log, usual: Stretch, surged: Stretch) -> Result:
    per_s = {stretch.surge: stretch.facts / stretch.seconds for stretch in (usual, surged)}
    return Result(
        name=f"{NAME}: events",
        value=rounded(per_s[SURGE]),
        unit="events/s recorded",
        target="(no promise: as many as the city tells)",
        met=None,
        n=surged.facts,
        compared_with={
            "as busy as usual, events/s": rounded(per_s[USUAL]),
            "times as many": rounded(per_s[SURGE] / max(per_s[USUAL], 1e-9)),
            "complaints/s": rounded(_complaints_per_s(log, surged)),
            "as busy as usual, complaints/s": rounded(_complaints_per_s(log, usual)),
            "entries of the inbox/s": rounded(surged.entries / surged.seconds),
            "the engine's share of one processor, %": _engine_share(surged),
            "as busy as usual, its share, %": _engine_share(usual),
        },
    )


def _engine_share(stretch: Stretch) -> float | None:
    """Of one processor, in per cent."""
    return None if stretch.engine_cpu_s is None else rounded(100 * stretch.engine_cpu_s / stretch.seconds)


def _complaints_per_s(log: Log, stretch: Stretch) -> float:
    return sum(map(stretch.holds, log.sent_ms.values())) / stretch.seconds


def _share_ms(delays: list[float], share: float) -> int | None:
    return round(percentile(delays, share)) if delays else None
