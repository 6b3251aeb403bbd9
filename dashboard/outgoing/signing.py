"""How a delivery proves that it comes from here: HMAC-SHA256 over its time and its body."""

from __future__ import annotations

import hashlib
import hmac

SIGNATURE_HEADER = "Hexwatch-Signature"
DELIVERY_HEADER = "Hexwatch-Delivery"


def sign(secret: bytes, at_s: int, body: bytes) -> str:
    """`t=<at_s>,v1=<hex>`: the digest of `<at_s>.<body>`, so that a body cannot be sent again under another time."""
    digest = hmac.new(secret, f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={digest}"
