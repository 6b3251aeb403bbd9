"""The HTTP API under /api/v1: the numbers of the screens, lists, intake and requests. Described in docs/api.md."""

from dashboard.api.blueprint import api
from dashboard.api.context import ApiContext

__all__ = ["ApiContext", "api"]
