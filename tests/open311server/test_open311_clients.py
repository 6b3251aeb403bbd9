"""Clients that others wrote, and our own, against this server over HTTP."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis as redis_module
from georeport import GeoReport

from streams.codec import decode_envelope
from streams.keys import Keys
from tests.open311.builders import KEYS, Clock, Feed
from tests.open311server.portal import DRUM_TOWER, REPORT, STATION, Portal, open_portal

NODE_CLIENT = "open311@0.0.12"
# The client asks for two XML parsers whose packages can no longer be had; they are not used for JSON.
PACKAGE = {
    "name": "try",
    "private": True,
    "dependencies": {"open311": "0.0.12"},
    "overrides": {"sparkxml": "file:./none", "xml2json": "file:./none"},
}
NODE_SCRIPT = """
const Open311 = require('open311');
const [endpoint, apiKey, where] = process.argv.slice(2);
const city = new Open311({endpoint, apiKey, jurisdiction: 'beijing'});
const [lat, long] = JSON.parse(where);
const report = {service_code: 'gas_smell', lat, long, description: 'by node', attributes: {WHERE: 'street'}};
const said = {};
const steps = [
  ['services', next => city.serviceList(next)],
  ['definition', next => city.serviceDefinition('gas_smell', next)],
  ['filed', next => city.submitRequest(report, next)],
  ['token', next => city.token(said.filed[0].service_request_id, next)],
  ['one', next => city.serviceRequests(said.filed[0].service_request_id, {}, next)],
  ['many', next => city.serviceRequests({status: 'open'}, next)],
];
function go() {
  const step = steps.shift();
  if (!step) return console.log(JSON.stringify(said));
  step[1]((error, data) => {
    said[error ? 'error' : step[0]] = data;
    if (error) steps.length = 0;
    go();
  });
}
go();
"""


def busy(portal: Portal) -> None:
    portal.city.case("c1", DRUM_TOWER, category="noise", text="words")
    portal.city.case("c2", STATION, category="gas_smell")
    portal.city.case("c3", None, category="dust")
    portal.city.turn()
    portal.city.post("case.closed", case_id="c3")
    portal.settle()


@pytest.mark.parametrize("form", ["json", "xml"])
def test_the_python_client_reads_services_definitions_and_requests(portal: Portal, form: str) -> None:
    busy(portal)
    with portal.over_http() as url:
        client = GeoReport(url, jurisdiction="beijing", output_format=form)
        services = {one["service_code"]: one["service_name"] for one in client.get_service_list()}
        assert services["gas_smell"] == "Gas smell"
        assert client.get_service_definition("gas_smell")["service_code"] == "gas_smell"
        assert {one["service_request_id"] for one in client.get_service_requests()} == {"c1", "c2", "c3"}
        open_ones = client.get_service_requests(status="open", service_code="noise,gas_smell,dust")
        assert {one["service_request_id"] for one in open_ones} == {"c1", "c2"}
        named = client.get_service_requests(service_request_id="c3,c1")
        assert [one["status"] for one in named] == ["closed", "open"]
        one = client.get_service_request("c2")
        assert (one["service_code"], one["status"]) == ("gas_smell", "open")
        assert abs(float(one["lat"]) - STATION[0]) < 0.003


@pytest.mark.thorough
def test_the_node_client_reads_and_files(portal: Portal, tmp_path: Path) -> None:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("npm or node is not installed here")
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "package.json").write_text('{"name": "none", "version": "0.0.0", "main": "index.js"}')
    (tmp_path / "none" / "index.js").write_text("module.exports = {};")
    (tmp_path / "package.json").write_text(json.dumps(PACKAGE))
    (tmp_path / "try.js").write_text(NODE_SCRIPT)
    words = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund"]
    got = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    if got.returncode:
        pytest.skip(f"npm could not get {NODE_CLIENT}: {got.stderr.strip().splitlines()[-1:]}")
    busy(portal)
    with portal.running_engine(), portal.over_http() as url:
        key, where = portal.keys["reporter"], json.dumps(STATION)
        ran = subprocess.run(
            [node, "try.js", url, key, where], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
        )
    said: dict[str, Any] = json.loads(ran.stdout)
    assert "error" not in said, said
    assert "gas_smell" in {one["service_code"] for one in said["services"]}
    assert said["definition"]["attributes"][0]["code"] == "WHERE"
    number = said["filed"][0]["service_request_id"]
    assert said["token"][0]["service_request_id"] == said["one"][0]["service_request_id"] == number
    assert {"c1", "c2"} <= {one["service_request_id"] for one in said["many"]}


# our own client


def inbox(client: redis_module.Redis, keys: Keys) -> dict[str, list[Any]]:
    """Case -> what was told of it to another city, without what the feed says of itself."""
    entries: Any = client.xrange(keys.inbox)
    told: dict[str, list[Any]] = {}
    for _, fields in entries:
        event = decode_envelope(fields[b"e"])
        if event.type.startswith("case."):
            told.setdefault(str(event.data["case_id"]), []).append(event)
    return told


@pytest.mark.parametrize("form", ["json", "xml"])
def test_our_own_feed_reads_this_server_into_another_city(redis: redis_module.Redis, tmp_path: Path, form: str) -> None:
    """The round trip: what strangers may see of the cases here is what another city is told, with every change."""
    portal = open_portal(redis, tmp_path, at=datetime.now(UTC) - timedelta(minutes=10))
    busy(portal)
    filed = portal.post(REPORT).get_json()[0]["service_request_id"]
    portal.settle()
    with portal.over_http() as url:
        clock = Clock(portal.city.wall.at)
        said = {"format": form, "category_from": "code", "page_size": 2, "overlap_s": 3600}
        feed = Feed(portal.city.client, url.rstrip("/"), clock, **said)
        assert feed.once().outcome == "done"
        portal.city.post("case.closed", case_id="c1")
        portal.city.wall.pass_(minutes=5)
        portal.settle()
        clock.at = portal.city.wall.at + timedelta(seconds=5)
        assert feed.once().outcome == "done"
        assert feed.once().outcome == "done"
    told = inbox(portal.city.client, KEYS)
    assert {name: [event.type for event in events] for name, events in told.items()} == {
        "c1": ["case.received", "case.closed"],
        "c2": ["case.received"],
        "c3": ["case.received", "case.closed"],
        filed: ["case.received"],
    }
    here = {one["service_request_id"]: one for one in portal.get("requests.json").get_json()}
    for name, (received, *_) in told.items():
        assert received.data["category"] == here[name]["service_code"]
        assert (received.data.get("lat"), received.data.get("lng")) == (here[name]["lat"], here[name]["long"])
        assert not {"text", "phone", "address"} & received.data.keys()
    portal.tail.writer.close()
