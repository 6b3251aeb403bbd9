"""The engine's eye on what needs a decision: clusters of grave reports, and the three sentences of the strip."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dashboard.attention import Inputs, attention_topic, clusters_shown, needs_attention
from dashboard.engine.splits import CATEGORY
from dashboard.engine.state import State
from dashboard.engine.tally import EVERY
from geo.catalogue import Catalogue
from hotline.clusters import Cluster, expected_rate, find_clusters, share_of_cells

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
        self.clusters = self._find(state)
        views = state.views.current
        self.items = needs_attention(
            Inputs(
                now=state.now,
                clusters=self.clusters,
                incidents=views.get("incidents", {}),
                channels=views.get("channels", {}),
                alerts=views.get("alerts.public", {}),
                figures=views.get("figures", {}),
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
