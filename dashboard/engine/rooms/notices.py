"""Notices in memory: what is planned for now and for the next day."""

from __future__ import annotations

from datetime import timedelta

from dashboard.engine.rooms.room import Room
from hotline.notices import Notice, fold_notice, is_shown, next_change, notice_is_spent, notice_view
from streams.events import NoticePayload, Recording

KEEP_ENDED = timedelta(days=7)
TOPIC = "notices"


class NoticesRoom(Room):
    entity = "notice"
    noun = "notices"
    document = Notice

    documents: dict[str, Notice]

    def absorb(self, payload: NoticePayload, recording: Recording) -> None:
        before = self.documents.get(payload.notice_id)
        after = fold_notice(before, payload, recording)
        if after is not None and after is not before:
            self.put(before, after)

    def put(self, before: Notice | None, after: Notice) -> None:
        self.documents[after.notice_id] = after
        self.changed.add(after.notice_id)
        self._look(after)

    def adopt(self, document: Notice) -> None:
        self.documents[document.notice_id] = document
        if notice_is_spent(document, self.state.now, KEEP_ENDED):
            self.set_timer(self.state.now, document.notice_id)  # it leaves in a turn, which can commit that
        else:
            self._look(document)

    def wake(self, key: str) -> None:
        if (notice := self.documents.get(key)) is not None:
            self._look(notice)

    def _look(self, notice: Notice) -> None:
        """Show it or not as of now, and know when to look again."""
        now, key = self.state.now, notice.notice_id
        if notice_is_spent(notice, now, KEEP_ENDED):
            self.state.views.drop(TOPIC, key)
            self.leave(key)
            return
        if is_shown(notice, now):
            self.state.views.put(TOPIC, key, notice_view(notice))
        else:
            self.state.views.drop(TOPIC, key)
        self.set_timer(next_change(notice, now) or now + KEEP_ENDED, key)
