"""The names under which this city itself speaks, as sources of facts: nobody outside may use them."""

from __future__ import annotations

ENGINE = "engine"  # what the engine itself decides
DESK = "desk"  # what people request
WARNER = "warner"  # the process that warns: it reports through the inbox like a feed
OWN_SOURCES = frozenset({ENGINE, DESK})  # what never comes in through the inbox
TAKEN_NAMES = OWN_SOURCES | {WARNER}  # what nobody may post under
