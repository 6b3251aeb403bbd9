"""Why there is no usable answer at the moment."""

from __future__ import annotations


class NotNow(Exception):
    """No usable answer this time; asking again later may help. The message is for people and names no key.

    `status` is the HTTP status, 0 when there was none; `retry_after_s` what the server asks for.
    """

    def __init__(self, reason: str, status: int = 0, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.status, self.retry_after_s = status, retry_after_s


class TooMuch(NotNow):
    """The answer was larger or took longer than allowed: a narrower question may have one."""
