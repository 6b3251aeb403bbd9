"""What `docs/feeds.md` promises of CAP and notices is what the code does."""

from __future__ import annotations

from pathlib import Path

from emergency.alerts import UNSTATED_LASTS
from hotline.notices import AHEAD
from streams.feeds.cap import areas, atom, fetch, parse, poll, sources, tree
from streams.feeds.notices import KINDS, notices_from

ROOT = Path(__file__).resolve().parents[2]
DOCS = (ROOT / "docs" / "feeds.md").read_text(encoding="utf-8")
CAP = DOCS.partition("\n## CAP\n")[2].partition("\n## ")[0]
NOTICES = DOCS.partition("\n## Notices\n")[2].partition("\n## ")[0]


def test_limits_are_the_documented_ones() -> None:
    limits = tree.Limits()
    for said in (
        f"{limits.most_bytes // 1024} kB; {atom.FEED_LIMITS.most_bytes // 1024**2} MB, {atom.MOST_ENTRIES:,} entries",
        f"{limits.most_elements:,}; {limits.most_depth}; {limits.most_attributes}",
        f"{areas.MOST_POINTS:,}; {parse.MOST_REFERENCES}",
        f"{fetch.WHOLE_S:.0f} s, {fetch._MOST_REDIRECTS}",
        f"here {UNSTATED_LASTS.total_seconds() / 3600:.0f} hours",
    ):
        assert said in CAP
    assert poll.MOST_PAUSE_S == 15 * 60
    assert poll.ALIVE_EVERY.total_seconds() == 4 * 60
    assert all(f"`{ending}`" in CAP for ending in sources._PARTIAL)


def test_every_encoding_that_is_read_is_named() -> None:
    families = {"utf": "UTF-8", "ascii": "ASCII", "us": "ASCII", "iso": "ISO-8859", "windows": "Windows-125"}
    for name in tree.ENCODINGS:
        family = families.get(name.partition("-")[0].rstrip("8"), name.partition("-")[0])
        assert family.lower() in CAP.lower(), name


def test_example_of_a_notices_file_can_be_taken_as_it_stands() -> None:
    example = NOTICES.partition("```toml\n")[2].partition("```")[0]
    (notice,) = notices_from(example.encode(), "docs", ["Chaoyang"])
    assert notice.owner == "heating"
    assert all(kind in NOTICES for kind in KINDS)
    assert f"from {AHEAD.total_seconds() / 3600:.0f} hours before" in NOTICES
