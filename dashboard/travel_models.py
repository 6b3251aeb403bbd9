"""Which travel times a city uses: learnt from records, its simulator's own speeds, or an assumption that says so."""

from __future__ import annotations

from pathlib import Path

from emergency.travel import ANY, Drive, TravelTimes, assumed, from_bytes, simulated
from geo.cities import City
from streams.sim.fleet import FleetSetting, UnitKind, load_fleet

# Simulated streets run north-south and east-west: seen over all directions the way is 4/pi times the straight line.
WAY_OF_STREETS = 1.273
SIMULATION = "-sim"


def travel_times(file: str, city: City) -> TravelTimes:
    """The model of a city; `file` is what HEXWATCH_TRAVEL names. Raises ValueError or OSError when it is none."""
    if file:
        return from_bytes(Path(file).read_bytes())
    if city.id.endswith(SIMULATION):
        return travel_of_simulation(load_fleet(), city.zone)
    return assumed(city.zone)


def travel_of_simulation(fleet: FleetSetting, zone: str) -> TravelTimes:
    """The speeds and turnouts by which simulated units really drive: the mean of each, as `fleet.toml` says them."""
    drives = {kind: _drive(said) for kind, said in fleet.units.items()}
    total = sum(said.number for said in fleet.units.values())

    def usual(field: str) -> float:
        return sum(getattr(drives[kind], field) * said.number for kind, said in fleet.units.items()) / total

    drives[ANY] = Drive(0.0, usual("rate"), usual("turnout_s"), 0)
    return simulated(zone, drives, fleet.driving.flow, "the simulation's own speeds: streams/sim/fleet.toml")


def _drive(said: UnitKind) -> Drive:
    with_light, _ = said.speed_mps
    return Drive(0.0, WAY_OF_STREETS / with_light, sum(said.turnout_s) / 2, 0)
