"""`python -m benchmarks.similar_sample`: pairs proposed in the real New York windows, printed to be read by eye.

These records have no words of callers, only the source's descriptor: so place, time, category and descriptor decide,
as they do in the product where a case has no text. What was one matter nobody knows: there is no figure, only reading.
"""

from __future__ import annotations

import csv
import gzip
import json
import random
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import h3

from hotline.similar.index import SimilarIndex
from hotline.similar.score import Evidence, Report

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "service_requests"
FILES = (
    "nyc_311_window_2019-12-31.csv.gz",
    "nyc_311_window_2022-05-01.csv.gz",
    "nyc_311_window_2024-05-26.csv.gz",
    "nyc_311_day_2025-03-24_subset.csv.gz",
    "nyc_311_socrata_2026-02-12.json.gz",
)
ZONE = ZoneInfo("America/New_York")
FORMATS = ("%Y-%m-%dT%H:%M:%S.%f", "%m/%d/%Y %I:%M:%S %p")
Row = Mapping[str, Any]


def rows_of(path: Path) -> Iterator[Row]:
    """Rows with the names of their columns in one spelling."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        found: Any = json.load(file) if ".json" in path.name else csv.DictReader(file)
        for row in found:
            yield {name.strip().lower().replace(" ", "_"): value for name, value in row.items() if name}


def report_of(row: Row) -> Report | None:
    """A row as it is compared; None without place or time."""
    try:
        lat, lng = float(row.get("latitude") or ""), float(row.get("longitude") or "")
    except ValueError:
        return None
    at = _instant(str(row.get("created_date") or ""))
    if at is None:
        return None
    category, finer = str(row.get("complaint_type") or "other"), str(row.get("descriptor") or "")
    return Report(str(row["unique_key"]), category, h3.latlng_to_cell(lat, lng, 9), lat, lng, at, None, finer)


def _instant(text: str) -> datetime | None:
    for form in FORMATS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=ZONE)
        except ValueError:
            continue
    return None


def proposals(rows: Mapping[str, Row]) -> tuple[SimilarIndex, list[tuple[str, Evidence]]]:
    """The index of one window, and every proposed pair once."""
    index = SimilarIndex()
    for row in rows.values():
        if (report := report_of(row)) is not None:
            index.put(report)
    found = [
        (case_id, evidence)
        for case_id in index.reports
        for evidence in index.similar(case_id)
        if evidence.is_proposed and case_id < evidence.case_id
    ]
    return index, found


def said(row: Row) -> str:
    names = ("created_date", "complaint_type", "descriptor", "location_type", "incident_address", "status")
    return " | ".join(str(row.get(name) or "–") for name in names)


@click.command()
@click.option("--pairs", "most", default=12, show_default=True, help="pairs of each window")
@click.option("--seed", default=1, show_default=True)
def main(most: int, seed: int) -> None:
    """Print a sample of what is proposed in each window, and its largest clusters."""
    for name in FILES:
        if not (FOLDER / name).exists():
            click.echo(f"{name}: not beside this checkout")
            continue
        rows = {str(row["unique_key"]): row for row in rows_of(FOLDER / name)}
        index, found = proposals(rows)
        apart = sum(e.distance_m > 50 for _, e in found)
        click.echo(f"\n=== {name}: {len(index)} placed cases, {len(found)} pairs proposed, {apart} over 50 m apart")
        for case_id, evidence in random.Random(seed).sample(found, min(most, len(found))):
            alike = "–" if evidence.text_similarity is None else f"{evidence.text_similarity:.2f}"
            click.echo(f"{evidence.score:.2f}  {evidence.distance_m} m  {evidence.minutes} min  words {alike}")
            click.echo(f"    {said(rows[case_id])}\n    {said(rows[evidence.case_id])}")
        for cluster in index.clusters(3)[:4]:
            click.echo(
                f"cluster of {cluster.n}: {cluster.category}, {cluster.area or 'no area'}, {len(cluster.cells)} cells"
            )


if __name__ == "__main__":
    main()
