"""The engine's eye on what needs a decision: the three sentences of the strip, and a stand-in for early warning."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dashboard.attention import Inputs, Opened, attention_topic, clusters_shown, needs_attention
from dashboard.engine.own_names import WARNER
from dashboard.engine.splits import CATEGORY
from dashboard.engine.state import State
from dashboard.engine.tally import EVERY
from geo.catalogue import Catalogue
from hotline.clusters import Cluster, expected_rate, find_clusters, share_of_cells
from hotline.grave_words import grave_words

TOPIC = "attention"
HOTLINE = "12345"  # the agency that runs the hotline, where the city names it so


class Watching:
    """Looks once a second of city time. `shown` is the committed topic, so that a restart goes on where it was."""

    def __init__(self, catalogue: Catalogue, shown: Mapping[str, Any]):
        self.catalogue = catalogue
        self.items = [shown[key] for key in sorted(shown)]
        self.clusters: list[Cluster] = clusters_shown(self.items)
        self._looked_at: datetime | None = None

    def look(self, state: State) -> None:
        """Bring the topic up to date. Figures and incidents must stand in their views already."""
        second = state.now.replace(microsecond=0)
        if second == self._looked_at:
            return
        self._looked_at = second
        self.clusters = [] if early_warning_works(state) else self._find(state)
        views = state.views.current
        self.items = needs_attention(
            Inputs(
                now=state.now,
                warnings=views.get("warnings", {}),
                clusters=self.clusters,
                situations=_opened(state) if views.get("warnings") or self.clusters else (),
                incidents=views.get("incidents", {}),
                channels=views.get("channels", {}),
                alerts=views.get("alerts.public", {}),
                figures=views.get("figures", {}),
                grave=state.grave,
                themes=grave_words().categories,
                owners={key: category.owner for key, category in self.catalogue.categories.items()},
                kind_owners={key: kind.owner for key, kind in self.catalogue.incident_kinds.items()},
                hotline=HOTLINE if HOTLINE in state.city.agencies else "",
                is_sensitive=state.city.is_sensitive,
                shown=self.items,
            )
        )
        state.views.become(TOPIC, attention_topic(self.items))

    def _find(self, state: State) -> list[Cluster]:
        reports = state.case_room.grave_reports()
        if not reports:
            return []
        tally = state.case_room.tally
        counts = tally.cells[tally.bits["received_24h"]].get(EVERY, {})
        total = sum(n for cell, n in counts.items() if cell)
        hourly: dict[str, list[int]] = {}

        def expected_of(category: str, cells: frozenset[str], window_m: int) -> float:
            if category not in hourly:
                hourly[category] = state.splits.same_hour(CATEGORY + category, state.now)
            share = share_of_cells(counts, cells, total, len(state.grid))
            return expected_rate(hourly[category], share) * window_m / 60

        return find_clusters(reports, state.now, expected_of, known=self.clusters)


def _opened(state: State) -> list[Opened]:
    """The situations that were opened, also those that are closed again and not yet forgotten."""
    return [
        Opened(
            situation.category,
            frozenset(case.cell for i in situation.case_ids if (case := state.cases.get(i)) is not None),
            situation.opened_at,
        )
        for situation in state.situation_room.documents.values()
        if situation.opened_at is not None
    ]


def early_warning_works(state: State) -> bool:
    """Whether a warner that has learnt something told so lately. Until then a simple rule looks for grave clusters."""
    warner = state.source_room.documents.get(WARNER)
    return warner is not None and warner.last_event_at is not None and not (warner.stale or warner.stopped)
