"""Pages that must be read without a script and without a server: plain HTML as text, everything in it escaped."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from layouts.texts import Language

Piece = str | Markup | Iterable[Any] | None
VOID = frozenset({"meta", "br"})
STYLE = (Path(__file__).parent / "paper.css").read_text(encoding="utf-8")


def tag(name: str, /, *children: Piece, **attributes: str | bool | None) -> Markup:
    """`tag("td", "E36", class_="pen")`; a child may be a text, which is escaped, another tag, None, or several."""
    said = "".join(_attribute(key, value) for key, value in attributes.items() if value not in (None, False))
    if name in VOID:
        return Markup(f"<{name}{said}>")
    return Markup(f"<{name}{said}>{joined(children)}</{name}>")


def _attribute(key: str, value: str | bool | None) -> str:
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(value)}"'


def joined(piece: Piece) -> Markup:
    """Everything in order, escaped where it is plain text."""
    if piece is None:
        return Markup("")
    if isinstance(piece, str):
        return escape(piece)
    return Markup("").join(joined(part) for part in piece)


def page(title: str, lang: Language, *body: Piece) -> str:
    """A whole page that needs nothing but itself."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width"),
        tag("title", title),
        tag("style", Markup(STYLE)),
    )
    whole = tag("html", head, tag("body", *body), lang=lang.html, dir=lang.direction)
    return f"<!doctype html>\n{whole}\n"


def bdi(text: object) -> Markup:
    """An id, a time or a name: it keeps its own direction within a sentence of another."""
    return tag("bdi", str(text))


def table(heads: Iterable[str], rows: Iterable[Markup]) -> Markup:
    return tag("table", tag("thead", tag("tr", [tag("th", head) for head in heads])), tag("tbody", list(rows)))


def clock(at: datetime | str | None, zone: ZoneInfo, now: datetime) -> str:
    """City time: 14:05:07, with the date when it is another day's; "" for nothing."""
    if not at:
        return ""
    local = (datetime.fromisoformat(at) if isinstance(at, str) else at).astimezone(zone)
    same = local.date() == now.astimezone(zone).date()
    return f"{local:%H:%M:%S}" if same else f"{local:%Y-%m-%d %H:%M:%S}"
