"""How many cases each base of the work lists has, by when they are due and by what lists are narrowed by most.

Half a million cases are some thousands of rows here, kept by triggers within the transaction that changes a case. A
deadline is counted in the slot that holds it; whoever asks for less than a slot counts the cases of that one slot.
"""

from __future__ import annotations

from streams.reader_schema import BASES, due_of

TALLY = "tally"
BY = ("grade", "channel", "tongue")  # counted apart, beside the slot of the deadline
SLOT_US = 4 * 3_600 * 1_000_000
NEVER = -(1 << 62)  # the slot of what has no deadline
_KEY = ("base", "slot", *BY)
# Columns that a base, a deadline or a count depends on.
_WATCHED = (
    *("target_at", "follow_up_due_at", *BY),
    *("status", "stage", "merged_into", "received_at", "owner", "situation_id", "members", "repeated"),
)


def first_of_slot(us: int) -> int:
    """The first microsecond of the slot that holds this one."""
    return us - us % SLOT_US


def slots(base: str) -> str:
    """SQL of the base's rows of the tally, its deadline under its own name: the first instant of a slot, or NULL."""
    due = f"nullif(slot, {NEVER}) AS {due_of(base)}"
    return f"SELECT slot, {due}, {', '.join(BY)}, n FROM {TALLY} WHERE base = '{base}'"


def create_tally() -> list[str]:
    """Statements that count a filled table `cases`, and keep counting from then on."""
    columns = ", ".join(f"{name} {'INTEGER' if name == 'slot' else 'TEXT'} NOT NULL" for name in _KEY)
    places = ", ".join(str(place) for place in range(1, len(_KEY) + 1))
    counted = " UNION ALL ".join(
        f"{_rows(base, f'cases INDEXED BY cases_{base}_due', 'count(*)')} GROUP BY {places}" for base in BASES
    )
    changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in _WATCHED)
    return [
        f"CREATE TABLE {TALLY} ({columns}, n INTEGER NOT NULL, PRIMARY KEY ({', '.join(_KEY)})) WITHOUT ROWID",
        f"INSERT INTO {TALLY} {counted}",
        f"CREATE TRIGGER case_counted AFTER INSERT ON cases BEGIN {_count('NEW', 1)} END",
        f"CREATE TRIGGER case_uncounted AFTER DELETE ON cases BEGIN {_count('OLD', -1)} END",
        f"CREATE TRIGGER case_recounted AFTER UPDATE OF {', '.join(_WATCHED)} ON cases WHEN {changed}"
        f" BEGIN {_count('OLD', -1)} {_count('NEW', 1)} END",
    ]


def _rows(base: str, source: str, n: str) -> str:
    """SQL of what `source` has of a base, as rows of the tally, `n` each."""
    due = due_of(base)
    # The remainder has the sign of what is divided: before 1970 it is brought above zero.
    slot = f"coalesce({due} - ({due} % {SLOT_US} + {SLOT_US}) % {SLOT_US}, {NEVER})"
    by = ", ".join(f"coalesce({name}, '')" for name in BY)
    return f"SELECT '{base}', {slot}, {by}, {n} FROM {source} WHERE place > 0 AND {BASES[base]}"


def _count(row: str, n: int) -> str:
    """Statement of a trigger: count the row (`NEW`, `OLD`) `n` times more in every base that holds it."""
    named = ", ".join(f"{row}.{name} AS {name}" for name in ("place", *_WATCHED))
    counted = " UNION ALL ".join(_rows(base, f"(SELECT {named})", str(n)) for base in BASES)
    return f"INSERT INTO {TALLY} {counted} ON CONFLICT DO UPDATE SET n = n + excluded.n;"
