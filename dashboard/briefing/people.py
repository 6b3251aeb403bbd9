"""Cases per 100,000 residents by district, where the city file tells how many live there."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from scipy import special

from geo.cities import City

PER = 100_000
TAIL = 0.025


class PerHead(msgspec.Struct, frozen=True, kw_only=True):
    """One district. `rate` per 100,000 residents with its 95 % interval; None where nobody says how many live there."""

    area: str
    received: int
    residents: int | None
    rate: float | None
    low: float | None
    high: float | None


class People(msgspec.Struct, frozen=True, kw_only=True):
    """All districts, the highest rate first; `source` of the numbers of residents, "" where none are known."""

    source: str
    rows: list[PerHead]


def per_head(city: City, received: Mapping[str, int], area: str = "") -> People:
    """The districts of the city file, those without a case too; of cases without a district nothing is said."""
    known = city.population.areas if city.population is not None else {}
    names = {name for name in (*received, *known) if name and (not area or name == area)}
    rows = [_row(name, received.get(name, 0), known.get(name) or None) for name in names]
    rows.sort(key=lambda row: (row.rate is None, -(row.rate or 0), -row.received, row.area))
    return People(source=city.population.source if city.population is not None and known else "", rows=rows)


def _row(area: str, received: int, residents: int | None) -> PerHead:
    if residents is None:
        return PerHead(area=area, received=received, residents=None, rate=None, low=None, high=None)
    low, high = (bound / residents * PER for bound in poisson_interval(received))
    rate = received / residents * PER
    return PerHead(area=area, received=received, residents=residents, rate=rate, low=low, high=high)


def poisson_interval(n: int) -> tuple[float, float]:
    """The exact 95 % interval of a count's mean (F. Garwood 1936, Biometrika 28, 437-442)."""
    low = float(special.gammaincinv(n, TAIL)) if n else 0.0
    return low, float(special.gammaincinv(n + 1, 1 - TAIL))
