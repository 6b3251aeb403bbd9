"""A neighbour is called dead only when it certainly is."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from dashboard.neighbours import here, is_gone, own_name
from tests.support.redis_server import wait_until


def test_a_killed_process_is_gone_before_and_after_its_parent_collects_it() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    name = f"{here()}:{child.pid}"
    assert not is_gone(name)
    child.kill()
    wait_until(lambda: is_gone(name), what="it is gone, though not collected")
    child.communicate()
    assert is_gone(name)


@pytest.mark.parametrize("place", ["another-host/12ab.4026531836", f"{here()}x", ""])
def test_of_another_place_nothing_is_certain(place: str) -> None:
    assert not is_gone(f"{place}:1999999")


@pytest.mark.parametrize("pid", ["", "one", "-1", "1:x"])
def test_a_name_that_is_none_is_not_called_dead(pid: str) -> None:
    assert not is_gone(f"{here()}:{pid}")


def test_the_own_name_is_alive() -> None:
    assert own_name().endswith(f":{os.getpid()}")
    assert not is_gone(own_name())
