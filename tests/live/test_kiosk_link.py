"""A screen's own link: `/wall?kiosk=KEY` signs a screen in, and only the least role may stand in an address."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.live.conftest import LiveCity


@pytest.fixture
def screen(live_city: LiveCity) -> Iterator[httpx.Client]:
    """A browser that knows no key, before a wall that is not open."""
    with httpx.Client(base_url=f"http://127.0.0.1:{live_city.system.port}", timeout=30) as client:
        yield client


def key_of(live_city: LiveCity, role: str) -> str:
    return live_city.key(role)["X-API-Key"]


def test_without_a_key_the_wall_asks_to_sign_in(screen: httpx.Client) -> None:
    assert screen.get("/wall").status_code == 302


def test_a_link_with_a_kiosk_key_opens_the_wall_and_its_picture(screen: httpx.Client, live_city: LiveCity) -> None:
    assert screen.get("/wall", params={"kiosk": key_of(live_city, "kiosk"), "scenes": "map"}).status_code == 200
    assert screen.get("/live/snapshot", params={"topics": "clock"}).status_code == 200
    assert screen.get("/wall").status_code == 200, "the session goes on without the key in the address"


@pytest.mark.parametrize("role", ["admin", "leader", "dispatcher", "hotline", "viewer"])
def test_no_other_role_may_stand_in_an_address(screen: httpx.Client, live_city: LiveCity, role: str) -> None:
    assert screen.get("/wall", params={"kiosk": key_of(live_city, role)}).status_code == 302


@pytest.mark.parametrize("key", ["", "hx_wrong", "x" * 900])
def test_a_wrong_key_is_no_key(screen: httpx.Client, key: str) -> None:
    assert screen.get("/wall", params={"kiosk": key}).status_code == 302
