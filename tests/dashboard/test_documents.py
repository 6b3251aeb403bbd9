"""Documents say what the code does: each setting, command and metric is documented, and nothing that is gone."""

from __future__ import annotations

import re

import click
import pytest

from dashboard.briefing.figures import FIGURES
from dashboard.cli import main
from dashboard.health import METRICS
from dashboard.settings import PREFIX, SETTINGS
from layouts.briefing.definitions import DEFINITIONS, NAMES
from tests.support.demo import ROOT

OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
ANY = click.Context(main)
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_every_setting_is_documented_with_its_default_and_none_that_is_gone() -> None:
    rows = dict(re.findall(r"^\| `HEXWATCH_(\w+)` \|(.*?)\|", OPERATIONS, re.M))
    assert set(rows) == {name.upper() for name in SETTINGS}
    for name, setting in SETTINGS.items():
        shown = ("no", "yes")[setting.default] if isinstance(setting.default, bool) else str(setting.default)
        assert rows[name.upper()].strip() == (f"`{shown}`" if shown else ""), name


def test_every_metric_and_command_is_documented() -> None:
    assert set(re.findall(r"^\| `(hexwatch_\w+)`", OPERATIONS, re.M)) == set(METRICS)
    commands = OPERATIONS.partition("## Commands")[2].partition("## Several")[0]
    assert set(re.findall(r"^\| `(\w+)` ", commands, re.M)) == set(main.list_commands(ANY))
    for name in main.list_commands(ANY):
        command = main.get_command(ANY, name)
        assert command is not None, name
        for sub in command.list_commands(ANY) if isinstance(command, click.Group) else ():
            assert f"`{name} {sub}" in commands, f"{name} {sub}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.name)
def test_links_between_documents_lead_somewhere(path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", path.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_settings_named_anywhere_exist() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in SETTINGS} | {f"{PREFIX}SETTINGS"}
    for path in DOCUMENTS:
        named = set(re.findall(r"HEXWATCH_[A-Z0-9_]+", path.read_text(encoding="utf-8")))
        assert named <= known, path.name


def test_make_targets_in_the_readme_exist() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert set(re.findall(r"`make (\w+)`", README)) <= targets


def test_every_figure_of_a_briefing_is_documented_in_its_own_words() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|$", (ROOT / "docs" / "briefing.md").read_text(encoding="utf-8"), re.M)
    assert dict(rows) == DEFINITIONS
    assert set(DEFINITIONS) == set(FIGURES) == set(NAMES)
