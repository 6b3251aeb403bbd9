"""The dispatch catalogue: who leads, who supports, who stands behind, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.cities import load_city
from hotline.cases import Case
from hotline.dispatching import Backstop, Catalogue, Entry, check_dispatching, load_dispatching, suggest

BEIJING = load_dispatching("beijing")


def case(**fields: Any) -> Case:
    return Case(case_id="c1", **({"category": "noise", "area": "Chaoyang", "language": "zh"} | fields))


def test_gas_goes_to_the_gas_utility_with_the_fire_brigade_behind_it() -> None:
    said = suggest(case(category="gas_smell"), BEIJING)
    assert (said.lead, said.supporters, said.backstop) == ("gas", ("119", "Chaoyang"), "Chaoyang")
    assert not said.is_backstop
    assert "category gas_smell" in said.reasons


def test_what_is_nobodys_goes_to_the_district_and_without_one_to_the_city() -> None:
    said = suggest(case(), BEIJING)
    assert (said.lead, said.is_backstop, said.supporters) == ("Chaoyang", True, ())
    assert suggest(case(area=""), BEIJING).lead == "urban"
    assert said.reasons


def test_a_foreign_callers_enquiry_goes_to_a_specialised_body() -> None:
    """A visitor of 65 asked for the concession price of a park ticket."""
    visitor = case(language="fr", kind="enquiry", category="park_tickets")
    assert suggest(visitor, BEIJING).lead == "immigration"  # named more closely: caller and kind
    assert suggest(case(category="park_tickets"), BEIJING).lead == "parks"
    said = suggest(case(language="fr-FR", kind="enquiry", category="visa"), BEIJING)
    assert said.lead == "immigration"
    assert "caller foreigner" in said.reasons
    assert suggest(case(language="zh-CN", kind="enquiry"), BEIJING).is_backstop
    assert suggest(case(kind="enquiry", channel="enterprise"), BEIJING).lead == "commerce"


def test_the_entry_that_names_most_wins_and_the_first_of_two_alike() -> None:
    catalogue = Catalogue(
        version="1",
        backstop=Backstop(lead="{area}", reason="backstop"),
        entries=(
            Entry(lead="a", reason="a", categories=("noise",)),
            Entry(lead="b", reason="b", categories=("noise",)),
            Entry(lead="c", reason="c", categories=("noise",), areas=("Chaoyang",)),
        ),
    )
    assert suggest(case(), catalogue).lead == "c"
    assert suggest(case(area="Haidian"), catalogue).lead == "a"
    assert suggest(case(category="trees", area=""), catalogue).lead == ""


def test_the_catalogue_that_comes_with_hexwatch_fits_its_city() -> None:
    city = load_city("beijing")
    areas = city.load_areas()
    assert areas is not None
    assert check_dispatching(BEIJING, city.agencies, city.load_catalogue().categories, areas.names()) == []
    assert load_dispatching("beijing-sim") == BEIJING
    assert load_dispatching("boston").entries == ()


def test_every_category_of_the_city_has_somebody() -> None:
    for category in load_city("beijing").load_catalogue().categories:
        assert suggest(case(category=category), BEIJING).lead


def test_what_fits_nothing_in_the_city_is_said() -> None:
    catalogue = Catalogue(
        version="1",
        backstop=Backstop(lead="nobody", reason="r"),
        entries=(
            Entry(lead="ghost", reason="r", categories=("nois",), callers=("martian",)),
            Entry(lead="gas", reason="r", categories=("noise", "trees")),
            Entry(lead="gas", reason="r", categories=("trees",)),
        ),
    )
    said = check_dispatching(catalogue, ["gas"], ["noise", "trees"], [])
    assert [line.split(":")[0] for line in said] == ["backstop", *["entries[1]"] * 3, "entries[3]"]


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "dispatching.toml").write_text('version = "1"\n[backstop]\nlead = "x"\n', encoding="utf-8")
    with pytest.raises(ValueError, match="reason is missing"):
        load_dispatching("boston", tmp_path)


@given(
    st.sampled_from(["noise", "gas_smell", "visa", "roads", "unknown"]),
    st.sampled_from(["", "Chaoyang"]),
    st.sampled_from(["", "zh", "en", "ar"]),
    st.sampled_from(["complaint", "enquiry", "praise"]),
    st.sampled_from(["phone", "enterprise", "foreign"]),
)
def test_everybody_is_sent_somewhere_with_reasons(
    category: str, area: str, language: str, kind: str, channel: str
) -> None:
    found = suggest(case(category=category, area=area, language=language, kind=kind, channel=channel), BEIJING)
    assert found.lead
    assert found.backstop
    assert found.reasons
    assert found.lead not in found.supporters
    assert "{area}" not in (found.lead, found.backstop, *found.supporters)
