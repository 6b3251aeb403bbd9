"""The rule set of rankings: dated and versioned, printed with every ranking that is made by it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import msgspec

from geo.toml_files import read_toml, typed
from hotline.case_rules import RULES

PATTERN = "ranking_*.toml"

Hours = Annotated[float, msgspec.Meta(gt=0, le=24 * 366)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Weight = Annotated[float, msgspec.Meta(ge=0)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class Contact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hours from dispatch within which the caller must have been reached."""

    within_h: dict[Name, Hours] = {}
    other_h: Hours = 24

    def hours(self, grade: str) -> float:
        return self.within_h.get(grade, self.other_h)


class Satisfaction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an answer from 1 to 5 is worth, from 0 to 1."""

    values: Annotated[tuple[Share, ...], msgspec.Meta(min_length=5, max_length=5)] = (0, 0, 0, 1, 1)


class Weights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What each rate counts for in the score; their sum is 1."""

    response: Weight
    resolution: Weight
    satisfaction: Weight


class RuleSet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version. It holds for periods that end after `dated`, until a later one does."""

    version: Name
    dated: date
    weights: Weights
    label: str = ""
    kinds: tuple[Name, ...] = ("complaint",)
    least_n: Annotated[int, msgspec.Meta(ge=1)] = 20
    confidence: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.95
    least_coverage: Share = 0.6
    matured_h: Hours = 72
    excluded_labels: tuple[Name, ...] = ()
    contact: Contact = Contact()
    satisfaction: Satisfaction = Satisfaction()

    def printed(self) -> dict[str, Any]:
        """What stands beside a ranking: by which rules it was made."""
        printed: dict[str, Any] = msgspec.to_builtins(self)
        return printed


def load_rule_sets(folder: Path = RULES) -> tuple[RuleSet, ...]:
    """Every version of a folder, the oldest first.

    Raises ValueError that names the file: unknown keys, weights that are not 1 together, two versions of one day.
    """
    found = []
    for path in sorted(folder.glob(PATTERN)):
        rules = typed(read_toml(path), RuleSet, path, "a rule set of rankings")
        total = rules.weights.response + rules.weights.resolution + rules.weights.satisfaction
        if abs(total - 1) > 1e-9:
            raise ValueError(f"{path}: weights: are {total:g} together, need to be 1")
        found.append((rules, path))
    if not found:
        raise ValueError(f"{folder}: no rule set there ({PATTERN})")
    found.sort(key=lambda pair: pair[0].dated)
    for (one, _), (other, path) in pairwise(found):
        if one.dated == other.dated:
            raise ValueError(f"{path}: dated: {other.dated} is version {one.version} already")
    return tuple(rules for rules, _ in found)


def rules_for(rule_sets: Sequence[RuleSet], last_day: date) -> RuleSet:
    """The newest version that was in force on a period's last day, else the oldest."""
    return next((rules for rules in reversed(rule_sets) if rules.dated <= last_day), rule_sets[0])
