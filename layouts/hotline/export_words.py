"""What stands in a work list as a file, in the languages of the desks: above columns and rows, and in their cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from babel import Locale

from layouts.context import Context
from layouts.hotline.words import FILTER_NAMES, LIST_NAMES, words_for_hotline
from layouts.pages.hotline import bodies
from layouts.texts import Language, gettext
from layouts.texts import mark as N_
from layouts.wall.names import names

HEADINGS: dict[str, str] = {
    "case_id": N_("Case"),
    "kind": N_("Kind"),
    "category": N_("Category"),
    "subcategory": N_("Subcategory"),
    "channel": N_("Channel"),
    "language": N_("Language"),
    "grade": N_("Grade"),
    "stage": N_("State"),
    "status": N_("Open or closed"),
    "area": N_("Area"),
    "owner": N_("Owner"),
    "received_at": N_("Received"),
    "dispatch_due_at": N_("Dispatch due"),
    "dispatched_at": N_("Dispatched"),
    "target_at": N_("Deadline"),
    "closed_at": N_("Closed"),
    "follow_up_due_at": N_("Follow-up due"),
    "returned": N_("Times returned"),
    "reopened": N_("Reopened"),
    "satisfied": N_("Satisfied, 1 to 5"),
    "merged_into": N_("Merged into"),
    "situation_id": N_("Situation"),
    "incident_id": N_("Incident"),
    "lat": N_("Latitude"),
    "lng": N_("Longitude"),
}
HEAD: dict[str, str] = {
    "list": N_("List"),
    "city": N_("City"),
    "filters": N_("Filters"),
    "none": N_("none"),
    "as_of": N_("As of"),
    "commit": N_("Commit"),
    "rows": N_("Rows"),
    "asked_by": N_("Asked by"),
    "code": N_("{name}, code"),
}
# Column -> under which keys the desk's scripts have words for its codes.
WORDED: dict[str, str] = {"kind": "casekind.", "stage": "casestage.", "status": "casestage."}
NAMED: dict[str, str] = {"category": "categories", "channel": "channels", "area": "areas"}  # column -> table of names
FILTERS = FILTER_NAMES | {"stage": N_("State"), "cell": N_("Cell"), "q": N_("Words"), "sort": N_("Order by")}
FILTERS |= {"order": N_("Direction")}


def export_words(lang: str) -> Callable[[str, str], str]:
    """`say(group, name)` for the groups heading, head, filter and list; a name without a word stays as it is."""
    say = gettext(lang)
    groups = {"heading": HEADINGS, "head": HEAD, "filter": FILTERS, "list": LIST_NAMES}

    def said(group: str, name: str) -> str:
        text = groups[group].get(name)
        return name if text is None else say(text)

    return said


def case_names(context: Context, lang: Language) -> dict[str, Mapping[str, str]]:
    """Column of a case -> code -> what it is called in the language, for every column that holds codes."""
    said, known = words_for_hotline(lang), names(context, lang)
    worded = {
        column: {key.removeprefix(prefix): str(word) for key, word in said.items() if key.startswith(prefix)}
        for column, prefix in WORDED.items()
    }
    owners = known["areas"] | known["agencies"] | bodies(context, lang)
    tongues = dict(Locale.parse(lang.id).languages.items())
    return worded | {column: known[table] for column, table in NAMED.items()} | {"owner": owners, "language": tongues}
