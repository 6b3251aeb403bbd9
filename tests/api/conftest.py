"""The API of a city with a real engine, a real reader file and keys for every role."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import redis as redis_module
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dashboard.access import Access
from dashboard.access_keys import new_key
from dashboard.api import ApiContext, api
from dashboard.engine.clock import Mode
from dashboard.reader_process import Tail
from dashboard.roles import Role
from streams.reader import Reader
from streams.reader_writer import ReaderWriter
from tests.support.engines import TestCity

ADMIN_KEY = "a-key-from-the-settings"


@dataclass
class Door:
    """The API as clients meet it, and the city behind it."""

    city: TestCity
    context: ApiContext
    app: Flask
    tail: Tail
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    def get(self, path: str, role: str | None = "viewer", **more: Any) -> TestResponse:
        return self.client.get(f"/api/v1{path}", headers=self.headers(role) | more.pop("headers", {}), **more)

    def post(self, path: str, body: Any = None, role: str | None = "admin", **more: Any) -> TestResponse:
        given = {"json": body} if body is not None else more
        return self.client.post(f"/api/v1{path}", headers=self.headers(role), **given)

    def headers(self, role: str | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[role]}"} if role else {}

    def settle(self) -> None:
        """Let the engine take what waits, and the reader follow."""
        self.city.turn()
        self.city.turn()
        while self.tail.step():
            pass

    @contextmanager
    def running_engine(self) -> Iterator[None]:
        """Turns of the engine in a thread of its own, as in production."""
        stop = threading.Event()

        def turn() -> None:
            while not stop.is_set():
                self.city.engine.turn(block_ms=20)

        thread = threading.Thread(target=turn)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def open_door(client: redis_module.Redis, folder: Path, mode: Mode = Mode.LIVE) -> Door:
    city = TestCity(client, mode=mode)
    path = folder / "reader.sqlite"
    writer = ReaderWriter(path, city.keys.city)
    access = Access(client, city.keys, admin_key=ADMIN_KEY)
    reader = Reader(path, city.keys.city)
    context = ApiContext(client, city.keys, reader, access, sealer=city.sealer, zone=city.city.time_zone, now=city.wall)
    app = Flask("test")
    app.secret_key = "secret"
    app.register_blueprint(api(context))
    door = Door(city, context, app, Tail(client, city.keys, writer, "test"))
    door.keys = {role.value: new_key(client, city.keys, f"{role.value} one", role.value) for role in Role}
    return door


@pytest.fixture
def door(redis: redis_module.Redis, tmp_path: Path) -> Iterator[Door]:
    made = open_door(redis, tmp_path)
    yield made
    made.tail.writer.close()
