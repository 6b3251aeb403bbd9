"""The secret of an installation: it signs cookies, and the passwords of a demo's people are derived from it."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from dashboard.settings import Settings


def secret_of(settings: Settings) -> str:
    """From the settings, or made once and kept where only this user reads it."""
    if settings.secret:
        return settings.secret
    return kept_secret(settings.data / "secret")


def kept_secret(path: Path) -> str:
    """The secret of this file, which is made when there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _make(path)
    return path.read_text(encoding="ascii")


def _make(path: Path) -> None:
    """Whole or not at all: several processes start at once, and none may read half of what another writes."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    try:
        os.link(beside, path)  # unlike a rename, this leaves the one that was first
    except FileExistsError:
        pass
    finally:
        beside.unlink()
