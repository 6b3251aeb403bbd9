"""One page's styles never reach another's: all stylesheets are loaded everywhere, so a name must belong to one page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "assets"
# Stylesheets by the number of their file: the wall's, the dispatch desk's, and those of later pages.
WALL, DISPATCH, LATER = range(20, 60), range(60, 80), range(80, 100)
ROOTS = {"desk", "hotline", "replay", "warning", "briefing"}  # what a page as a whole is called
FIRST_CLASS = re.compile(r"^\.([a-z][\w-]*)")


def files(suffix: str, numbers: range) -> list[Path]:
    return [path for path in sorted(ASSETS.glob(f"*.{suffix}")) if int(path.name[:2]) in numbers]


def first_classes(path: Path) -> set[str]:
    """The class with which each selector of a stylesheet begins."""
    bare = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)
    heads = re.findall(r"(?:^|[};])\s*([^{};@]+)\{", bare)
    # Commas inside of parentheses do not separate selectors.
    selectors = [part.strip() for head in heads for part in re.sub(r"\([^()]*\)", "", head).split(",")]
    return {found[1] for selector in selectors if (found := FIRST_CLASS.match(selector))}


def words_of(folder: str, numbers: range) -> set[str]:
    """Every word in class names of a page's layout, and in the strings of its scripts."""
    said = set()
    for path in (ROOT / "layouts" / folder).glob("*.py"):
        for names in re.findall(r'className="([^"]*)"', path.read_text(encoding="utf-8")):
            said |= set(names.split())
    for path in files("js", numbers):
        for names in re.findall(r'"([a-z][\w -]*)"', path.read_text(encoding="utf-8")):
            said |= set(names.split())
    return said


@pytest.mark.parametrize("path", files("css", LATER), ids=lambda path: path.name)
def test_a_later_page_styles_no_class_of_the_wall(path: Path) -> None:
    assert (first_classes(path) - ROOTS) & words_of("wall", WALL) == set()


@pytest.mark.parametrize("path", files("css", DISPATCH), ids=lambda path: path.name)
def test_the_desk_styles_no_class_of_the_wall(path: Path) -> None:
    assert (first_classes(path) - ROOTS) & words_of("wall", WALL) == set()
