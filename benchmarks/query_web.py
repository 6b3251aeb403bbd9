"""The product's web app with one more door, behind which an archive query runs: in the thread pool, or in line."""

from __future__ import annotations

import time

from flask import Flask, Response, request

from dashboard.blocking import run_blocking
from dashboard.web import create_app as create_product
from streams.codec import encode


def create_app() -> Flask:
    """As `dashboard.web.create_app`, plus `/benchmark/query?rows=N&how=pool|inline`."""
    app = create_product()

    @app.get("/benchmark/query")
    def query() -> Response:
        rows = request.args.get("rows", default=1, type=int)
        how = archive_query if request.args.get("how") == "inline" else in_pool
        seconds = how(rows)
        return Response(encode({"seconds": seconds}), mimetype="application/json")

    return app


def in_pool(rows: int) -> float:
    return run_blocking(archive_query, rows)


def archive_query(rows: int) -> float:
    """Group, sort and count over made-up rows, as a briefing does over a day; returns how long it took."""
    import duckdb

    began = time.monotonic()
    with duckdb.connect(config={"threads": 1}) as db:
        db.execute(
            "SELECT cell, count(*) AS n, count(DISTINCT category), avg(hours) FROM ("
            " SELECT hash(i) % 20000 AS cell, hash(i * 31) % 30 AS category, sqrt(i % 10007) AS hours"
            " FROM range(?) t(i)) GROUP BY cell ORDER BY n DESC LIMIT 50",
            [rows],
        ).fetchall()
    return time.monotonic() - began
