"""The lease of an engine that reads its documents: too busy to commit, yet nobody else needs to take over."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from dashboard.engine.store import Store

RENEW_S = 0.4
LONGEST_S = 120.0  # an engine that takes longer hangs: let another one try


@contextmanager
def lease_kept(store: Store, epoch: int) -> Iterator[threading.Thread]:
    """Renew the lease beside what is done within, for as long as the epoch is ours.

    Loading half a million cases takes longer than a lease lasts; a standby that took over meanwhile would load just
    as long, and the two would fence each other until one happened to be fast enough.
    """
    done = threading.Event()
    keeper = threading.Thread(target=_renew, args=(store, epoch, done), name="lease", daemon=True)
    keeper.start()
    try:
        yield keeper
    finally:
        done.set()
        keeper.join()


def _renew(store: Store, epoch: int, done: threading.Event) -> None:
    for _ in range(int(LONGEST_S / RENEW_S)):
        if done.wait(RENEW_S):
            return
        try:
            if not store.renew_lease(epoch):
                return
        except (redis.ConnectionError, redis.TimeoutError):
            continue  # whoever loads finds out, too
