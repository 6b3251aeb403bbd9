"""How good chances were: Brier score, calibration and AUC, as their definitions say."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hotline.forecast.columns import Flags, Floats

TENTHS = 10


class Bin(NamedTuple):
    """Forecasts of one tenth of the scale: how many, their mean chance, and the share that came true."""

    low: float
    high: float
    n: int
    said: float
    came: float


class Scores(NamedTuple):
    """`brier`: mean squared error (Brier 1950). `ece`: mean distance of the tenths from the diagonal, by their n.

    `auc`: the chance that a case that missed was ranked above one that did not (Mann and Whitney 1947, ties half);
    not a number where all had the same outcome. `base`: the share that missed.
    """

    n: int
    base: float
    brier: float
    ece: float
    auc: float
    bins: tuple[Bin, ...]


def scores(chances: Floats, missed: Flags) -> Scores:
    """The scores of chances (0 to 1) against what happened. Raises ValueError for none."""
    if not len(chances):
        raise ValueError("no forecasts to score")
    bins = calibration(chances, missed)
    ece = sum(each.n * abs(each.said - each.came) for each in bins) / len(chances)
    brier = float(np.mean((chances - missed) ** 2))
    return Scores(len(chances), float(missed.mean()), brier, float(ece), auc(chances, missed), bins)


def calibration(chances: Floats, missed: Flags) -> tuple[Bin, ...]:
    """The tenths of the scale that hold forecasts."""
    tenth = np.minimum((chances * TENTHS).astype(np.int64), TENTHS - 1)
    found = []
    for i in range(TENTHS):
        mine = tenth == i
        if mine.any():
            said, came = float(chances[mine].mean()), float(missed[mine].mean())
            found.append(Bin(i / TENTHS, (i + 1) / TENTHS, int(mine.sum()), said, came))
    return tuple(found)


def auc(chances: Floats, missed: Flags) -> float:
    """The area under the ROC curve by ranks, ties sharing theirs."""
    n, yes = len(chances), int(missed.sum())
    if yes in (0, n):
        return float("nan")
    _, which, counts = np.unique(chances, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = (last - (counts - 1) / 2)[which]
    return float((ranks[missed].sum() - yes * (yes + 1) / 2) / (yes * (n - yes)))
