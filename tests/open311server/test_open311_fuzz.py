"""The served OpenAPI description, and requests made from it by schemathesis: no answer that it does not describe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import redis as redis_module
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.open311server.portal import DRUM_TOWER, Portal, open_portal

# That two dates lie within 90 days, that a place lies in the city: no schema says so.
BEYOND_A_SCHEMA = [positive_data_acceptance]
PER_OPERATION = 12
THOROUGHLY = 300


def fuzz(portal: Portal, examples: int) -> dict[str, int]:
    """Every operation of the description, called so often; how often each was."""
    schema = schemathesis.openapi.from_wsgi("/open311/v2/openapi.json", portal.app)
    calls: dict[str, int] = {}
    key = {"X-API-Key": portal.keys["reporter"]}
    for found in schema.get_all_operations():
        call_often(found.ok(), calls, key, examples)
    return calls


def call_often(operation: Any, calls: dict[str, int], headers: dict[str, str], examples: int) -> None:
    """Requests that the description allows; each answer must be one that it describes."""

    @settings(
        max_examples=examples,
        database=None,
        derandomize=examples == PER_OPERATION,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def call(case: Any) -> None:
        calls[operation.label] = calls.get(operation.label, 0) + 1
        case.call_and_validate(headers=headers, excluded_checks=BEYOND_A_SCHEMA)

    call()


def filled(redis: redis_module.Redis, folder: Path) -> Portal:
    portal = open_portal(redis, folder)
    for number in range(20):
        portal.city.case(f"c{number}", DRUM_TOWER, category=("noise", "dust", "Child welfare")[number % 3])
    portal.settle()
    return portal


def test_no_request_made_from_the_description_is_answered_otherwise(redis: redis_module.Redis, tmp_path: Path) -> None:
    portal = filled(redis, tmp_path)
    calls = fuzz(portal, PER_OPERATION)
    assert len(calls) == 6
    assert min(calls.values()) >= 3
    portal.settle()
    assert portal.city.dead() == [], "what was taken is understood by the engine"
    portal.tail.writer.close()


@pytest.mark.thorough
def test_thousands_of_requests_made_from_the_description(redis: redis_module.Redis, tmp_path: Path) -> None:
    portal = filled(redis, tmp_path)
    fuzz(portal, THOROUGHLY)
    portal.settle()
    assert portal.city.dead() == []
    portal.tail.writer.close()
