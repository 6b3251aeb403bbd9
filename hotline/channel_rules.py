"""What a city promises on its channels, as a file says it: how soon somebody answers, and how that is reckoned."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

import msgspec

from geo.toml_files import read_toml, typed
from hotline.service_levels import Peak, Variant

RULES = Path(__file__).parent / "rules"
CHANNELS_FILE = "channels.toml"

Seconds = Annotated[float, msgspec.Meta(ge=0, le=86_400)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class Standard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What callers are promised; the defaults are Beijing's draft standard: 95 % answered within 15 s.

    Abandonments before `short_s` (a wrong number, a change of mind) are counted apart. A changed standard holds for
    the calls counted from then on: what was counted stays as it was. `by_language`: the channel is also counted by
    the language of its callers.
    """

    threshold_s: Seconds = 15
    goal: Share = 0.95
    short_s: Seconds = 5
    variant: Variant = Variant.REMOVED
    by_language: bool = False


class Own(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said of one channel; the rest is as by default."""

    threshold_s: Seconds | msgspec.UnsetType = msgspec.UNSET
    goal: Share | msgspec.UnsetType = msgspec.UNSET
    short_s: Seconds | msgspec.UnsetType = msgspec.UNSET
    variant: Variant | msgspec.UnsetType = msgspec.UNSET
    by_language: bool | msgspec.UnsetType = msgspec.UNSET


class ChannelRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    label: str = ""
    default: Standard = Standard()
    peak: Peak = Peak()
    channels: dict[Name, Own] = {}

    def standard(self, channel: str) -> Standard:
        """What is promised on one channel."""
        own = msgspec.structs.asdict(self.channels.get(channel, Own()))
        return msgspec.structs.replace(
            self.default, **{name: value for name, value in own.items() if value is not msgspec.UNSET}
        )


@cache
def default_channel_rules() -> ChannelRules:
    """The rules that come with Hexwatch, read once."""
    return load_channel_rules()


def load_channel_rules(folder: Path = RULES) -> ChannelRules:
    """The rules of a folder, those that come with Hexwatch when it has none.

    Raises ValueError that names the file, the key and what is needed.
    """
    own = folder / CHANNELS_FILE
    path = own if own.exists() else RULES / CHANNELS_FILE
    return typed(read_toml(path), ChannelRules, path, "a file of channel rules")
