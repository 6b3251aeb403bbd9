"""The tables of the archive as a page: `python -m streams.archive.describe` writes them into docs/archive.md."""

from __future__ import annotations

from pathlib import Path

from streams.archive.schema import TABLES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "archive.md"
BEGIN = "<!-- tables: written by `python -m streams.archive.describe` -->"
END = "## How it is written"


def described() -> str:
    """Every table with its columns, as Markdown."""
    lines: list[str] = []
    for table in TABLES.values():
        lines += [f"### {table.name}", "", f"{table.help[0].upper()}{table.help[1:]}. Folders by {table.by}.", ""]
        lines += ["| column | type | says |", "|---|---|---|"]
        lines += [f"| `{column.name}` | {column.type} | {column.help} |" for column in table.columns]
        lines.append("")
    return "\n".join(lines)


def with_tables(page: str) -> str:
    """The page with the tables between its two marks."""
    head, _, rest = page.partition(BEGIN)
    return f"{head}{BEGIN}\n\n{described()}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
