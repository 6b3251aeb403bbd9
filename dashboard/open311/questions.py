"""What a city asks with a request of a category: read from files, offered as attributes, answers checked."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from geo.catalogue import Names, in_language
from geo.cities import base_city_id
from geo.toml_files import read_toml, typed

FOLDER = Path(__file__).parent / "questions"
MOST_ANSWER = 2_000  # characters

Code = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,40}$")]


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer of a list."""

    key: Code
    names: Names


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One attribute of a service definition."""

    code: Code
    names: Names
    datatype: Literal["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"] = "string"
    required: bool = False
    order: int = 1
    hint: Names = {}
    values: tuple[Choice, ...] = ()

    def shown(self, lang: str) -> dict[str, Any]:
        """As the standard writes an attribute."""
        said: dict[str, Any] = {
            "variable": True,
            "code": self.code,
            "datatype": self.datatype,
            "required": self.required,
            "datatype_description": in_language(self.hint, lang) or None,
            "order": self.order,
            "description": in_language(self.names, lang),
        }
        values = [{"key": one.key, "name": in_language(one.names, lang)} for one in self.values]
        return said | ({"values": values} if values else {})


Questions = Mapping[str, tuple[Question, ...]]


def load_questions(city_id: str, folder: Path = FOLDER) -> Questions:
    """Category -> its questions, empty for a city that asks none. Raises ValueError naming the file and the key."""
    path = folder / f"{base_city_id(city_id)}.toml"
    if not path.is_file():
        return {}
    return typed(read_toml(path), dict[str, tuple[Question, ...]], path, "a file of questions")


def answered(
    questions: Sequence[Question], given: Mapping[str, Sequence[str]], lang: str
) -> tuple[list[str], list[str]]:
    """(lines for the case's text, complaints) of the attributes of a report; unknown ones are passed over."""
    lines, complaints = [], []
    for question in questions:
        said = [text.strip()[:MOST_ANSWER] for text in given.get(question.code, ()) if text.strip()]
        complaint = _complaint(question, said)
        if complaint:
            complaints.append(f"attribute[{question.code}]: {complaint}")
        elif said:
            lines.append(f"{in_language(question.names, lang)} {', '.join(_words(question, said, lang))}")
    return lines, complaints


def _complaint(question: Question, said: Sequence[str]) -> str:
    if not said:
        return "is required" if question.required else ""
    if len(said) > 1 and question.datatype != "multivaluelist":
        return "takes one value"
    if question.values:
        known = [choice.key for choice in question.values]
        return "" if set(said) <= set(known) else f"takes {', '.join(known)}"
    return next(_wrong(question.datatype, said[0]), "")


def _wrong(datatype: str, text: str) -> Iterator[str]:
    if datatype == "number" and not _is_number(text):
        yield "needs a number"
    if datatype == "datetime" and not _is_instant(text):
        yield "needs a time such as 2026-01-31T09:00:00Z"


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _is_instant(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _words(question: Question, said: Sequence[str], lang: str) -> list[str]:
    """Chosen answers by their names."""
    names = {choice.key: in_language(choice.names, lang) for choice in question.values}
    return [names.get(text, text) for text in said]
