"""The files of a briefing: one writer for each format."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from dashboard.briefing.document import Briefing, told

Writer = Callable[[Briefing, str], bytes]  # (briefing, language) -> what stands in the file


def as_json(briefing: Briefing, lang: str) -> bytes:
    """Every figure with its definition; the same in all languages."""
    return msgspec.json.format(msgspec.json.encode(told(briefing)), indent=1) + b"\n"


FORMATS: dict[str, Writer] = {"json": as_json}


def write_files(briefing: Briefing, formats: Iterable[str], out: Path, lang: str) -> list[Path]:
    """Write `<id>.<format>` for each format, replacing what stood there. Returns the paths."""
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for name in formats:
        path = out / f"{briefing.id}.{name}"
        fresh = path.with_suffix(f".{name}.new")
        fresh.write_bytes(FORMATS[name](briefing, lang))
        fresh.rename(path)
        written.append(path)
    return written
