"""The settings of case life as a file says them: returns, pauses, follow-ups; with them those of the channels."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

import msgspec

from geo.toml_files import read_toml, typed
from hotline.channel_rules import ChannelRules, load_channel_rules

RULES = Path(__file__).parent / "rules"
CASES_FILE = "cases.toml"

Hours = Annotated[float, msgspec.Meta(gt=0, le=24 * 366)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class Returns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often owners may ask to give a case back, and for how long after they got it."""

    most: Annotated[int, msgspec.Meta(ge=0, le=20)] = 2
    within_h: dict[Name, Hours] = {}
    other_h: Hours = 24
    codes: tuple[Name, ...] = ("not_ours", "outside_area", "other_lead", "duplicate", "unclear")

    def hours(self, grade: str) -> float:
        """For how long a case of that grade may be given back."""
        return self.within_h.get(grade, self.other_h)


class Pause(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One reason for which the clock of a case may stand. No grades: any."""

    grades: tuple[Name, ...] = ()
    most_days: Annotated[float, msgspec.Meta(gt=0, le=366)] = 5

    def allows(self, grade: str) -> bool:
        return not self.grades or grade in self.grades


class FollowUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hours after closing within which the caller is asked, by kind of case."""

    within_h: dict[Name, Hours] = {}


class CaseRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    label: str = ""
    returns: Returns = Returns()
    pauses: dict[Name, Pause] = {}
    follow_up: FollowUp = FollowUp()
    channels: ChannelRules = ChannelRules()  # from a file of its own


@cache
def default_case_rules() -> CaseRules:
    """The rules that come with Hexwatch, read once."""
    return load_case_rules()


def load_case_rules(folder: Path = RULES) -> CaseRules:
    """The rules of a folder. Raises ValueError that names the file, the key and what is needed."""
    path = folder / CASES_FILE
    rules = typed(read_toml(path), CaseRules, path, "a file of case rules")
    return msgspec.structs.replace(rules, channels=load_channel_rules(folder))
