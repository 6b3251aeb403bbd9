"""Similar cases, clusters, situations and matters over HTTP; the process that looks for them is turned by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis as redis_module
from flask import Flask

from dashboard.api import api
from dashboard.similar.file import SimilarFile, SimilarReader
from dashboard.similar.process import Follower
from hotline.similar.index import SimilarIndex
from tests.api.conftest import Door, open_door
from tests.support.engines import CORNER

WORDS = {
    "g1": "There is a strong smell of gas in our stairwell",
    "g2": "The whole staircase smells of gas, it gets worse upstairs",
    "g3": "I smell gas in the hallway, my neighbour feels dizzy",
    "n1": "No gas smell here, everything is normal",
}


class Keeper:
    """The door of a city, and its process of similar cases."""

    def __init__(self, door: Door, path: Path):
        self.door, self.path = door, path
        door.context = replace(door.context, similar=SimilarReader(path, door.city.keys.city))
        app = Flask("similar")
        app.secret_key = "secret"
        app.register_blueprint(api(door.context))
        door.app = app

    def begin(self) -> None:
        """A process starts: the file is made anew."""
        self.file = SimilarFile(self.path, self.door.city.keys.city)
        self.follower = Follower(self.door.city.client, self.door.city.keys, self.file, SimilarIndex())
        self.follower.start()
        self.settle()

    def settle(self) -> None:
        self.door.settle()
        while self.follower.step():
            pass

    def get(self, path: str, role: str = "hotline") -> Any:
        answer = self.door.get(path, role)
        assert answer.status_code == 200, answer.get_json()
        return answer.get_json()

    def ask(self, verb: str, **args: Any) -> None:
        self.door.city.ask(verb, **args)
        self.settle()


@pytest.fixture
def keeper(redis: redis_module.Redis, tmp_path: Path) -> Iterator[Keeper]:
    door = open_door(redis, tmp_path)
    for number, (case_id, words) in enumerate(WORDS.items()):
        place = (CORNER[0] + number * 0.0003, CORNER[1])
        door.city.case(case_id, where=place, category="gas_smell", language="en", text=words)
    door.city.case("far", where=(CORNER[0] + 0.02, CORNER[1]), category="gas_smell", text=WORDS["g1"])
    door.settle()
    made = Keeper(door, tmp_path / "similar.sqlite3")
    yield made
    door.tail.writer.close()


def ids(rows: list[dict[str, Any]]) -> set[str]:
    return {row["case_id"] for row in rows}


def test_what_may_be_the_same_stands_beside_its_evidence(keeper: Keeper) -> None:
    keeper.begin()
    body = keeper.get("/cases/g1/similar")
    assert ids(body["similar"]) == {"g2", "g3"}
    assert ids(body["held_back"]) == {"n1"}
    assert body["held_back"][0]["guard"] == "opposite"
    assert body["cluster"]["case_ids"] == ["g1", "g2", "g3"]
    assert body["behind"] == 0
    first = body["similar"][0]
    assert first["distance_m"] <= 70
    assert {"same_category", "same_hour"} <= set(first["why"])
    assert first["status"] == "open"
    assert not any(words in str(body) for words in WORDS.values())


def test_clusters_follow_what_happens_to_their_cases(keeper: Keeper) -> None:
    keeper.begin()
    keeper.door.city.case("g4", category="gas_smell", text="Gas smell in the stairwell, please send somebody")
    keeper.settle()
    (cluster,) = keeper.get("/similar/clusters")["clusters"]
    assert (cluster["n"], cluster["category"], cluster["status"]) == (4, "gas_smell", "open")
    keeper.ask("close_case", case_id="g2", reason="x")
    assert keeper.get("/similar/clusters")["clusters"][0]["case_ids"] == ["g1", "g3", "g4"]
    keeper.ask("merge_cases", case_id="g3", into="g1", reason="the same leak")
    assert keeper.get("/similar/clusters")["clusters"][0]["case_ids"] == ["g1", "g4"]
    keeper.ask("open_situation", situation_id="s1", title="Gas", case_ids=["g1", "g4"])
    (cluster,) = keeper.get("/similar/clusters")["clusters"]
    assert (cluster["status"], cluster["situation_id"]) == ("situation", "s1")
    keeper.ask("unmerge_case", case_id="g3", reason="another one")
    assert keeper.get("/similar/clusters")["clusters"][0]["n"] == 3
    assert keeper.get("/similar/clusters?least=4") | {"seq": 0} == {"clusters": [], "total": 0, "seq": 0, "behind": 0}


def test_two_cases_that_a_person_took_apart_are_not_proposed_again(keeper: Keeper) -> None:
    keeper.begin()

    def said_of(case_id: str) -> tuple[set[str], dict[str, str]]:
        body = keeper.get(f"/cases/{case_id}/similar")
        return ids(body["similar"]), {row["case_id"]: row["guard"] for row in body["held_back"]}

    keeper.ask("merge_cases", case_id="g3", into="g1")
    keeper.ask("undo")
    assert "g1" in said_of("g3")[0]  # nobody said that they are two
    keeper.ask("merge_cases", case_id="g3", into="g1")
    keeper.ask("unmerge_case", case_id="g3", reason="another stairwell")
    for case_id, other in (("g3", "g1"), ("g1", "g3")):
        similar, held_back = said_of(case_id)
        assert "g2" in similar
        assert other not in similar
        assert held_back[other] == "apart"
    keeper.file.close()
    keeper.begin()  # another process: the cases themselves remember
    assert said_of("g1")[1]["g3"] == "apart"
    keeper.ask("merge_cases", case_id="g3", into="g1")
    assert "g3" in said_of("g1")[0]


def test_a_file_that_was_lost_is_made_again_and_says_the_same(keeper: Keeper) -> None:
    keeper.begin()
    keeper.door.city.case("g4", category="gas_smell", text=WORDS["g1"])
    keeper.settle()
    before = keeper.get("/cases/g1/similar"), keeper.get("/similar/clusters")
    assert keeper.follower.file.db.execute("SELECT count(*) FROM similar_open").fetchone() == (4,)
    assert set(SimilarReader(keeper.path, "boston").similar_ids()) == {"g1", "g2", "g3", "g4"}
    keeper.file.close()
    keeper.path.unlink()
    assert keeper.door.get("/cases/g1/similar", "hotline").status_code == 503
    keeper.begin()
    assert (keeper.get("/cases/g1/similar"), keeper.get("/similar/clusters")) == before


def test_no_words_are_in_the_file_and_erased_ones_in_no_comparison(keeper: Keeper) -> None:
    keeper.begin()
    keeper.file.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"stairwell" not in keeper.path.read_bytes()
    keeper.ask("erase", subject="case:g2")
    found = {row["case_id"]: row for row in keeper.get("/cases/g2/similar")["similar"]}
    assert all(row["text_similarity"] is None for row in found.values())


def test_who_may_not_read_cases_sees_nothing_of_all_this(keeper: Keeper) -> None:
    for path in ("/cases/g1/similar", "/similar/clusters", "/situations", "/situations/s1", "/matters"):
        assert keeper.door.get(path, "kiosk").status_code == 403
    assert keeper.door.get("/cases/g1/similar", "hotline").status_code == 503  # no process has begun
    assert keeper.door.get("/cases/none/similar", "hotline").status_code == 404


def test_situations_are_read_with_their_reasons(keeper: Keeper) -> None:
    city = keeper.door.city
    city.ask("open_situation", situation_id="s1", title="Gas", case_ids=["g1", "g2"], reason="two at once")
    city.ask("offer_situation", situation_id="s1")
    city.ask("decline_situation", actor="bob", situation_id="s1", reason="planned works")
    keeper.door.settle()
    (shown,) = keeper.get("/situations", "viewer")["situations"]
    assert (shown["state"], shown["n"], shown["reason"]) == ("declined", 2, "two at once")
    assert keeper.get("/situations/s1")["decline_reason"] == "planned works"
    assert keeper.door.get("/situations/none", "viewer").status_code == 404


def test_a_case_is_offered_the_matters_that_fit_it_in_its_language(keeper: Keeper) -> None:
    city = keeper.door.city
    said = {"en": "The gas company is on its way.", "zh": "燃气公司已在路上。"}
    until = city.wall.at + timedelta(hours=1)
    city.ask("publish_matter", matter_id="m1", what="Gas smell", category="gas_smell", until=until, scripts=said)
    city.ask("publish_matter", matter_id="m2", what="Water cut", category="water", until=until)
    keeper.door.settle()
    body = keeper.get("/matters?case=g1")
    assert body["n"] == 1
    (offered,) = body["matters"]
    assert (offered["matter_id"], offered["script_language"], offered["script"]) == ("m1", "en", said["en"])
    assert offered["why"] == ["same_category", "similar_words", "whole_city"]
    assert keeper.get("/matters?case=g1", "viewer")["matters"][0]["text_similarity"] is None
    assert keeper.get("/matters?case=n1")["matters"] == []
    assert [m["matter_id"] for m in keeper.get("/matters")["matters"]] == ["m1", "m2"]
    city.wall.pass_(hours=2)
    keeper.door.settle()
    assert keeper.get("/matters")["matters"] == []
    assert len(keeper.get("/matters?all=1")["matters"]) == 2
