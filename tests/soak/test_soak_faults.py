"""Fifty runs under kill -9, and more of the zombies and power cuts than the default run has time for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.test_power_cut import cut_after_promises, tear_anywhere
from tests.faults.test_zombie_process import zombies_in_turn
from tests.support.fault_runs import live_run, replay_run, seeds

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1800)]


@pytest.mark.parametrize("seed", seeds(101, 30))
def test_live_city(tmp_path: Path, seed: int) -> None:
    live_run(tmp_path, seed, cases=5000, load_s=12.0, more_deaths=6, with_standby=seed % 2 == 0)


@pytest.mark.parametrize("seed", seeds(102, 20))
def test_replay(tmp_path: Path, seed: int) -> None:
    replay_run(tmp_path, seed, cases=5000, load_s=12.0, more_deaths=8)


@pytest.mark.parametrize("seed", seeds(103, 5))
def test_zombies(tmp_path: Path, seed: int) -> None:
    zombies_in_turn(tmp_path, seed, count=12)


@pytest.mark.parametrize("seed", seeds(104, 5))
def test_power_cuts(tmp_path: Path, seed: int) -> None:
    cut_after_promises(tmp_path / "promised", seed, count=10)
    tear_anywhere(tmp_path / "torn", seed, cuts=30)
