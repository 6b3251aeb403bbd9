"""kill -9 of everything at random moments under load: the state is a fold of the log, each event counted once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.fault_runs import live_run, replay_run, seeds


@pytest.mark.parametrize("seed", seeds(1, 1))
def test_a_live_city_survives_the_death_of_everything(tmp_path: Path, seed: int) -> None:
    live_run(tmp_path, seed)


@pytest.mark.parametrize("seed", seeds(6, 1))
def test_a_live_city_with_a_standby_survives_the_death_of_everything(tmp_path: Path, seed: int) -> None:
    live_run(tmp_path, seed, with_standby=True)


@pytest.mark.parametrize("seed", seeds(2, 1))
def test_a_replay_ends_in_the_same_picture_whoever_dies(tmp_path: Path, seed: int) -> None:
    replay_run(tmp_path, seed)
