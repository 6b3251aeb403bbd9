"""Charts for series of counts: EWMA, CUSUM and the three EARS methods, for many series at once."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from geo.warning.arrays import Floats
from geo.warning.tails import normal_tail

EWMA_WEIGHT = 0.3
CUSUM_SLACK = 0.5
EARS_DAYS = 7
EARS_GAP = 2  # C2 and C3 leave out the two days before the one they judge
Ears = Literal["C1", "C2", "C3"]
# One-sided levels of the standard normal distribution, as R's surveillance::earsC takes them.
EARS_Z: dict[Ears, float] = {"C1": 3.0902323, "C2": 3.0902323, "C3": 1.9599640}


class Bounds(NamedTuple):
    """Per series (rows) and step: the statistic, and the count above which it alarms. NaN while history is short."""

    statistic: Floats
    upper: Floats


def ewma(residuals: Floats, weight: float = EWMA_WEIGHT) -> Floats:
    """Exponentially weighted means of standardised residuals (rows, steps), in their own standard deviations."""
    smoothed, now = np.empty_like(residuals), np.zeros(residuals.shape[:-1])
    for step in range(residuals.shape[-1]):
        now = weight * residuals[..., step] + (1 - weight) * now
        variance = weight / (2 - weight) * (1 - (1 - weight) ** (2 * (step + 1)))
        smoothed[..., step] = now / np.sqrt(variance)
    return smoothed


def cusum(residuals: Floats, slack: float = CUSUM_SLACK) -> Floats:
    """Cumulative sums of standardised residuals beyond `slack`, never below 0, (rows, steps)."""
    sums, now = np.empty_like(residuals), np.zeros(residuals.shape[:-1])
    for step in range(residuals.shape[-1]):
        now = np.maximum(0.0, now + residuals[..., step] - slack)
        sums[..., step] = now
    return sums


def cusum_tail(value: Floats, slack: float = CUSUM_SLACK) -> Floats:
    """About the chance that a quiet chart stands at `value` or above: a walk that drifts down by `slack` a step.

    exp(-2 * slack * value) is exact for a Brownian path; for counts a rough guide, the threshold is calibrated.
    """
    found: Floats = np.minimum(1.0, np.exp(-2 * slack * np.asarray(value)))
    return found


def ears(
    counts: Floats, method: Ears, z: float | None = None, least_spread: float = 0.0, like_reference: bool = False
) -> Bounds:
    """EARS C1, C2 or C3 on daily counts (rows, days): Hutwagner et al. 2003, in the form of Fricker et al. 2008.

    C1 compares with the seven days before, C2 with the seven before the last two, C3 adds how far C2 of the last
    three days went beyond 1. Rows without any spread give infinite statistics where they rise at all.
    """
    level = EARS_Z[method] if z is None else z
    gap = 0 if method == "C1" else EARS_GAP
    mean, spread = _moving(counts, gap)
    spread = np.maximum(spread, least_spread)
    with np.errstate(divide="ignore", invalid="ignore"):
        single = (counts - mean) / spread
    if method != "C3":
        return Bounds(single, mean + level * spread)
    beyond = np.maximum(0.0, single - 1)
    before = _lagged(beyond, 1) + _lagged(beyond, 2)
    # surveillance::earsC 1.20 starts the bound of C3 at the count itself, so that its alarm is `before > level`.
    left = level - before
    if like_reference:
        return Bounds(before, np.maximum(0.0, counts + spread * left))
    return Bounds(beyond + before, np.where(left > 0, mean + spread * (1 + left), 0.0))


def ears_tail(statistic: Floats, method: Ears) -> Floats:
    """The chance of such a statistic for normal counts: Student's t with 6 degrees of freedom for C1 and C2.

    The seven days' mean is itself uncertain, hence 1 + 1/7. For C3 the normal tail, as a guide.
    """
    from scipy import special

    value = np.nan_to_num(np.asarray(statistic, dtype=np.float64), nan=0.0, posinf=1e6)
    if method == "C3":
        return normal_tail(value)
    found: Floats = np.maximum(special.stdtr(EARS_DAYS - 1, -value / np.sqrt(1 + 1 / EARS_DAYS)), 1e-300)
    return found


def _moving(counts: Floats, gap: int) -> tuple[Floats, Floats]:
    """Mean and standard deviation (n - 1) of the seven days that end `gap` + 1 days before each day."""
    mean, spread = np.full(counts.shape, np.nan), np.full(counts.shape, np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(counts, EARS_DAYS, axis=-1)
    first = EARS_DAYS + gap
    usable = windows[..., : max(0, counts.shape[-1] - first), :]
    mean[..., first:] = usable.mean(axis=-1)
    spread[..., first:] = usable.std(axis=-1, ddof=1)
    return mean, spread


def _lagged(values: Floats, steps: int) -> Floats:
    found = np.full(values.shape, np.nan)
    found[..., steps:] = values[..., :-steps]
    return found
