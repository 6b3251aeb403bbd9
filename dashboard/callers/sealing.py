"""Numbers of callers at rest: encrypted, and named by keyed hashes by which they are found again.

A private record holds `phone` (AES-256-GCM, bound to its subject), `caller` (who it is, opaque) and `tail` (which last
four digits, opaque). Without the key none of the three tells a number, and a hash cannot be tried out.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dashboard.callers.numbers import Dialling, normal_number, tail_of

MARK = "sealed1"  # of a sealed number: form and version
NONCE_BYTES = 12
CALLER_BYTES, TAIL_BYTES, KEY_MARK_BYTES = 15, 9, 3  # whole groups of base64
SHORTEST_KEY = 16  # characters


class WrongKey(ValueError):
    """The number was sealed with another key, or altered since."""


class Sealer:
    """Seals and opens numbers with one key. `dialling` says how numbers of the city are written."""

    def __init__(self, key: bytes, dialling: Dialling | None = None) -> None:
        if len(key) < SHORTEST_KEY:
            raise ValueError(f"a key of at least {SHORTEST_KEY} characters")
        self._dialling = dialling or Dialling()
        self._cipher = AESGCM(_derived(key, b"seal"))
        self._caller_key, self._tail_key = _derived(key, b"caller"), _derived(key, b"tail")
        self._prefix = f"{MARK}.{_text(_derived(key, b'mark')[:KEY_MARK_BYTES])}."

    def sealed(self, subject: str, private: Mapping[str, Any]) -> dict[str, Any]:
        """Personal fields of `subject` as they may be stored."""
        phone = private.get("phone")
        if not phone:
            return dict(private)
        stored = {**private, "phone": self.seal(subject, str(phone))}
        number = normal_number(str(phone), self._dialling)
        return stored | {"caller": self._caller_of(number), "tail": self._tail_of(number)}

    def seal(self, subject: str, phone: str) -> str:
        """The number, encrypted. Only `open` with the same subject gives it back."""
        nonce = os.urandom(NONCE_BYTES)
        return self._prefix + _text(nonce + self._cipher.encrypt(nonce, phone.encode(), subject.encode()))

    def open(self, subject: str, phone: str) -> str:
        """The number of a stored record. Raises WrongKey."""
        if not phone.startswith(MARK + "."):
            return phone  # written before numbers were sealed
        if not phone.startswith(self._prefix):
            raise WrongKey("sealed with another key than this installation has now")
        try:
            raw = base64.urlsafe_b64decode(phone.removeprefix(self._prefix))
            return self._cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], subject.encode()).decode()
        except (ValueError, InvalidTag):
            raise WrongKey("the sealed number was altered, or stands under another subject") from None

    def caller_of(self, written: str) -> str:
        """The opaque name of whoever has this number; empty when it is no number."""
        return self._caller_of(normal_number(written, self._dialling))

    def tail_of(self, four_digits: str) -> str:
        """The opaque name of all numbers that end so."""
        return self._tail_of(four_digits)

    def _caller_of(self, number: str) -> str:
        return _text(hmac.digest(self._caller_key, number.encode(), "sha256")[:CALLER_BYTES]) if number else ""

    def _tail_of(self, number: str) -> str:
        tail = tail_of(number)
        return _text(hmac.digest(self._tail_key, tail.encode(), "sha256")[:TAIL_BYTES]) if tail else ""


def _derived(key: bytes, use: bytes) -> bytes:
    """A key of its own for each use (HMAC as the key-derivation function of a key that is long and random)."""
    return hmac.digest(key, b"hexwatch callers: " + use, hashlib.sha256)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()
