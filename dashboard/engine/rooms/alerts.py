"""Alerts in memory: which are in force, shown to everybody or only inside, and which have just run out."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from dashboard.engine.rooms.room import Room
from emergency.alerts import (
    Alert,
    alert_is_over,
    alert_is_spent,
    alert_view,
    fold_alert,
    is_in_force,
    next_change,
)
from streams.events import AlertPayload, Recording

if TYPE_CHECKING:
    from dashboard.engine.state import State

KEEP_ENDED = timedelta(days=7)
TOPIC, PUBLIC_TOPIC = "alerts", "alerts.public"


class AlertsRoom(Room):
    entity = "alert"
    noun = "alerts"
    document = Alert

    documents: dict[str, Alert]

    def __init__(self, state: State):
        super().__init__(state)
        self._over: set[str] = set()

    def absorb(self, payload: AlertPayload, recording: Recording) -> None:
        before = self.documents.get(payload.alert_id)
        after = fold_alert(before, payload, recording)
        if after is not None and after is not before:
            self.put(before, after)

    def put(self, before: Alert | None, after: Alert) -> None:
        self.documents[after.alert_id] = after
        self.changed.add(after.alert_id)
        self._look(after)

    def adopt(self, document: Alert) -> None:
        self.documents[document.alert_id] = document
        if alert_is_spent(document, self.state.now, KEEP_ENDED):
            self.set_timer(self.state.now, document.alert_id)  # it leaves in a turn, which can commit that
        else:
            self._look(document)

    def wake(self, key: str) -> None:
        if (alert := self.documents.get(key)) is not None:
            self._look(alert)

    def _look(self, alert: Alert) -> None:
        """Show it or not as of now, and know when to look again."""
        now, key = self.state.now, alert.alert_id
        if alert_is_spent(alert, now, KEEP_ENDED):
            self._over.discard(key)
            self.leave(key)
            return
        if alert.expired_at is None and alert_is_over(alert, now):
            self._over.add(key)
        else:
            self._over.discard(key)
        in_force = is_in_force(alert, now)
        for topic, shown in ((TOPIC, in_force), (PUBLIC_TOPIC, in_force and alert.is_public)):
            if shown:
                self.state.views.put(topic, key, alert_view(alert, now))
            else:
                self.state.views.drop(topic, key)
        again = next_change(alert, now)
        if again is None and (alert.is_ended or alert.expired_at is not None or not alert.infos):
            again = now + KEEP_ENDED
        self.set_timer(again, key)

    def take_over(self) -> list[str]:
        """Alerts whose time is over while no fact says so yet."""
        over, self._over = sorted(self._over), set()
        return over
