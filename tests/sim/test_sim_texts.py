"""What simulated callers say: complete in ten languages, in their scripts, filled in, invented, and fast."""

from __future__ import annotations

import re
import shutil
from datetime import datetime
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.cities import load_city
from streams.sim.texts import FOLDER, NUISANCE_PHONE, Caller, Voice, Words, _voice
from tests.support.cost import least_cpu_s

LANGUAGES = ("zh", "en", "ko", "ja", "de", "fr", "ru", "es", "ar", "pt")
CATALOGUE = load_city("beijing").load_catalogue()
CATEGORIES = tuple(CATALOGUE.categories)
KINDS = ("complaint", "enquiry", "suggestion", "praise")
OFTEN = (
    *("gas_smell", "smoke", "collapse", "flooding", "trees", "street_lights", "noise", "heating", "power_supply"),
    *("parking", "consumer_dispute", "public_transport", "visa_residence", "healthcare", "tourism", "other"),
)
ALARMS = ("gas_smell", "smoke", "collapse", "flooding", "noise", "street_lights", "other")
VOICES: dict[str, Voice] = {lang: _voice(FOLDER / f"{lang}.toml") for lang in LANGUAGES}
LATIN = r"A-Za-zÀ-ÖØ-öø-ÿŒœ"
MARKS = r"\s0-9.,:;!?()«»“”’'\-–"
# Placeholders are taken out first; kiosks, apps and names of streets stay in Latin letters everywhere.
SCRIPTS = {
    "zh": r"[\u4e00-\u9fff0-9，。？！、；：（）“” ]+",
    "ja": r"[\u4e00-\u9fff\u3040-\u30ff0-9，。、？！：（）「」 ]+",
    "ko": rf"[\uac00-\ud7a3{MARKS}]+",
    "ru": rf"[А-Яа-яЁё{MARKS}]+",
    "ar": rf"[\u0621-\u0652\u0670،؛؟{MARKS}]+",
} | dict.fromkeys(("en", "de", "fr", "es", "pt"), rf"[{LATIN}{MARKS}¿¡]+")
# An opposite says that something is not, or is over: one of these words is in every such sentence.
NOT = {
    "zh": "没|不|已经|修好|清走|散了|误会|停了|退|错了|来电了",
    "en": "no |No |not|Nothing|nothing|nobody|stopped|gone|solved|again|back",
    "ko": "안 |없|아니|멈췄|괜찮|해결",
    "ja": "ません|ありません|ではなく|大丈夫|止まり|引きました|直り|解決|なし",
    "de": "nicht|kein|nichts|aufgehört|abgelaufen|gelöst",
    "fr": "n’|Pas|ne |plus|Rien|cessé|réglé",
    "ru": "не |нет|больше|Ничего|ушла|прекратился|решён",
    "es": "no |No |ya |Ya |resuelto",
    "ar": "لم |لا |بل |توقف|انحسرت|حُلّت|عادت",
    "pt": "não|Não|parou|baixou|voltaram|resolvido",
}


@pytest.fixture(scope="module")
def words() -> Words:
    return Words.load(CATALOGUE)


# ---- what the files hold


def test_ten_languages_are_spoken(words: Words) -> None:
    assert set(words.languages) == set(LANGUAGES)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_frequent_and_the_grave_categories_have_three_sentences_each(lang: str) -> None:
    texts = VOICES[lang].texts
    assert [c for c in OFTEN if len(texts.get(c, ())) < 3] == []
    assert set(texts) <= set(CATEGORIES), "only categories that exist"
    assert set(VOICES[lang].opposites) <= set(CATEGORIES)


@pytest.mark.parametrize(("lang", "least"), [("zh", 4), ("en", 2)])
def test_chinese_and_english_have_words_for_every_category(lang: str, least: int) -> None:
    assert {
        c: len(VOICES[lang].texts.get(c, ())) for c in CATEGORIES if len(VOICES[lang].texts.get(c, ())) < least
    } == {}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_sentence_stands_twice(lang: str) -> None:
    lines = [line for _, line in VOICES[lang].lines()]
    assert sorted(line for line in set(lines) if lines.count(line) > 1) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_sentences_are_written_in_the_script_of_their_language(lang: str) -> None:
    said = [(key, re.sub(r"\{\w+\}", "", line)) for key, line in VOICES[lang].lines()]
    assert [pair for pair in said if pair[1].strip() and not re.fullmatch(SCRIPTS[lang], pair[1])] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_sentences_are_short(lang: str) -> None:
    longest = 60 if lang in {"zh", "ja", "ko"} else 110
    lines = [line for key, line in VOICES[lang].lines() if key not in {"names", "addresses", "landmarks"}]
    assert [line for line in lines if not 5 <= len(line) <= longest] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_house_number_is_never_given_without_its_street(lang: str) -> None:
    lines = [line for _, line in VOICES[lang].lines()]
    assert [line for line in lines if "{number}" in line and "{street}" not in line] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_opposite_is_marked_as_such_and_denies(lang: str) -> None:
    voice = VOICES[lang]
    assert set(ALARMS) <= set(voice.opposites)
    alarms = {line for group in voice.texts.values() for line in group}
    denials = {line for group in voice.opposites.values() for line in group}
    assert alarms & denials == set()
    assert [line for line in denials if not re.search(NOT[lang], line)] == []


def test_invented_streets_are_there_for_every_district_and_written_both_ways() -> None:
    streets = Words.load()._streets
    assert set(streets) == set(CATALOGUE.areas) | {""}
    every = [street for group in streets.values() for street in group]
    assert len({s.stem + s.ending for s in every}) == len({(s.latin_stem, s.latin_ending) for s in every}) == len(every)
    assert all(re.fullmatch(r"[\u4e00-\u9fff]{3,4}", s.stem + s.ending) for s in every)
    assert all(re.fullmatch(r"[A-Z][a-z’]+ [A-Z][a-z]+", f"{s.latin_stem} {s.latin_ending}") for s in every)
    endings = {(s.ending, s.latin_ending) for s in every}
    assert endings == {("路", "Lu"), ("街", "Jie"), ("大街", "Dajie"), ("巷", "Xiang"), ("胡同", "Hutong")}


# ---- speaking


@given(
    seed=st.integers(),
    category=st.sampled_from((*CATEGORIES, "something_new")),
    lang=st.sampled_from((*LANGUAGES, "", "xx")),
    kind=st.sampled_from(KINDS),
    opposite=st.booleans(),
    at=st.none() | st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),
)
def test_what_is_said_is_filled_in_and_can_be_said_again(
    seed: int, category: str, lang: str, kind: str, opposite: bool, at: datetime | None
) -> None:
    said = [SHARED.text_for(Random(seed), category, lang, opposite=opposite, kind=kind, at=at) for _ in range(2)]
    assert said[0] == said[1]
    assert said[0]
    assert not re.search(r"[{}]|  | $|^ ", said[0])
    if at is None:
        assert not re.search(r"\d\d:\d\d", said[0])


SHARED = Words.load(CATALOGUE)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_opposite_is_never_one_of_the_alarms(words: Words, lang: str) -> None:
    def patterns(lines: tuple[str, ...]) -> str:
        return "|".join(re.sub(r"\\{\w+\\}", ".+?", re.escape(line)) for line in lines)

    alarm = patterns(VOICES[lang].texts["gas_smell"])
    for seed in range(50):
        assert re.fullmatch(alarm, words.text_for(Random(seed), "gas_smell", lang))
        assert not re.fullmatch(alarm, words.text_for(Random(seed), "gas_smell", lang, opposite=True))


def test_a_category_without_words_in_a_language_gets_words_that_fit_any(words: Words) -> None:
    said = {words.text_for(Random(seed), "elevators", "ru", spot=words.spot_for(Random(1), "")) for seed in range(40)}
    assert len(said) == len(VOICES["ru"].general)
    assert not any("кошелёк" in text for text in said), "a lost purse is no matter of lifts"


def test_enquiries_thanks_and_ideas_name_their_subject(words: Words) -> None:
    for lang in LANGUAGES:
        for kind in ("suggestion", "praise"):
            said = {words.text_for(Random(seed), "elevators", lang, kind=kind) for seed in range(20)}
            assert any(CATALOGUE.name_of("category", "elevators", lang) in text for text in said)
    asked = {words.text_for(Random(seed), "visa_residence", "de", kind="enquiry") for seed in range(60)}
    assert all(text.endswith("?") for text in asked)
    assert any("Visum und Aufenthalt" in text for text in asked)
    assert any("Familienvisum" in text for text in asked), "its own questions too"


def test_a_time_that_is_mentioned_lies_shortly_before_the_call(words: Words) -> None:
    at = datetime(2026, 3, 4, 0, 20)
    times = {
        found
        for seed in range(300)
        for found in re.findall(r"\d\d:\d\d", words.text_for(Random(seed), "noise", "zh", at=at))
    }
    minutes = {(24 * 60 + 20 - int(t[:2]) * 60 - int(t[3:])) % 1440 for t in times}
    assert len(times) > 20
    assert 5 <= min(minutes) <= max(minutes) <= 90


@pytest.mark.parametrize("area", [*CATALOGUE.areas, "", "Atlantis"])
def test_an_address_lies_in_its_area_and_is_the_same_place_in_every_language(words: Words, area: str) -> None:
    for seed in range(30):
        spot = words.spot_for(Random(seed), area)
        for lang in LANGUAGES:
            said = words.address_of(spot, lang)
            assert said == words.address_for(Random(seed), area, lang)
            assert not re.search(r"[{}]|  | $|^[ ,،，]", said)
            assert CATALOGUE.name_of("area", area, lang) in said
            stem = spot.street.stem if lang in {"zh", "ja"} else spot.street.latin_stem
            assert stem in said


def test_text_and_address_can_speak_of_the_same_place(words: Words) -> None:
    spot = words.spot_for(Random(3), "Chaoyang")
    said = [words.text_for(Random(seed), "parking", "en", spot=spot) for seed in range(20)]
    wrong = [words.wrong_address_for(Random(seed), "en", spot) for seed in range(20)]
    street = f"{spot.street.latin_stem} {spot.street.latin_ending}"
    assert any(f"{street} {spot.number}" in text for text in said)
    assert any(f"not {street} {spot.number}" in text for text in wrong)


# ---- who


@given(seed=st.integers(), lang=st.sampled_from(LANGUAGES))
def test_callers_have_a_title_and_an_invented_number(seed: int, lang: str) -> None:
    caller = SHARED.caller_for(Random(seed), lang)
    assert isinstance(caller, Caller)
    assert caller.name in VOICES[lang].names
    assert re.fullmatch(r"100 \d{4} \d{4}", caller.phone)
    assert caller.phone != SHARED.nuisance()[1]


def test_titles_are_those_of_the_language() -> None:
    titles = {
        "zh": ".(先生|女士)", "en": "(Mr|Ms) .+", "ko": ". 선생님", "ja": "..さん", "de": "(Herr|Frau) .+",
        "fr": r"(M\.|Mme) .+", "ru": "г-(н|жа) .+", "es": r"Sra?\. .+", "ar": "السيدة? .+", "pt": r"Sra?\. .+",
    }  # fmt: skip
    wrong = [(lang, n) for lang in LANGUAGES for n in VOICES[lang].names if not re.fullmatch(titles[lang], n)]
    assert wrong == []


def test_the_nuisance_caller_always_has_the_same_number(words: Words) -> None:
    calls = [words.nuisance(), *(words.nuisance(Random(seed)) for seed in range(30))]
    assert {phone for _, phone in calls} == {NUISANCE_PHONE}
    assert {text for text, _ in calls} == set(VOICES["zh"].nuisance)


def test_a_silent_call_leaves_a_note_in_every_language(words: Words) -> None:
    assert {words.silent_for(Random(1), lang)[0] for lang in LANGUAGES} <= {"(", "（"}


# ---- cost and wrong files


def test_a_day_of_texts_takes_little_time(words: Words) -> None:
    """70,000 in two seconds is the need; a tenth of them is timed, and the best of three is taken."""

    def tenth_of_a_day() -> None:
        rng = Random(1)
        for i in range(7_000):
            spot = words.spot_for(rng, "Haidian")
            words.text_for(rng, CATEGORIES[i % len(CATEGORIES)], LANGUAGES[i % 10], spot=spot)
            words.address_of(spot, LANGUAGES[i % 10])
            words.caller_for(rng, LANGUAGES[i % 10])

    assert least_cpu_s(tenth_of_a_day, times=3) < 0.3


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("de", 'language = "de"', 'language = "at"', "language: is 'at', use the file's name, 'de'"),
        ("de", "{street}", "{strasse}", r"\{strasse\} is not known there"),
        ("de", "{street}", "{street", "addresses: .* in "),
        ("de", "[opposites]", "[opposite]", "opposite is not a key of a file of texts"),
        ("de", 'other = ["Das', 'others = ["Das', r"opposites\.other: missing"),
        ("de", 'script = "roman"', 'script = "runes"', "script: Invalid enum value 'runes'"),
        ("de", "praise = [", "praise = []\npraised = [", r"praise"),
        ("zh", 'collapse = [\n', 'collapse = []\nold = [\n', r"texts\.collapse: Expected `array` of length >= 1"),
        ("places", '["安和", "路", "Anhe", "Lu"]', '["安和", "路"]', r"streets\.: Expected|streets\.?\S*: Expected"),
        ("places", '\n"" = ', "\nElsewhere = ", 'streets."": missing'),
    ],
)  # fmt: skip
def test_a_wrong_file_names_itself_and_what_is_needed(tmp_path: Path, file: str, old: str, new: str, said: str) -> None:
    folder = shutil.copytree(FOLDER, tmp_path / "texts")
    path = folder / f"{file}.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=said) as refused:
        Words.load(folder=folder)
    assert str(refused.value).startswith(str(path))


def test_without_chinese_nobody_speaks_for_unknown_languages(tmp_path: Path) -> None:
    folder = shutil.copytree(FOLDER, tmp_path / "texts")
    (folder / "zh.toml").unlink()
    with pytest.raises(ValueError, match=r"zh\.toml: missing"):
        Words.load(folder=folder)
