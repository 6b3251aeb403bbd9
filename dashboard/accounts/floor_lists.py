"""How the lists of the hotline stand, unit by unit, for the sheet of whoever leads its floor."""

from __future__ import annotations

from dashboard.accounts.handover import Lists, WaitingCases
from dashboard.api.context import ApiContext
from dashboard.api.worklists import now_of
from dashboard.blocking import run_blocking
from hotline.worklists import WORKLISTS
from streams.reader import NotReady
from streams.reader_lists import ListQuery

LISTS = ("overdue", "due_soon", "returns", "follow_ups")  # what must not wait until somebody looks


def lists_of(context: ApiContext) -> Lists:
    """How the lists stand by unit whenever it is asked, the longest first; nothing while they are being built."""

    def stand() -> tuple[WaitingCases, ...]:
        now, own = now_of(context), context.own_language
        queries = {name: ListQuery(WORKLISTS[name].base, WORKLISTS[name].clauses(now, own)) for name in LISTS}
        try:
            found = run_blocking(context.reader.counted_by, "owner", queries)
        except NotReady:
            return ()
        return tuple(
            WaitingCases(item_id=f"{name}:{unit}", worklist=name, unit=unit, n=n)
            for name, units in found.items()
            for unit, n in sorted(units.items(), key=lambda one: (-one[1], one[0]))
        )

    return stand
