"""How long to leave a server alone that gave no usable answer."""

from __future__ import annotations

from streams.feeds.open311.errors import NotNow

FIRST_S, LONGEST_S = 5.0, 900.0
# Being refused seldom ends within seconds, and asking on may make it worse.
REFUSED_FIRST_S = dict.fromkeys((401, 403, 404, 410), 60.0)


def wait_s(error: NotNow, failures: int, draw: float) -> float:
    """Seconds until the next question, after so many failures in a row. `draw` is a random number in [0, 1).

    Doubles each time up to 15 minutes, then between half and the whole of it, so that many clients do not come back
    together. What the server asks for in Retry-After is waited in full, and up to a tenth longer.
    """
    first = REFUSED_FIRST_S.get(error.status, FIRST_S)
    backed_off = min(first * 2 ** min(failures - 1, 20), LONGEST_S) * (0.5 + draw / 2)
    return max(backed_off, (error.retry_after_s or 0.0) * (1 + draw / 10))
