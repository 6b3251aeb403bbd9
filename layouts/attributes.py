"""`data-` and `aria-` attributes in the spelling that Python allows."""

from __future__ import annotations

from typing import Any


def attributes(**values: Any) -> dict[str, Any]:
    """`attributes(data_part="clock")` -> `{"data-part": "clock"}`, to be given with `**`."""
    return {name.replace("_", "-"): value for name, value in values.items()}
