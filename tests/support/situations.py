"""A city with four calls about gas, and a short way to ask and be answered."""

from __future__ import annotations

from typing import Any

import msgspec
import redis

from tests.support.engines import CORNER, TestCity

GAS = ("g1", "g2", "g3", "g4")
SECRET = "SECRET words of a caller"
LANGUAGES = ("zh", "en", "ar", "zh")


class Floor(TestCity):
    """Cases g1 to g4 lie 56 m apart, in three languages."""

    __test__ = False

    def __init__(self, client: redis.Redis):
        super().__init__(client)
        for number, case_id in enumerate(GAS):
            place = (CORNER[0] + number * 0.0005, CORNER[1])
            self.case(case_id, where=place, category="gas_smell", language=LANGUAGES[number], text=SECRET)
        self.turn()

    def asked(self, verb: str, actor: str = "ann", **args: Any) -> dict[str, Any]:
        request_id = self.ask(verb, actor=actor, **args)
        self.turn()
        return self.reply(request_id)

    def done(self, verb: str, actor: str = "ann", **args: Any) -> dict[str, Any]:
        """The detail of a request that must be granted."""
        reply = self.asked(verb, actor, **args)
        assert reply["outcome"] == "done", reply
        return reply.get("detail", {})

    def refused(self, verb: str, actor: str = "ann", **args: Any) -> dict[str, Any]:
        """The reply to a request that must be refused."""
        reply = self.asked(verb, actor, **args)
        assert reply["outcome"] == "refused", reply
        return {"detail": {}} | reply

    def document(self, noun: str, key: str) -> dict[str, Any]:
        raw: Any = self.client.hget(self.keys.of(noun), key)
        return msgspec.json.decode(raw) if raw else {}
