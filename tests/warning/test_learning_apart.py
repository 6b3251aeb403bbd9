"""Learning in a process of its own: what it says comes home, what befalls it harms nobody, and it leaves with its
parent.
"""

from __future__ import annotations

import os
import subprocess
from datetime import timedelta
from functools import partial
from pathlib import Path

import msgspec
import pytest

from dashboard.engine.clock import Mode
from dashboard.warner.apart import COMMAND, Asked, DiedLearning, Heard, answer, learn_apart
from dashboard.warner.learning import LEARN_EVERY, Learner, learn_here
from dashboard.warner.past import ARCHIVE, KeptModel, Past
from hotline.warning_model import Model, PastCase
from tests.support.engines import NOON
from tests.support.redis_server import wait_until
from tests.warning.test_warner import CELLS, ZONE, quiet_past

ASKED = Asked(Mode.LIVE, NOON, [])
PATIENCE_S = 300


def child(*does: str) -> tuple[str, ...]:
    """A process that reads what is asked and does something else."""
    return ("sh", "-c", "; ".join(("read -r asked", *does)))


def apart(command: tuple[str, ...], heard: list[object]) -> KeptModel:
    return learn_apart(lambda: Mode.LIVE, NOON, [], heard.append, heard.append, command)


def said_of(cases: list[PastCase]) -> list[Heard]:
    """What a child says that learns from those."""
    said: list[Heard] = []
    answer(ASKED, partial(learn_here, lambda now, tell: Past(cases, None, ARCHIVE), ZONE), said.append)
    return said


def written(path: Path, said: list[Heard]) -> str:
    path.write_bytes(b"".join(msgspec.json.encode(heard) + b"\n" for heard in said))
    return f"cat '{path}'"


@pytest.fixture(scope="module")
def said() -> list[Heard]:
    return said_of(quiet_past())


def test_a_child_hands_over_how_far_it_is_a_first_model_and_the_whole_one(tmp_path: Path, said: list[Heard]) -> None:
    told: list[object] = []
    kept = apart(child(written(tmp_path / "said", said)), told)
    (first,) = [heard for heard in told if isinstance(heard, KeptModel)]
    assert max(heard for heard in told if isinstance(heard, float)) > 0.9
    assert (first.source, kept.source) == (ARCHIVE, ARCHIVE)
    assert Model.from_bytes(first.model).law is None
    model = Model.from_bytes(kept.model)
    assert model.law is not None
    assert sorted(model.grid.cells) == CELLS


def test_nothing_to_learn_from_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no case to learn from"):
        apart(child(written(tmp_path / "said", said_of([]))), [])


def test_a_child_that_dies_leaves_the_model_that_was(tmp_path: Path, said: list[Heard]) -> None:
    with pytest.raises(DiedLearning, match="3"):
        apart(child("exit 3"), [])
    path = tmp_path / "model"
    path.write_bytes(kept := msgspec.msgpack.encode(said[-1].learnt))
    learner = Learner(path, partial(learn_apart, lambda: Mode.LIVE, command=child("exit 3")))
    assert learner.turn(NOON) is not None
    assert learner.turn(NOON + LEARN_EVERY) is None, "it learns anew"
    wait_until(lambda: learner._trouble, PATIENCE_S, "its child has died")
    assert learner.turn(NOON + LEARN_EVERY + timedelta(minutes=5)) is None
    assert learner.status()["state"] == "ready"
    assert path.read_bytes() == kept


def process(tmp_path: Path) -> subprocess.Popen[bytes]:
    env = {**os.environ, "HEXWATCH_CITY": "boston", "HEXWATCH_DATA": str(tmp_path)}
    return subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)


def test_the_process_reads_the_archive_of_its_city_and_ends_with_its_parent(tmp_path: Path) -> None:
    with process(tmp_path) as alone, process(tmp_path) as left:
        for one, mode in ((alone, Mode.LIVE), (left, Mode.SIMULATION)):
            assert one.stdin is not None
            one.stdin.write(msgspec.json.encode(Asked(mode, NOON, [])) + b"\n")
            one.stdin.flush()
        assert left.stdin is not None
        left.stdin.close()  # its parent is gone while it learns a simulated city's fortnight
        assert left.wait(PATIENCE_S) == 1
        assert alone.stdout is not None
        assert msgspec.json.decode(alone.stdout.readline(), type=Heard).trouble == "no case to learn from"
        assert alone.wait(PATIENCE_S) == 0
