"""What every room does: keep documents, know which changed, and let them go when no count needs them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from streams.events import Recording

if TYPE_CHECKING:
    from dashboard.engine.state import State


class Room:
    """The documents of one entity in memory, a cache of the committed ones.

    `noun` names their hash in Redis. A document that leaves memory goes to `spent`; with a `closed_noun` it waits a
    fortnight under that noun and day, so that a late fact still finds it, without one it is gone.
    """

    entity: ClassVar[str]
    noun: ClassVar[str]
    document: ClassVar[type[Any]]
    closed_noun: ClassVar[str] = ""

    def __init__(self, state: State):
        self.state = state
        self.documents: dict[str, Any] = {}
        self.changed: set[str] = set()  # since the last commit
        self.spent: dict[str, Any] = {}  # left memory since the last commit

    def absorb(self, payload: Any, recording: Recording) -> None:
        """Fold one recorded fact into its document, and the document into counts and views."""
        raise NotImplementedError

    def put(self, before: Any, after: Any) -> None:
        """Take a document in the place of the one before it (None: a new one, or one from Redis)."""
        raise NotImplementedError

    def adopt(self, document: Any) -> None:
        """Take a committed document as it is."""
        self.put(None, document)

    def worded(self, spent: Mapping[str, Any]) -> list[str]:
        """Subjects whose personal words end with these documents."""
        return []

    def wake(self, key: str) -> None:
        """A timer of this document is due. An old one may find nothing to do."""

    def show(self) -> None:
        """Bring the views that depend on the clock up to date, once before each frame."""

    def leave(self, key: str) -> None:
        """The document leaves memory; whoever counted it has let it go before."""
        self.spent[key] = self.documents.pop(key)

    def recall(self, key: str) -> None:
        """Bring back a document that left memory since the last commit: nobody has written it away yet.

        Only where documents can come back at all: whether a late fact finds one must not depend on commits.
        """
        if self.closed_noun and (document := self.spent.pop(key, None)) is not None:
            self.put(None, document)

    def set_timer(self, at: datetime | None, key: str) -> None:
        if at is not None:
            self.state.timers.set(at, (self.entity, key))

    def forget_changes(self) -> None:
        """What changed was committed, or is not ours to commit."""
        self.changed.clear()
        self.spent.clear()

    def take_changed(self) -> Mapping[str, Any]:
        """Documents to write since the last commit, by id."""
        found = {key: self.documents[key] for key in self.changed if key in self.documents}
        self.changed.clear()
        return found

    def take_spent(self) -> Mapping[str, Any]:
        """Documents to remove since the last commit, by id."""
        found = {key: document for key, document in self.spent.items() if key not in self.documents}
        self.spent.clear()
        return found
