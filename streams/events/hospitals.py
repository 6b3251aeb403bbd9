"""What hospitals say of their room for patients."""

from __future__ import annotations

from typing import ClassVar

from streams.events.envelope import Payload


class HospitalPayload(Payload, frozen=True, kw_only=True):
    ENTITY: ClassVar[str] = "hospital"
    SUBJECT: ClassVar[str] = "hospital"
    hospital: str


class HospitalReported(HospitalPayload, frozen=True, kw_only=True):
    """How many patients of each category it can take now: T1 immediate, T2 urgent, T3 delayed."""

    t1: int = 0
    t2: int = 0
    t3: int = 0
