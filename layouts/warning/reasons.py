"""Why the engine refuses what is asked of an early warning, in the languages of the desks.

As `layouts.dispatch.reasons`: pure data.
"""

from __future__ import annotations

from layouts.texts import mark as N_

# (name, pattern, text). The first that fits the whole reason is said.
REASONS: tuple[tuple[str, str, str], ...] = (
    ("warning_acknowledged", r"(?P<who>.+) has acknowledged it", N_("{who} has acknowledged it already")),
    ("warning_dismissed", r"(?P<who>.+) has dismissed it", N_("{who} has dismissed it already")),
    (
        "warning_no_category",
        r"category: this warning has none of its own",
        N_("This warning has no category of its own: a case of it must be opened at the hotline's desk"),
    ),
    ("warning_is_situation", r"it is situation (?P<id>\S+)", N_("It is situation {id} already")),
    (
        "warning_no_cases",
        r"none of its cases is known here and in no other situation",
        N_("None of its cases is still open here and free of other situations"),
    ),
    ("warning_unknown", r"warning \S+ is unknown", N_("There is no such warning")),
    ("warning_over", r"warning \S+ is over", N_("This warning is over")),
    (
        "late",
        r"late: not executed, because it was decided after its time; ask again",
        N_("Too late: it was not carried out. Ask again"),
    ),
)

WORDS: dict[str, str] = {f"refused.{name}": text for name, _, text in REASONS}
