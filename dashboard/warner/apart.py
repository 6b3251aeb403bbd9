"""Learning in a process of its own: the memory that it takes leaves with it, and looking goes on meanwhile.

The warner writes one line of what is asked to its child and reads lines of what came of it; a child whose parent is
gone finds the end of its standard input, and ends.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial

import msgspec

from dashboard.engine.clock import Mode
from dashboard.warner.past import KeptModel, Past
from hotline.warning_model import PastCase

ENDS_WITHIN_S = 60.0  # once it says no more
COMMAND = (sys.executable, "-m", "dashboard.warner.apart")


class Asked(msgspec.Struct, frozen=True):
    """What is to be learnt; which city and from which archive, the settings say."""

    mode: Mode
    now: datetime
    spoken: list[PastCase]


class Heard(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of the answer: how far it is, a first model, the whole one, or why there is none."""

    progress: float | None = None
    first: KeptModel | None = None
    learnt: KeptModel | None = None
    trouble: str = ""


_decode = msgspec.json.Decoder(Heard).decode


class DiedLearning(Exception):
    """The process that learnt ended without a model and without a word."""


def learn_apart(
    mode: Callable[[], Mode],
    now: datetime,
    spoken: list[PastCase],
    tell: Callable[[float], None],
    first: Callable[[KeptModel], None],
    command: tuple[str, ...] = COMMAND,
) -> KeptModel:
    """Learn in a child, with the environment and the priority of this process.

    Raises ValueError with words when there is nothing to learn from, DiedLearning (or OSError, when it could not even
    be asked) when the child came to grief.
    """
    asked = msgspec.json.encode(Asked(mode(), now, spoken))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None, "a pipe"
        assert child.stdout is not None, "a pipe"
        try:
            child.stdin.write(asked + b"\n")
            child.stdin.flush()
            for line in child.stdout:
                heard = _decode(line)
                if heard.progress is not None:
                    tell(heard.progress)
                if heard.first is not None:
                    first(heard.first)
                if heard.trouble:
                    raise ValueError(heard.trouble)
                if heard.learnt is not None:
                    return heard.learnt
            raise DiedLearning(f"the process that learns ended with {child.wait(ENDS_WITHIN_S)}")
        finally:
            child.kill()


def answer(asked: Asked, learn: Callable[..., KeptModel], say: Callable[[Heard], None]) -> None:
    """What the child does: learn, and say what came of it."""
    try:
        kept = learn(
            asked.now,
            asked.spoken,
            lambda share: say(Heard(progress=share)),
            lambda model: say(Heard(first=model)),
        )
    except ValueError as error:
        say(Heard(trouble=str(error)))
        return
    say(Heard(learnt=kept))


def _end_with_parent(stdin: int) -> None:
    """Read the descriptor itself: the lock of a buffered reader would be in the way of an orderly end."""
    while os.read(stdin, 1024):
        pass
    os._exit(1)


def main() -> None:
    """Learn what standard input asks, of the city of the settings."""
    from dashboard.settings import read_settings
    from dashboard.warner.learning import learn_here
    from dashboard.warner.past import past_of
    from geo.cities import load_city

    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever else is said is for the log
    asked = msgspec.json.decode(sys.stdin.buffer.readline(), type=Asked)
    threading.Thread(target=_end_with_parent, args=(sys.stdin.fileno(),), daemon=True).start()
    settings = read_settings()
    city = load_city(settings.city)

    def say(heard: Heard) -> None:
        out.write(msgspec.json.encode(heard) + b"\n")
        out.flush()

    def past(now: datetime, tell: Callable[[float], None]) -> Past:
        return past_of(settings, city, asked.mode, now, tell)

    answer(asked, partial(learn_here, past, city.zone), say)


if __name__ == "__main__":
    main()
