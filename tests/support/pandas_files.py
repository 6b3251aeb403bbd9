"""Recorded files as pandas reads them: the independent reference of every figure."""

from __future__ import annotations

import pandas as pd

from tests.support.shared_data import shared_path


def file_times(column: pd.Series, zone: str) -> pd.Series:
    """Local text to UTC; the first of two equal hours, the hour that does not exist moved forward."""
    local = pd.to_datetime(column.str.removesuffix("+00:00").str.strip().replace("", None), format="mixed")
    return local.dt.tz_localize(zone, ambiguous=[True] * len(local), nonexistent="shift_forward").dt.tz_convert("UTC")


def file_table(file: str, zone: str, opened: str, closed: str, target: str | None) -> pd.DataFrame:
    """`opened`, `closed` and `target` of every row; a case that was closed before it was opened ends when it begins."""
    source = pd.read_csv(shared_path(file), dtype=str)
    raw = pd.DataFrame({"opened": file_times(source[opened], zone), "closed": file_times(source[closed], zone)})
    raw["target"] = (
        file_times(source[target], zone) if target else pd.Series(pd.NaT, index=raw.index, dtype=raw.opened.dtype)
    )
    raw["closed"] = raw.closed.where(raw.closed.isna() | (raw.closed >= raw.opened), raw.opened)
    raw.attrs |= {"zone": zone, "localize": lambda text: pd.Timestamp(text).tz_localize(zone).tz_convert("UTC")}
    return raw
