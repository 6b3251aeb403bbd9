"""Files as cities publish them: with doubled hours, default points, blanks, and rows that are none."""

from __future__ import annotations

import csv
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

BOSTON = (
    *("case_enquiry_id", "open_dt", "target_dt", "closed_dt", "reason", "type", "neighborhood", "location"),
    *("latitude", "longitude", "source", "case_title"),
)
NYC = (
    *("Unique Key", "Created Date", "Closed Date", "Due Date", "Complaint Type", "Descriptor", "Borough"),
    *("Incident Address", "Latitude", "Longitude", "Location", "open_data_channel_type"),
)
AUTUMN, SPRING = datetime(2011, 11, 6, 0, 30), datetime(2011, 3, 13, 1, 30)


def write_boston(path: Path, rows: int, seed: int = 1) -> Path:
    """Rows in Boston's form: `seed` decides which of them are odd."""
    draw = random.Random(seed)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(BOSTON)
        for number in range(rows):
            writer.writerow(_boston(draw, number))
    return path


def _boston(draw: random.Random, number: int) -> list[Any]:
    begin = draw.choice([datetime(2011, 8, 27, 22), AUTUMN, SPRING, datetime(2011, 8, 28, 9)])
    opened = begin + timedelta(seconds=draw.randrange(4 * 3600))
    closed = draw.choice(["", opened, opened + timedelta(hours=draw.randrange(1, 60)), opened - timedelta(minutes=20)])
    target = draw.choice(["", " ", opened + timedelta(hours=draw.randrange(1, 40)), datetime(2059, 12, 31), "n/a"[:0]])
    place = draw.choice([(42.3594, -71.0587), ("", ""), (42.3301, -71.0899), (0, 0), (42.35, -71.07), (51.5, 0.1)])
    number = number if draw.random() > 0.03 else max(0, number - 1)
    return [
        draw.choice([f"1010{number}"] * 30 + [""]),
        draw.choice([opened] * 40 + ["", "yesterday", "1850-01-01 00:00:00"]),
        target,
        closed,
        draw.choice(["Sanitation", "Trees, big", 'Quoted "words"', " ", "道路"]),
        draw.choice(["Missed\nTrash", "x" * 130, ""]),
        draw.choice(["Roxbury", "", " Dorchester "]),
        draw.choice(["1 Main St", ""]),
        *place,
        draw.choice(["Constituent Call", "Employee Generated", "Twitter", "Carrier Pigeon", ""]),
        "title",
    ]


def write_nyc(path: Path, rows: int, seed: int = 1) -> Path:
    """Rows in New York's form: two time formats, words that mean nothing, places in one column."""
    draw = random.Random(seed)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(NYC)
        for number in range(rows):
            opened = datetime(2022, 5, 1) + timedelta(seconds=draw.randrange(80_000))
            form = draw.choice(["%m/%d/%Y %I:%M:%S %p", "%Y-%m-%dT%H:%M:%S.000"])
            place = draw.choice([("40.71", "-73.99", ""), ("", "", "(40.7, -73.98)"), ("", "", "POINT (-73.9 40.8)")])
            closed = draw.choice(["", (opened + timedelta(hours=draw.randrange(50))).strftime(form)])
            writer.writerow(
                [
                    *(f"n{number}", opened.strftime(form), closed, draw.choice(["", "N/A"]), "Noise", "Loud"),
                    *(draw.choice(["BROOKLYN", "Unspecified", ""]), "1 Broadway", *place, draw.choice(["PHONE", ""])),
                ]
            )
    return path
