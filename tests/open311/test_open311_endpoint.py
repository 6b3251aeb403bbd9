"""What people write about an endpoint: read, refused with the key and what is needed, and documented."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import redis as redis_module
from click.testing import CliRunner

from dashboard.cli.open311 import open311
from streams.feeds.open311.endpoint import Endpoint, base_url, endpoint_presets, load_endpoint
from streams.feeds.preset import PresetError
from streams.keys import Keys
from tests.open311.servers import City, Reply, record, serving
from tests.support.engines import TestCity
from tests.support.redis_server import RedisServer

ROOT = Path(__file__).resolve().parents[2]
URL = "https://city.example/open311/v2"


@pytest.mark.parametrize("given", [URL, f"{URL}/", f"{URL}/requests.json?page=2", f"{URL}/services.xml"])
def test_the_address_of_a_resource_serves_as_well(given: str) -> None:
    assert base_url(given) == URL
    assert load_endpoint(url=given).url == URL


def test_wishes_go_before_the_preset_and_the_citys_zone_behind_it(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f'url = "{URL}"\nzone = "Asia/Tokyo"\ndays = 7\n[values.category]\n"006" = "roads"\n')
    endpoint = load_endpoint(file, zone="America/New_York", days=3, source=None)
    assert (endpoint.zone, endpoint.days, endpoint.source) == ("Asia/Tokyo", 3, "open311")
    assert endpoint.values["category"] == {"006": "roads"}
    assert load_endpoint(url=URL, zone="America/New_York").zone == "America/New_York"
    for name in endpoint_presets():
        assert load_endpoint(name, url=URL)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('url = "ftp://x"', "url: 'ftp://x': needs an address"),
        ('url = "http://me:secret@x/v2"', "url"),
        ("", "url: ''"),
        (f'url = "{URL}"\nsource = "My City"', "source: 'My City'"),
        (f'url = "{URL}"\nzone = "Mars/Base"', "zone: 'Mars/Base'"),
        (f'url = "{URL}"\nevery_s = 0', "every_s: needs a number from 1"),
        (f'url = "{URL}"\nlimit = 1e99', "limit"),
        (f'url = "{URL}"\nformat = "csv"', "format"),
        (f'url = "{URL}"\ncolour = "red"', "colour"),
        (f'url = "{URL}"\n[values.area]\na = "b"', "values.area: is not known"),
        (f'url = "{URL}"\n[values.status]\na = "b"', 'values.status.a: "open" or "closed"'),
        (f'url = "{URL}"\n[defaults]\nlat = "1"', "defaults.lat"),
        (f'url = "{URL}"\ntime_formats = []', "time_formats"),
        ("url = [", "is not TOML"),
    ],
)
def test_a_mistake_in_a_preset_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(text)
    with pytest.raises(PresetError, match=re.escape(complaint)) as caught:
        load_endpoint(file)
    assert "wrong.toml" in str(caught.value)


def test_unknown_and_absent_presets_are_said(tmp_path: Path) -> None:
    with pytest.raises(PresetError, match="unknown; known are simulation"):
        load_endpoint("nowhere", url=URL)
    with pytest.raises(PresetError, match="cannot be read"):
        load_endpoint(tmp_path / "none.toml", url=URL)


# the command


def run(redis_server: RedisServer, *words: str) -> Any:
    env = {"HEXWATCH_REDIS_URL": redis_server.url, "HEXWATCH_CITY": "boston", "HEXWATCH_LOG_LEVEL": "error"}
    return CliRunner().invoke(open311, words, env=env)


def test_one_pass_by_hand_says_what_it_saw(redis_server: RedisServer, redis: redis_module.Redis) -> None:
    TestCity(redis, "boston").turn()
    key = Path(redis_server.folder / "key")
    key.write_text("secret\n")
    with serving(City([record(1)])) as server:
        said = run(redis_server, server.url, "--once", "--days", "4000", "--api-key-file", str(key))
        assert said.exit_code == 1, "4000 days are refused"
        assert "days: needs a number" in said.output
        said = run(redis_server, server.url, "--once", "--days", "3000", "--api-key-file", str(key))
        assert server.asked[0][1] == {"api_key": "secret"}
    assert said.exit_code == 0, said.output
    assert "events           1 new" in said.output
    assert "secret" not in said.output
    assert redis.exists(Keys("boston").cursor("open311"))


def test_an_endpoint_that_does_not_answer_is_an_error_of_one_pass(
    redis_server: RedisServer, redis: redis_module.Redis
) -> None:
    TestCity(redis, "boston").turn()
    with serving(lambda *_: Reply(b"", 503)) as server:
        said = run(redis_server, server.url, "--once")
    assert said.exit_code == 1
    assert "HTTP 503" in said.output
    redis.flushall()
    assert "no engine has run yet" in run(redis_server, URL, "--once").output


# documents


def test_every_key_and_option_is_documented_and_none_that_is_gone() -> None:
    section = (ROOT / "docs" / "feeds.md").read_text(encoding="utf-8").partition("## Open311")[2].partition("\n## ")[0]
    cells = " ".join(re.findall(r"^\| (`.+?) \|", section, re.M))
    keys = {key.partition(".")[0] for key in re.findall(r"`([\w.]+)", cells)}
    assert keys == set(Endpoint.__struct_fields__)
    options = {option for parameter in open311.params for option in parameter.opts if option.startswith("--")}
    assert set(re.findall(r"(?<![-|])--[a-z][a-z-]+", section)) == options
