"""Passwords and PINs: argon2 hashes made and checked off the event loop, and passwords that nobody has to invent."""

from __future__ import annotations

import hashlib
import hmac
import threading
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from dashboard.blocking import run_blocking

LEAST_PASSWORD, MOST_PASSWORD = 12, 256
LEAST_PIN, MOST_PIN = 4, 8  # shorter than any password, so that each is known by its length
# A hash takes 64 MiB and a good part of a second: a rush of sign-ins waits, so that the live picture does not.
AT_ONCE = 2
# Letters and digits that are not taken for each other when read from paper or over the telephone.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS, GROUP = 4, 5


class BadPassword(ValueError):
    """The password or PIN cannot be taken; the message says what is needed."""


def _hasher() -> argon2.PasswordHasher:
    return argon2.PasswordHasher.from_parameters(argon2.profiles.RFC_9106_LOW_MEMORY)


@dataclass
class Passwords:
    """Makes and checks hashes; every check takes as long, also of a name that nobody has."""

    hasher: argon2.PasswordHasher = field(default_factory=_hasher)
    _places: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(AT_ONCE), repr=False)
    _nobody: str = field(default="", repr=False)

    def hash(self, secret: str) -> str:
        with self._places:
            return run_blocking(self.hasher.hash, _plain(secret))

    def fits(self, stored: str, secret: str) -> bool:
        """Whether `secret` is the one behind `stored`; with nothing stored the same work is done for nothing."""
        known = stored or self._nobodys()
        with self._places:
            fits = run_blocking(_verify, self.hasher, known, _plain(secret))
        return fits and bool(stored)

    def is_outdated(self, stored: str) -> bool:
        """Whether `stored` was made with other parameters than those of today."""
        return self.hasher.check_needs_rehash(stored)

    def _nobodys(self) -> str:
        """A hash with today's parameters that no password opens, made when it is first needed."""
        if not self._nobody:
            self._nobody = self.hash("nobody")
        return self._nobody


def check_password(password: str, name: str) -> None:
    """Raises BadPassword for one that would be guessed."""
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
        raise BadPassword(f"a password has {LEAST_PASSWORD} to {MOST_PASSWORD} characters")
    if len(set(password)) < LEAST_PASSWORD // 2 or name.casefold() in password.casefold():
        raise BadPassword("this password is too easily guessed: repetitions, or the name itself")


def check_pin(pin: str) -> None:
    """Raises BadPassword for what is no PIN, or the first that anybody would try."""
    if not (LEAST_PIN <= len(pin) <= MOST_PIN and pin.isascii() and pin.isdigit()):
        raise BadPassword(f"a PIN has {LEAST_PIN} to {MOST_PIN} digits")
    steps = {int(b) - int(a) for a, b in pairwise(pin)}
    if steps in ({0}, {1}, {-1}):
        raise BadPassword("this PIN is too easily guessed: equal digits, or digits in a row")


def new_password(choose: Callable[[str], str]) -> str:
    """A password of 99 bits, easily read out; `choose` picks one of the letters, e.g. `secrets.choice`."""
    return "-".join("".join(choose(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))


def derived_password(secret: str, name: str) -> str:
    """The password that always belongs to `name` on an installation with this secret; for demos."""
    digest = hmac.new(secret.encode(), f"demo password of {name}".encode(), hashlib.sha256).digest()
    numbers = iter(digest)
    return new_password(lambda letters: letters[next(numbers) % len(letters)])


def _plain(secret: str) -> str:
    """One spelling for what keyboards and input methods spell in several ways."""
    return unicodedata.normalize("NFC", secret[: MOST_PASSWORD + 1]).encode("utf-8", "replace").decode()


def _verify(hasher: argon2.PasswordHasher, stored: str, secret: str) -> bool:
    try:
        return hasher.verify(stored, secret)
    except (VerificationError, InvalidHashError):
        return False
