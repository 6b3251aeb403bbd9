"""A measured number as it is printed, read back and judged."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One number. `value` and `met` are None when it could not be measured; `conditions` then say why.

    `n` counts samples, `compared_with` holds the baselines of the same run, `conditions` what else must be known.
    """

    name: str
    value: float | None
    unit: str
    target: str
    met: bool | None
    n: int
    compared_with: dict[str, Any] = {}
    conditions: dict[str, Any] = {}


def to_line(result: Result) -> str:
    """The result as one line of JSON."""
    return msgspec.json.encode(result).decode()


def from_lines(lines: Iterable[str]) -> list[Result]:
    """Results printed before. Raises ValueError for a line that is none."""
    try:
        return [msgspec.json.decode(line, type=Result) for line in lines if line.strip()]
    except msgspec.DecodeError as error:
        raise ValueError(f"not a line of results: {error}") from None


def not_measured(name: str, unit: str, target: str, why: str) -> Result:
    """A number that this machine cannot tell, and the reason."""
    return Result(name=name, value=None, unit=unit, target=target, met=None, n=0, conditions={"not measured": why})


def failure(name: str, error: Exception) -> Result:
    """A measurement that broke off: a number not held."""
    return Result(name=name, value=None, unit="", target="", met=False, n=0, conditions={"failed": repr(error)})


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of the values do not exceed. Raises ValueError for none."""
    if not values:
        raise ValueError("no samples")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def rounded(value: float, figures: int = 3) -> float:
    """The value to so many significant figures; whole numbers stay whole."""
    if not math.isfinite(value) or value == 0:
        return value
    digits = figures - 1 - math.floor(math.log10(abs(value)))
    return round(value, max(digits, 0))
