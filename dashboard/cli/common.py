"""What commands share: settings read once, errors as one line, connections that are checked."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

import click
import redis

from dashboard.connect import connect
from dashboard.logs import set_up_logging
from dashboard.settings import BadSetting, Settings, city_file, read_settings


def settings_or_exit(**overrides: Any) -> Settings:
    """Settings, or one line about the one that cannot be read."""
    try:
        settings = read_settings(**overrides)
    except BadSetting as error:
        raise click.ClickException(str(error)) from None
    set_up_logging(settings.log_level)
    return settings


def running_settings() -> Settings:
    """Settings for commands that look at a city: the one HEXWATCH_CITY names, else the one last started here."""
    settings = settings_or_exit()
    if "HEXWATCH_CITY" in os.environ or not city_file(settings).exists():
        return settings
    return replace(settings, city=city_file(settings).read_text(encoding="ascii").strip())


def redis_or_exit(settings: Settings) -> redis.Redis:
    """A client that has answered, or one line about why not."""
    client = connect(settings)
    try:
        client.ping()
    except redis.RedisError as error:
        where = settings.redis_url or f"the embedded Redis in {settings.data}"
        raise click.ClickException(
            f"{where} does not answer ({error}); is Hexwatch running? `python -m dashboard demo` starts it"
        ) from None
    return client


def one_line_errors(*kinds: type[Exception]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Turn these exceptions into a message without a traceback."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            try:
                return function(*args, **kwargs)
            except kinds as error:
                raise click.ClickException(str(error)) from None

        return wrapped

    return decorate
