"""XML from strangers as a small tree: what it may say is limited before a single value of it is looked at.

Nothing is expanded, included or fetched: a document with a DOCTYPE is refused as a whole, so there are no entities
beyond the five of XML itself. Bytes are decoded here, by a short list of encodings, and the parser sees UTF-8 only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, NoReturn
from xml.parsers import expat

XINCLUDE = "http://www.w3.org/2001/XInclude"
_CHUNK = 32 * 1024  # a refusal inside a handler takes effect at the end of the chunk
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]{0,40})["']""")
# Declared name -> codec. A list, because Python also has codecs that are no character sets, and slow ones.
ENCODINGS = {
    **dict.fromkeys(("utf-8", "utf8"), "utf-8"),
    **dict.fromkeys(("us-ascii", "ascii"), "ascii"),
    **dict.fromkeys(("gb18030", "gbk", "gb2312"), "gb18030"),
    **{f"iso-8859-{n}": f"iso-8859-{n}" for n in (*range(1, 12), *range(13, 17))},
    **{f"windows-125{n}": f"cp125{n}" for n in range(9)},
    **{name: name for name in ("big5", "shift_jis", "euc-jp", "euc-kr", "koi8-r", "koi8-u")},
}


class Refused(ValueError):
    """The document is not taken, now or later; the message says why, for people."""


@dataclass(frozen=True)
class Limits:
    """How much of a document is read at all."""

    most_bytes: int = 512 * 1024
    most_elements: int = 20_000
    most_depth: int = 32
    most_attributes: int = 64


@dataclass(slots=True)
class Element:
    """One element: namespace, local name, its own text, its children, and where it stands in `Document.text`."""

    space: str
    name: str
    attributes: dict[str, str]
    start: int
    end: int = 0
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def all(self, name: str) -> list[Element]:
        """The children of that name in this element's own namespace, in their order."""
        return [child for child in self.children if child.name == name and child.space == self.space]


@dataclass(frozen=True)
class Document:
    """A parsed document: its root, and the UTF-8 bytes in which elements have their places."""

    root: Element
    text: bytes

    def bytes_of(self, element: Element) -> bytes:
        """The element as it was written (in UTF-8, without the namespaces that its parents declare)."""
        return self.text[element.start : element.end]


def parse(raw: bytes, limits: Limits | None = None) -> Document:
    """The tree of a document. Raises Refused for anything that is not well-formed, plain and within the limits.

    Defaults are those of one CAP message. Time and memory are bounded by `limits.most_bytes`.
    """
    limits = limits or Limits()
    if len(raw) > limits.most_bytes:
        raise Refused(f"larger than {limits.most_bytes // 1024} kB")
    text = _as_utf8(raw)
    builder = _Builder(text, limits)
    parser = builder.parser
    try:
        for start in range(0, len(text), _CHUNK):
            parser.Parse(text[start : start + _CHUNK], False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise Refused(f"not well-formed XML: {error}") from None
    assert builder.root is not None  # expat refuses a document without a root
    return Document(builder.root, text)


def _as_utf8(raw: bytes) -> bytes:
    mark, encoding = next(((m, e) for m, e in _MARKS if raw.startswith(m)), (b"", ""))
    body = raw[len(mark) :]
    if not encoding:
        declared = _DECLARED.match(body[:300])
        said = declared[1].decode("ascii") if declared else "utf-8"
        encoding = ENCODINGS.get(said.lower(), "")
        if not encoding:
            raise Refused(f"encoding {said!r} is not read: use UTF-8")
    try:
        return body.decode(encoding).encode("utf-8")
    except UnicodeError as error:
        at = getattr(error, "start", 0)
        raise Refused(f"the bytes are not {encoding}, as the document says, from byte {at} on") from None


class _Builder:
    """The handlers of one parse."""

    def __init__(self, source: bytes, limits: Limits) -> None:
        self.source, self.limits = source, limits
        self.root: Element | None = None
        self._open: list[Element] = []
        self._texts: list[list[str]] = []
        self._elements = 0
        self.parser: Any = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self.parser.StartDoctypeDeclHandler = _refuse_doctype
        self.parser.ExternalEntityRefHandler = _refuse_doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > self.limits.most_elements:
            raise Refused(f"more than {self.limits.most_elements} elements")
        if len(self._open) >= self.limits.most_depth:
            raise Refused(f"elements nested deeper than {self.limits.most_depth}")
        if len(attributes) > self.limits.most_attributes:
            raise Refused(f"an element with more than {self.limits.most_attributes} attributes")
        space, _, name = tag.rpartition(" ")
        if space == XINCLUDE:
            raise Refused("an XInclude: nothing is fetched or included")
        element = Element(space, name, attributes, self.parser.CurrentByteIndex)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)
        self._texts.append([])

    def _end(self, tag: str) -> None:
        element, parts = self._open.pop(), self._texts.pop()
        element.text = "".join(parts).strip()
        # Expat stands behind an empty element (`<a/>`), but before the closing tag of any other.
        at = self.parser.CurrentByteIndex
        is_empty = not parts and not element.children and self.source[at - 2 : at] == b"/>"
        element.end = at if is_empty else self.source.index(b">", at) + 1

    def _text(self, data: str) -> None:
        self._texts[-1].append(data)


def _refuse_doctype(*_: object) -> NoReturn:
    raise Refused("a document type declaration (DOCTYPE): entities and DTDs are not read")
