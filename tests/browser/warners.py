"""What early warning says, said by a test: warnings in the log, and what it last saw of the city in its file."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import h3
import msgspec
import numpy as np
import redis

from dashboard.warner.field import HOURS, Seen
from streams.keys import Keys
from tests.browser.hotlines import now_of
from tests.support.demo import Demo
from tests.support.redis_server import wait_until

WANGJING = (40.0013, 116.4702)
CATEGORIES = ["gas_smell", "said:gas", "trees"]
CITY = "beijing-sim"


class Warner:
    """Speaks to a running demo as its warner would."""

    def __init__(self, demo: Demo) -> None:
        self.demo, self.keys = demo, Keys(CITY)
        self.client = redis.Redis(unix_socket_path=str(demo.folder / "redis.sock"))
        self.now = datetime.fromisoformat(now_of(demo.url))
        self._said = 0
        self.say("feed.polled", feed="warner")

    def say(self, type_: str, warning_id: str = "", **data: Any) -> None:
        """One entry of the inbox."""
        self._said += 1
        if type_.startswith("warning."):
            data["warning_id"] = warning_id
        entry = {
            "source": "warner",
            "id": f"{type_}:{warning_id}:{self._said}:{self.now.isoformat()}",
            "type": type_,
            "occurred_at": self.now.isoformat(),
            "data": data,
        }
        self.client.xadd(self.keys.inbox, {"e": msgspec.json.encode(entry)})

    def raise_(self, warning_id: str, per_day: float, ring: int = 1, **data: Any) -> None:
        """A warning around Wangjing."""
        cells = sorted(h3.grid_disk(h3.latlng_to_cell(*WANGJING, 9), ring))
        numbers = {"observed": 4, "expected": 0.2, "low": 0, "high": 2, "strength": 9.1, "per_day": per_day, "peak": 4}
        place = {"lat": WANGJING[0], "lng": WANGJING[1], "radius_km": 0.4, "area": "Chaoyang", "cells": cells}
        self.say("warning.raised", warning_id, **(numbers | place | {"state": "rising", "owner": "gas"} | data))

    def wait(self, *warning_ids: str) -> None:
        """Until the desks see exactly these."""
        view = self.keys.view("warnings")
        wanted = {one.encode() for one in warning_ids}
        wait_until(lambda: set(self.client.hkeys(view)) == wanted, 20, f"the warnings {warning_ids}")

    def look(self, *warning_ids: str) -> None:
        """Write what it saw of the city: gas in the middle, and a curve of 24 hours for each of these warnings."""
        cells = sorted(h3.grid_disk(h3.latlng_to_cell(*WANGJING, 9), 6))
        middle = cells.index(h3.latlng_to_cell(*WANGJING, 9))
        share = np.full((len(cells), len(CATEGORIES)), 1 / len(cells), dtype=np.float32)
        rates = np.full((len(CATEGORIES), HOURS), 2.0, dtype=np.float32)
        counts = np.array([(middle, 0, HOURS - 1, 4), (middle + 1, 2, HOURS - 2, 7)], dtype=np.int32)
        ends = [self.now - timedelta(hours=HOURS - 1 - hour) for hour in range(HOURS)]
        curve = [(end, 4 if hour == HOURS - 1 else hour % 2, 0.2, 0.0, 2.0) for hour, end in enumerate(ends)]
        seen = Seen(
            at=self.now,
            status={"state": "ready", "days": 14.0, "cases": 350_000, "source": "simulated"},
            cells=cells,
            categories=CATEGORIES,
            share=share.tobytes(),
            rates=rates.tobytes(),
            counts=counts.tobytes(),
            curves=dict.fromkeys(warning_ids, curve),
            recurring=[{"category": "trees", "area": "Haidian", "months": [3, 5, 4]}],
        )
        self._file.write_bytes(msgspec.msgpack.encode(seen))

    def leave(self, *warning_ids: str) -> None:
        """Nothing of it is left for other tests; the engine's simple rule stands in again."""
        for warning_id in warning_ids:
            self.say("warning.closed", warning_id)
        self.say("feed.stopped", feed="warner", reason="the test is over")
        self._file.unlink(missing_ok=True)
        self.wait()
        self.client.close()

    @property
    def _file(self) -> Any:
        return self.demo.folder / f"warnings-{CITY}.seen"
