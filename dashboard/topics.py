"""Which topics a page may ask for, and what its roles are served under that name."""

from __future__ import annotations

from collections.abc import Iterable

MAX_TOPICS = 32
MAX_NAME = 200
PLAIN = frozenset(
    {
        *("figures", "clock", "sources", "curve", "channels", "agents", "notices", "attention", "warnings.public"),
        *("incidents", "incidents.public", "units", "units.public", "alerts", "alerts.public"),
    }
)
CELLS = "cells:"
# What dispatchers work with: who is called back, which crew is in danger, what alarms. Not for those who only look.
DESK = frozenset(
    {"queue", "roster", "alarms", "alarm_rates", "tasks", "hospitals", "situations", "matters", "following", "warnings"}
)
DESK_ROLES = frozenset({"admin", "leader", "dispatcher", "hotline"})

# The wall is public space: who has none of these roles sees sensitive incidents only by area, under the usual names.
PUBLIC_ALIASES = {"incidents": "incidents.public", "units": "units.public", "alerts": "alerts.public"}
PUBLIC_PREFIXES = {"cells:incidents:": "cells:incidents.public:"}
INSIDE_ROLES = DESK_ROLES | {"viewer"}


class BadTopic(ValueError):
    """A topic that does not exist or is not for the asker; the message names it."""


def served_topics(asked: Iterable[str], *roles: str) -> tuple[tuple[str, str], ...]:
    """(asked, served) pairs, each once, `clock` always among them. Who has several roles sees what any of them sees.

    Raises BadTopic for an unknown name, one that no role of theirs may see, or too many of them.
    """
    names = list(dict.fromkeys(["clock", *asked]))
    if len(names) > MAX_TOPICS:
        raise BadTopic(f"at most {MAX_TOPICS} topics")
    return tuple((name, _served(name, frozenset(roles))) for name in names)


def _served(name: str, roles: frozenset[str]) -> str:
    if name in DESK:
        if not roles & DESK_ROLES:
            raise BadTopic(f"topic {name!r} is not for role {', '.join(sorted(roles))}")
        return name
    if len(name) > MAX_NAME or not (name in PLAIN or (name.startswith(CELLS) and name.count(":") >= 2)):
        raise BadTopic(f"unknown topic {name[:MAX_NAME]!r}")
    if roles & INSIDE_ROLES:
        return name
    for prefix, public in PUBLIC_PREFIXES.items():
        if name.startswith(prefix):
            return public + name.removeprefix(prefix)
    return PUBLIC_ALIASES.get(name, name)
