"""One way to reach Redis, and to know that the one reached keeps what it acknowledges."""

from __future__ import annotations

import redis

from dashboard.settings import Settings


def connect(settings: Settings) -> redis.Redis:
    """A client for the city's Redis; answers are bytes. Connections are made when first used."""
    return redis.Redis.from_url(settings.redis, socket_connect_timeout=5, health_check_interval=30, protocol=2)


def durability_complaint(client: redis.Redis) -> str:
    """What this Redis could lose of what it acknowledged, or an empty string.

    Managed servers may hide their configuration: then that is what is said.
    """
    try:
        config = {**client.config_get("append*"), **client.config_get("maxmemory-policy")}
    except redis.ResponseError:
        return "its configuration cannot be read: whether acknowledged entries survive a power cut is unknown"
    if config.get("appendonly") != "yes":
        return "appendonly is off: everything since the last snapshot is lost when it stops; set appendonly yes"
    if config.get("appendfsync") != "always":
        return (
            f"appendfsync is {config.get('appendfsync')}: up to a second or more of acknowledged entries "
            "is lost in a power cut; set appendfsync always"
        )
    if config.get("maxmemory-policy") not in (None, "noeviction"):
        return f"maxmemory-policy is {config['maxmemory-policy']}: calls may be evicted; set noeviction"
    return ""
