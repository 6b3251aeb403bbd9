"""A city with an Open311 server, as outside apps meet it: by test client, or over HTTP on loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import redis as redis_module
from defusedxml.ElementTree import fromstring
from flask import Flask
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from dashboard.access import Access
from dashboard.access_keys import new_key
from dashboard.api import ApiContext
from dashboard.engine.clock import Mode
from dashboard.open311.context import Open311, open311_of
from dashboard.open311.routes import PREFIX, open311
from dashboard.reader_process import Tail
from dashboard.roles import Role
from geo.gazetteer import Gazetteer, Place
from streams.reader import Reader
from streams.reader_writer import ReaderWriter
from tests.support.engines import NOON, TestCity

DRUM_TOWER = (39.9406, 116.3964)
STATION = (39.9042, 116.4274)
PLACES = (
    Place(
        id="landmark:drum-tower", kind="landmark", names={"en": "Drum Tower", "zh": "鼓楼"}, lat=39.9406, lng=116.3964
    ),
    Place(id="area:everywhere", kind="area", names={"en": "Everywhere"}, lat=39.9, lng=116.4, precision_m=40_000),
)
REPORT = {"service_code": "gas_smell", "lat": str(DRUM_TOWER[0]), "long": str(DRUM_TOWER[1])}
PERSONAL = {
    "description": "楼道里有煤气味 <b>& more</b>",
    "first_name": "Planted",
    "last_name": "Surname",
    "phone": "+86 10 5555 0199",
    "email": "planted@example.org",
    "address_string": "7 Planted Lane",
    "media_url": "https://example.org/planted.jpg",
}


@dataclass
class Portal:
    """The server and the city behind it, with a key for each role."""

    city: TestCity
    server: Open311
    app: Flask
    tail: Tail
    keys: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, role: str | None = None, **more: Any) -> TestResponse:
        return self.app.test_client().get(
            f"{PREFIX}/{path}", headers=self.headers(role) | more.pop("headers", {}), **more
        )

    def post(self, form: Any, role: str | None = "reporter", path: str = "requests.json", **more: Any) -> TestResponse:
        headers = self.headers(role) | more.pop("headers", {})
        return self.app.test_client().post(f"{PREFIX}/{path}", data=form, headers=headers, **more)

    def headers(self, role: str | None) -> dict[str, str]:
        return {"X-API-Key": self.keys[role]} if role else {}

    def file(self, role: str = "reporter", **said: Any) -> str:
        """A report that is taken; its number."""
        answer = self.post(REPORT | said, role)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        return str(answer.get_json()[0]["service_request_id"])

    def settle(self) -> None:
        """Let the engine take what waits, and the reader follow."""
        self.city.turn()
        self.city.turn()
        while self.tail.step():
            pass

    def ids(self, query: str = "", role: str | None = None) -> list[str]:
        answer = self.get(f"requests.json?{query}", role)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return [one["service_request_id"] for one in answer.get_json()]

    @contextmanager
    def over_http(self) -> Iterator[str]:
        """Its address on loopback, with trailing slash."""
        server = make_server("127.0.0.1", 0, self.app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{PREFIX}/"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    @contextmanager
    def running_engine(self) -> Iterator[None]:
        """Turns of the engine and of the reader in a thread of their own, as in production."""
        stop = threading.Event()

        def turn() -> None:
            while not stop.is_set():
                self.city.wall.pass_(seconds=0.05)
                self.city.engine.turn(block_ms=20)

        thread = threading.Thread(target=turn)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def open_portal(
    client: redis_module.Redis,
    folder: Path,
    city_id: str = "beijing",
    mode: Mode = Mode.LIVE,
    at: datetime = NOON,
    **more: Any,
) -> Portal:
    city = TestCity(client, city_id, mode, at)
    path = folder / f"reader-{city_id}.sqlite"
    writer = ReaderWriter(path, city.keys.city)
    gazetteer = Gazetteer(PLACES)
    api = ApiContext(
        client,
        city.keys,
        Reader(path, city.keys.city),
        Access(client, city.keys),
        now=city.wall,
        gazetteer=lambda: gazetteer,
    )
    server = open311_of(api, city.city, **more)
    # What the door knows of the backlog is looked at anew each time: tests do not wait.
    server = replace(server, door=type(server.door)(replace(api, monotonic=iter(range(1 << 40)).__next__)))
    app = Flask("open311-test")
    app.register_blueprint(open311(server))
    portal = Portal(city, server, app, Tail(client, city.keys, writer, "test"))
    portal.keys = {role.value: new_key(client, city.keys, f"{role.value} one", role.value) for role in Role}
    portal.settle()
    return portal


def tree(answer: TestResponse) -> ElementTree.Element:
    assert answer.content_type == "application/xml; charset=utf-8"
    found: ElementTree.Element = fromstring(answer.data)
    return found


def as_json(element: ElementTree.Element, lists: tuple[str, ...] = ()) -> Any:
    """What XML says, as the JSON of the same answer has it, with texts for everything."""
    children = list(element)
    if element.tag in ("services", "service_requests", "attributes", "values", "errors"):
        return [as_json(child) for child in children]
    if children:
        return {child.tag: as_json(child) for child in children}
    return element.text or ""


def texts(value: Any) -> Any:
    """JSON with every value as XML would write it."""
    if isinstance(value, dict):
        return {name: texts(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [texts(inner) for inner in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
