"""The one door for slow calls (SQLite, DuckDB, typst, argon2): never inline in an event loop that serves others."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def run_blocking(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of `function(…)`, or what it raised.

    In a thread that runs a gevent loop the call happens in gevent's thread pool and only the calling greenlet
    waits; in any other thread it happens here. The function must not use sockets (a Redis client's pool, say), for
    gevent binds them to the loop of one thread, nor Flask's context.
    """
    pool = _thread_pool()
    if pool is None:
        return function(*args, **kwargs)
    result, error = pool.apply(_outcome, (function, args, kwargs))
    if error is not None:
        raise error
    return result


def _outcome(function: Callable[..., Any], args: Any, kwargs: Any) -> tuple[Any, Exception | None]:
    """The pool prints every exception that reaches it, also those that the caller answers."""
    try:
        return function(*args, **kwargs), None
    except Exception as error:
        return None, error


def _thread_pool() -> Any:
    """gevent's thread pool, if this thread has a gevent loop. Asking never makes one."""
    if "gevent" not in sys.modules:
        return None
    from gevent._hub_local import get_hub_if_exists

    hub = get_hub_if_exists()
    return None if hub is None else hub.threadpool
