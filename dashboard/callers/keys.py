"""The key of the callers' numbers: from the settings, or made once and kept in the data folder."""

from __future__ import annotations

from dashboard.callers.numbers import dialling_of
from dashboard.callers.sealing import Sealer
from dashboard.secret import kept_secret
from dashboard.settings import Settings
from geo.cities import City

FILE = "caller.key"


def sealer_of(settings: Settings, city: City) -> Sealer:
    """What seals the numbers of this installation's callers. Raises ValueError for a key that is too short."""
    key = settings.caller_key or kept_secret(settings.data / FILE)
    return Sealer(key.strip().encode(), dialling_of(city))
