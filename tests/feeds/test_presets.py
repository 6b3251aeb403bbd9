"""Presets: what ships loads, what is wrong says where and what is needed, and every key is documented."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.feeds.preset import FIELDS, Preset, PresetError, Target, load_preset, normal, presets
from tests.feeds.builders import CASES, preset_from

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", presets())
def test_a_shipped_preset_loads_and_names_a_city_that_exists(name: str) -> None:
    preset = load_preset(name)
    assert preset.source == name
    assert (ROOT / "geo" / "cities" / f"{preset.city}.toml").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "city: is needed"),
        (CASES.replace('"springfield"', '"Spring field"'), "city: 'Spring field' is no city id"),
        (CASES.replace("America/New_York", "Mars/Olympus"), "zone: 'Mars/Olympus' is unknown; needs a name such as"),
        (CASES.replace('received = "opened"\n', ""), "columns.received: is needed"),
        (CASES.replace('id = "id"\n', ""), "columns.id: is needed, or `id_from`"),
        (CASES.replace("category =", "categroy ="), "columns.categroy: is no field of record 'case'; it has id, rec"),
        (
            CASES.replace('received = "opened"', "received = 3"),
            "columns.received: needs the name of a column, or a list",
        ),
        ('colour = "red"\n' + CASES, "colour: is no key that a preset has"),
        ('record = "person"\n' + CASES, "record: Invalid enum value 'person'"),
        ('encoding = "utf-16"\n' + CASES, "encoding: 'utf-16': needs one that contains ASCII"),
        ('delimiter = ";;"\n' + CASES, "delimiter: needs one character"),
        ("time_formats = []\n" + CASES, "time_formats: needs at least one"),
        ("expires_after_h = -1\n" + CASES, "expires_after_h: needs hours above 0"),
        (CASES + '[values.received]\na = "b"', "values.received: times, places and ids are taken as they are"),
        (CASES + '[values.channel]\n"a" = [1]', "values.channel.a: needs a word or a number"),
        ('values = "none"\n' + CASES, "values: needs a table"),
        (CASES + "[target]\nmax_dayz = 3", "target.max_dayz: is no key that a preset has"),
        (CASES.replace("[columns]", "[columns"), "is not TOML"),
        ('extends = "nowhere"\n' + CASES, "preset nowhere: unknown; known are"),
        ('extends = "springfield"\n' + CASES, "extends: leads back to itself"),
    ],
)
def test_a_mistake_names_the_file_the_key_and_what_is_needed(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(PresetError) as refusal:
        preset_from(tmp_path, text)
    assert said in str(refusal.value)
    assert "springfield.toml" in str(refusal.value) or "nowhere" in said


def test_priorities_are_one_two_or_three(tmp_path: Path) -> None:
    incident = 'record = "incident"\n' + CASES.replace('target = "due"\n', "").replace("category", "agency")
    incident = incident.replace('channel = "channel"', 'priority = "channel"')
    assert preset_from(tmp_path, incident + '[values.priority]\n"E" = 3').values["priority"]["E"] == 3
    with pytest.raises(PresetError, match=r"values\.priority\.E: a priority is 1 \(gravest\), 2 or 3"):
        preset_from(tmp_path, incident + '[values.priority]\n"E" = 4')


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(PresetError, match=r"preset atlantis: unknown; known are .*boston-311.*or give the path"):
        load_preset("atlantis")


def test_a_preset_that_extends_another_takes_what_it_does_not_say(tmp_path: Path) -> None:
    child = preset_from(tmp_path, 'extends = "nyc-311"\nabsent = ["nil"]\n[values.channel]\nFAX = "fax"', "child")
    parent = load_preset("nyc-311")
    assert child.columns == parent.columns
    assert child.absent == {"nil"}
    assert child.values["channel"] == parent.values["channel"] | {"FAX": "fax"}
    assert (child.name, child.source) == ("child", "child")


@pytest.mark.parametrize("name", ["Created Date", "created_date", " CREATED  DATE ", "\ufeffcreated-date"])
def test_header_styles_are_one_name(name: str) -> None:
    assert normal(name) == "created_date"


def test_every_key_and_field_is_documented() -> None:
    documented = (ROOT / "docs" / "feeds.md").read_text(encoding="utf-8")
    keys = {*Preset.__struct_fields__, "extends"} - {"values", "defaults", "target"}
    keys |= {"values.<field>", "defaults.<field>", *(f"target.{key}" for key in Target.__struct_fields__)}
    fields = {field for group in FIELDS.values() for field in group}
    assert not [word for word in sorted(keys | fields) if f"`{word}`" not in documented]
    assert not [name for name in presets() if f"`{name}`" not in documented]


def test_the_preset_in_the_documentation_works(tmp_path: Path) -> None:
    documented = (ROOT / "docs" / "feeds.md").read_text(encoding="utf-8")
    preset = preset_from(tmp_path, documented.partition("```toml\n")[2].partition("```")[0])
    assert preset.columns["received"] == ("Opened", "Open Date")
