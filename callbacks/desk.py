"""What callbacks may ask of the running program."""

from __future__ import annotations

from typing import Any, Protocol


class Desk(Protocol):
    """The person's view of the city: answers depend on who is signed in, refusals come as PermissionError."""

    def cases(self, **filters: Any) -> list[dict[str, Any]]:
        """Cases, newest first.

        Filters: `cell` (H3 id of resolution 6 to 9), `without_location` (bool), `measure`, `category`, `limit`.
        Raises PermissionError when the role may not read cases.
        """
        ...
