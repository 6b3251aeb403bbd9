"""How processes log: one line an event, time first, never a personal field."""

from __future__ import annotations

import logging

import structlog

from streams.events import PRIVATE_FIELDS


def set_up_logging(level: str = "info") -> None:
    """Plain lines on standard output; personal fields are dropped whoever passes them."""
    structlog.configure(
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.add_log_level,
            _without_private,
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(colors=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper(), logging.INFO)),
    )


def _without_private(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    for name in PRIVATE_FIELDS & event.keys():
        event[name] = "(personal)"
    return event
