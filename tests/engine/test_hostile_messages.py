"""A message that timers and maps would stumble over is refused at the door, and never reaches the engine."""

from __future__ import annotations

from typing import Any

import pytest
import redis as redis_module

from tests.support.engines import TestCity

SENT = {"alert_id": "w,1", "sender": "w", "identifier": "1", "sent_at": "2026-03-04T17:00:00Z"}
PLANNED = {"notice_id": "n1", "kind": "works", "titles": {"en": "Works"}}


def info(**more: Any) -> dict[str, Any]:
    return SENT | {"infos": [{"event": "Storm"} | more]}


@pytest.mark.parametrize(
    ("type_", "data", "reason"),
    [
        ("alert.issued", SENT | {"sent_at": "2026-03-04T17:00:00"}, "data.sent_at: needs a zone"),
        ("alert.issued", info(expires_at="0001-01-01T00:00:00Z"), r"data.infos[0].expires_at: needs a zone"),
        ("alert.issued", info(areas=[{"circles": [[91.0, 0.0, 1.0]]}]), "areas.circles: lat, lng outside"),
        ("alert.issued", info(areas=[{"circles": [[40.0, 0.0, 1e9]]}]), "a radius of 0 to"),
        ("alert.issued", info(areas=[{"polygons": [[[40.0, 181.0]]]}]), "areas.polygons: lat, lng outside"),
        ("notice.issued", PLANNED | {"starts_at": "0001-01-01T00:00:00Z", "ends_at": "2026-03-05T00:00:00Z"}, "starts"),
        ("notice.issued", PLANNED | {"starts_at": "2026-03-05T00:00:00Z", "ends_at": "2026-03-04T00:00:00Z"}, "before"),
        ("case.followed_up", {"case_id": "c1", "satisfied": 6}, "data.satisfied: 1 to 5"),
    ],
)
def test_it_goes_to_the_dead_letters_with_the_reason(
    redis: redis_module.Redis, type_: str, data: dict[str, Any], reason: str
) -> None:
    city = TestCity(redis)
    city.post(type_, **data)
    city.turn()
    [letter] = city.dead()
    assert reason in letter[b"reason"].decode()
    city.wall.pass_(days=40)
    city.turn()
