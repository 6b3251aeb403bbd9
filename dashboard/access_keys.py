"""Keys of programs and screens.

A key is 256 random bits, shown once; Redis keeps its SHA-256 digest. (A plain digest suffices for such a key: there
is nothing to guess. Passwords of people are another matter.)
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

import msgspec
import redis

from dashboard.roles import Role
from streams.codec import encode
from streams.keys import Keys

MAX_KEY = 200


class KeyRecord(msgspec.Struct, frozen=True):
    """What is kept of a key, under its digest."""

    name: str
    role: Role


def new_key(client: redis.Redis, keys: Keys, name: str, role: str) -> str:
    """Make and store a key for `name`; the plain key is returned once and kept nowhere. Raises ValueError."""
    if not name.strip() or len(name) > MAX_KEY or not name.isprintable():
        raise ValueError(f"name: 1 to {MAX_KEY} printable characters")
    key = "hx_" + secrets.token_urlsafe(32)
    client.hset(keys.access, digest_of(key), encode(KeyRecord(name.strip(), Role(role))))
    return key


def list_keys(client: redis.Redis, keys: Keys) -> list[KeyRecord]:
    """Records of all keys, by name."""
    found: Any = client.hvals(keys.access)
    return sorted((record_of(raw) for raw in found), key=lambda record: (record.name, record.role))


def remove_key(client: redis.Redis, keys: Keys, name: str) -> int:
    """Withdraw every key of `name`; how many there were. Sessions made with them end within seconds."""
    found: Any = client.hgetall(keys.access)
    mine = [digest for digest, raw in found.items() if record_of(raw).name == name]
    return client.hdel(keys.access, *mine) if mine else 0


def digest_of(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def record_of(raw: bytes) -> KeyRecord:
    """The record as it is kept."""
    return msgspec.json.decode(raw, type=KeyRecord)
