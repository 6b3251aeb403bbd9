"""Everything that a simulated hotline follows, in one value: numbers, seed, places and the laws made of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

import numpy as np

from geo.areas import Areas
from geo.cities import City
from streams.sim.contacts import Columns, Contacts
from streams.sim.lives import Lives
from streams.sim.places import Places
from streams.sim.profile import Profile, load_profile
from streams.sim.randomness import Booleans

SEED = "hexwatch"


@dataclass(frozen=True)
class Laws:
    """The laws of one simulated hotline. Two with equal settings tell the same story."""

    profile: Profile
    seed: str
    zone: tzinfo
    places: Places
    contacts: Contacts
    lives: Lives

    @classmethod
    def of_city(
        cls,
        city: City,
        areas: Areas | None = None,
        seed: str = SEED,
        profile: Profile | None = None,
        places: Places | None = None,
    ) -> Laws:
        """The laws for a city with areas, population and deadlines; about 2 s for Beijing without areas at hand.

        Raises ValueError naming what the city file lacks.
        """
        areas = areas or city.load_areas()
        if areas is None:
            raise ValueError(f"{city.id}: the simulation needs areas, give the city file one")
        profile = profile or load_profile()
        places = places or Places.of_city(city, areas)
        default_point = city.default_points[0] if city.default_points else (0.0, 0.0)
        zone = city.time_zone
        return cls(
            profile=profile,
            seed=seed,
            zone=zone,
            places=places,
            contacts=Contacts(profile, seed, places, zone, default_point),
            lives=Lives(profile, seed, city.deadlines, zone),
        )

    def are_spoken(self, columns: Columns) -> Booleans:
        """Which contacts talk with an agent."""
        spoken = np.array([channel in self.profile.with_calls for channel in self.contacts.channels])
        return spoken[columns.channel]
