"""Hospitals in memory: how many patients of each category they said they can take."""

from __future__ import annotations

from dashboard.engine.rooms.room import Room
from emergency.major import CAPACITY_HOLDS, Hospital, fold_hospital
from streams.events import HospitalPayload, Recording

TOPIC = "hospitals"


class HospitalsRoom(Room):
    entity = "hospital"
    noun = "hospitals"
    document = Hospital

    documents: dict[str, Hospital]

    def absorb(self, payload: HospitalPayload, recording: Recording) -> None:
        before = self.documents.get(payload.hospital)
        after = fold_hospital(before, payload, recording)
        if after is not None and after is not before:
            self.put(before, after)

    def put(self, before: Hospital | None, after: Hospital) -> None:
        self.changed.add(after.hospital)
        self.adopt(after)

    def adopt(self, document: Hospital) -> None:
        self.documents[document.hospital] = document
        self._look(document)

    def wake(self, key: str) -> None:
        if (hospital := self.documents.get(key)) is not None:
            self._look(hospital)

    def _look(self, hospital: Hospital) -> None:
        """Show it, and as old from some time on: nobody should send patients by yesterday's figure."""
        old_at = hospital.at + CAPACITY_HOLDS
        row = {
            "id": hospital.hospital,
            "t1": hospital.t1,
            "t2": hospital.t2,
            "t3": hospital.t3,
            "at": hospital.at,
            "by": hospital.by,
            "old": self.state.now >= old_at,
            "version": hospital.seq,
        }
        self.state.views.put(TOPIC, hospital.hospital, row)
        if self.state.now < old_at:
            self.set_timer(old_at, hospital.hospital)
