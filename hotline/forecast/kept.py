"""A learnt model as bytes and back, so that a restart begins with what was known before it."""

from __future__ import annotations

import msgspec
import numpy as np

from hotline.forecast.columns import Floats
from hotline.forecast.model import MissModel, Tables
from hotline.forecast.rule import Rule
from hotline.forecast.scores import Scores
from hotline.forecast.survival import Survival
from hotline.forecast.worktime import WorkTime

VERSION = 1


class _Curves(msgspec.Struct, frozen=True):
    edges: bytes
    names: list[list[str]]  # per level
    hazards: list[bytes]  # per level, a row per name


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    learnt_at: float
    n: int
    zone: str
    work: bytes
    by_age: _Curves
    by_share: _Curves
    weights: bytes
    usual: dict[str, tuple[float, int]]
    check: Scores | None
    rule_check: Scores | None


def to_bytes(model: MissModel) -> bytes:
    """The model as MessagePack."""
    work, by_age, by_share = model.tables
    kept = _Kept(
        version=VERSION,
        learnt_at=model.learnt_at,
        n=model.n,
        zone=work.zone,
        work=_told(work.weights),
        by_age=_curves(by_age),
        by_share=_curves(by_share),
        weights=_told(model.weights),
        usual=model.rule.usual,
        check=model.check,
        rule_check=model.rule_check,
    )
    return msgspec.msgpack.encode(kept)


def from_bytes(raw: bytes) -> MissModel:
    """The model. Raises ValueError for bytes that are none of this version."""
    try:
        kept = msgspec.msgpack.decode(raw, type=_Kept)
    except msgspec.DecodeError as error:
        raise ValueError(f"not a miss forecast: {error}") from None
    if kept.version != VERSION:
        raise ValueError(f"a miss forecast of version {kept.version}")
    tables = Tables(WorkTime(_read(kept.work), kept.zone), _survival(kept.by_age), _survival(kept.by_share))
    rule = Rule(kept.usual)
    return MissModel(kept.learnt_at, kept.n, tables, _read(kept.weights), rule, kept.check, kept.rule_check)


def _curves(survival: Survival) -> _Curves:
    return _Curves(_told(survival.edges), [list(level) for level in survival.known], [*map(_told, survival.hazards)])


def _survival(curves: _Curves) -> Survival:
    edges = _read(curves.edges)
    known = [{name: i for i, name in enumerate(names)} for names in curves.names]
    hazards = [_read(raw).reshape(len(level), -1) for raw, level in zip(curves.hazards, known, strict=True)]
    return Survival(edges, known, hazards)


def _told(values: Floats) -> bytes:
    return np.ascontiguousarray(values, dtype="<f8").tobytes()


def _read(raw: bytes) -> Floats:
    return np.frombuffer(raw, dtype="<f8").astype(float)
