"""Deaths at random moments: who dies when is drawn from a seed, so that a failing run can be told by its number."""

from __future__ import annotations

import random
from collections.abc import Sequence

from tests.support.processes import System, moments

REDIS = "redis"


def deaths(seed: int, victims: Sequence[str], more: int) -> list[str]:
    """Every victim once, in random order, and `more` drawn again."""
    draw = random.Random(f"deaths {seed}")
    order = [*victims, *draw.choices(victims, k=more)]
    draw.shuffle(order)
    return order


def kill_in_turn(system: System, order: Sequence[str], seed: int, pause_s: tuple[float, float]) -> None:
    """Kill -9 one after the other, with a random pause before each, while everything else goes on."""
    draw = random.Random(f"moments {seed}")
    for victim in order:
        passed = moments(draw.uniform(*pause_s))
        system.until(passed, 60, "the next moment")
        kill(system, victim)


def kill(system: System, victim: str) -> None:
    """SIGKILL; Redis comes back at once, the others when they are tended."""
    if victim == REDIS:
        system.server.kill()
        system.server.start()
        return
    for process in system.processes:
        if process.name == victim and process.is_running:
            process.kill()
