"""A browser that was blocked is equal to the server again soon; a client that never reads costs the server nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from benchmarks.browser import NO_BROWSER, wall
from benchmarks.drip import Drip
from benchmarks.machine import browser_path, resident_mb
from benchmarks.numbers.seen_in_browser import WALL_TOPICS
from benchmarks.results import Result, not_measured, rounded
from benchmarks.run import Run
from benchmarks.servers import Servers
from benchmarks.traffic import Traffic
from benchmarks.viewers import Viewers

NAME = "slow-clients"
ASKS = "a browser blocked for 10 s and released; clients that never read"
EQUAL_WITHIN_MS = 2000
BLOCKED_S = (10.0, 3.0, 1.0)
REPEATS = (3, 1, 1)
PER_S = 50
DEAF = (50, 20, 5)
SETTLE_S = (1.0, 0.5, 0.3)  # the buffers of new connections are no growth
DEAF_S = (15.0, 2.0, 0.5)
MOST_GROWTH_MB = 5.0  # what an interpreter's arenas move by themselves
# Blocks the page, then compares every topic with a snapshot of the very same seq until both are equal.
BLOCK_AND_CATCH_UP = """async (ms) => {
  const until = performance.now() + ms;
  while (performance.now() < until);
  const released = performance.now(), picture = hexwatch.live.picture, topics = [...picture.topics.keys()];
  const query = topics.map((topic) => "topics=" + encodeURIComponent(topic)).join("&");
  const behind = picture.seq, waited = () => performance.now() - released;
  const same = (mine, theirs) => JSON.stringify(mine) === JSON.stringify(theirs);
  while (waited() < 30000) {
    const server = await (await fetch("/live/snapshot?" + query)).json();
    if (picture.epoch === server.epoch && picture.seq === server.seq) {
      const equal = topics.every((topic) => {
        const mine = picture.topic(topic), theirs = Object.entries(server.topics[topic] || {});
        return mine.size === theirs.length && theirs.every(([key, value]) => same(mine.get(key), value));
      });
      return { ms: waited(), equal, seqs: server.seq - behind, snapshots: hexwatch.stats.snapshots };
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { ms: waited(), equal: false, seqs: picture.seq - behind, snapshots: hexwatch.stats.snapshots };
}"""


def measure(run: Run) -> Iterator[Result]:
    servers = run.live()
    with Drip(servers, Traffic(seed=400), PER_S):
        yield _blocked(run, servers)
        yield _deaf(run, servers)


def _blocked(run: Run, servers: Servers) -> Result:
    name, unit, target = f"{NAME}: blocked browser", "ms until equal (worst)", f"≤ {EQUAL_WITHIN_MS:,} ms"
    if browser_path() is None:
        return not_measured(name, unit, target, NO_BROWSER)
    blocked_s = run.pick(*BLOCKED_S)
    with wall(servers) as page:
        found: list[dict[str, Any]] = [
            page.evaluate(BLOCK_AND_CATCH_UP, blocked_s * 1000) for _ in range(run.pick(*REPEATS))
        ]
    worst = max(each["ms"] for each in found)
    return Result(
        name=name,
        value=round(worst),
        unit=unit,
        target=target,
        met=worst <= EQUAL_WITHIN_MS and all(each["equal"] for each in found),
        n=len(found),
        compared_with={
            "equal in every topic": all(each["equal"] for each in found),
            "commits missed while blocked": [each["seqs"] for each in found],
            "snapshots taken": found[-1]["snapshots"] - 1,
        },
        conditions={"blocked": f"{blocked_s:g} s of script without a pause, {PER_S} events/s all the while"},
    )


def _deaf(run: Run, servers: Servers) -> Result:
    """Growth of the web process while clients that never read are connected, beside as many that do."""
    count, seconds = run.pick(*DEAF), run.pick(*DEAF_S)
    settle_s = run.pick(*SETTLE_S)
    reading = _growth_mb(servers, count, settle_s, seconds, deaf=False)
    deaf = _growth_mb(servers, count, settle_s, seconds, deaf=True)
    return Result(
        name=f"{NAME}: clients that never read",
        value=rounded(deaf),
        unit="MB of growth in the web process",
        target=f"no growth (≤ {MOST_GROWTH_MB:g} MB)",
        met=deaf <= MOST_GROWTH_MB,
        n=count,
        compared_with={"as many clients that read, MB": rounded(reading)},
        conditions={"seconds": seconds, "topics": "all of the wall", "events/s": PER_S},
    )


def _growth_mb(servers: Servers, count: int, settle_s: float, seconds: float, deaf: bool) -> float:
    pid = _web_worker(servers)
    with Viewers(servers, count, WALL_TOPICS, deaf=deaf):
        time.sleep(settle_s)
        before = resident_mb(pid)
        time.sleep(seconds)
        return resident_mb(pid) - before


def _web_worker(servers: Servers) -> int:
    """The process that holds the sockets: the one child of the web process."""
    web = next(child for child in servers.supervisor.children if child.name == "web")
    assert web.process is not None, "the web process runs"
    with open(f"/proc/{web.process.pid}/task/{web.process.pid}/children", encoding="ascii") as file:
        return int(file.read().split()[0])
