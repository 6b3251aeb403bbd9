"""What stands above the columns and rows of a work list as a file, in the languages of the desks."""

from __future__ import annotations

from collections.abc import Callable

from layouts.hotline.words import FILTER_NAMES, LIST_NAMES
from layouts.texts import gettext
from layouts.texts import mark as N_

HEADINGS: dict[str, str] = {
    "case_id": N_("Case"),
    "kind": N_("Kind"),
    "category": N_("Category"),
    "subcategory": N_("Subcategory"),
    "channel": N_("Channel"),
    "language": N_("Language"),
    "grade": N_("Grade"),
    "stage": N_("State"),
    "status": N_("Status"),
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
}
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
