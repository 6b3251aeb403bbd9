"""A hotline desk under test: a simulated Beijing whose engine is turned by hand, and short words for its requests."""

from __future__ import annotations

from typing import Any

import msgspec
import redis as redis_module

from dashboard.engine.clock import Mode
from hotline.cases import Case
from tests.support.engines import TestCity


class CaseDesk(TestCity):
    """One turn for each thing that is said or asked."""

    __test__ = False

    def __init__(self, client: redis_module.Redis) -> None:
        super().__init__(client, "beijing", Mode.LIVE)

    def received(self, case_id: str, **data: Any) -> Case:
        self.case(case_id, None, **({"grade": "III", "category": "roads", "area": "Chaoyang"} | data))
        self.turn()
        return self.of(case_id)

    def told(self, type_: str, case_id: str, **data: Any) -> Case:
        self.post(f"case.{type_}", case_id=case_id, **data)
        self.turn()
        return self.of(case_id)

    def request(self, verb: str, case_id: str = "", actor: str = "ann", **args: Any) -> dict[str, Any]:
        """The answer to one request."""
        named = {"case_id": case_id} if case_id else {}
        request_id = self.ask(verb, actor=actor, role="hotline", **named, **args)
        self.turn()
        return self.reply(request_id)

    def done(self, verb: str, case_id: str = "", actor: str = "ann", **args: Any) -> dict[str, Any]:
        reply = self.request(verb, case_id, actor, **args)
        assert reply.get("outcome") == "done", (verb, args, reply)
        return reply

    def refused(self, verb: str, case_id: str = "", actor: str = "ann", **args: Any) -> str:
        """Why it was refused."""
        reply = self.request(verb, case_id, actor, **args)
        assert reply.get("outcome") == "refused", (verb, args, reply)
        assert reply["reason"]
        return str(reply["reason"])

    def of(self, case_id: str) -> Case:
        """The committed document."""
        raw: Any = self.client.hget(self.keys.cases, case_id)
        return msgspec.json.decode(raw, type=Case)

    def private(self, case_id: str) -> dict[str, Any]:
        raw: Any = self.client.hget(self.keys.private, f"case:{case_id}")
        return msgspec.json.decode(raw) if raw else {}
