"""The names of a briefing's figures and what each of them is, in words."""

from __future__ import annotations

from layouts.texts import mark as N_

NAMES: dict[str, str] = {
    "cases_received": N_("Cases received"),
    "cases_closed": N_("Cases closed"),
    "cases_closed_late": N_("Cases closed late"),
    "cases_followed_up": N_("Callers asked"),
    "cases_open": N_("Open cases"),
    "cases_with_deadline": N_("Open cases with a deadline"),
    "cases_overdue": N_("Overdue cases"),
    "cases_due_24h": N_("Due within 24 hours"),
    "cases_without_location": N_("Cases without a place"),
    "contacts_offered": N_("Contacts offered"),
    "contacts_answered": N_("Contacts answered"),
    "incidents_received": N_("Incidents received"),
    "incidents_major": N_("Major incidents"),
    "deaths": N_("Deaths"),
    "gravely_hurt": N_("Gravely hurt"),
    "warnings_raised": N_("Early warnings"),
    "warnings_useful": N_("Warnings of use"),
    "warning_cases": N_("Cases of an early warning"),
    "alerts_issued": N_("Alerts issued"),
}
DEFINITIONS: dict[str, str] = {
    "cases_received": N_("cases whose receipt was recorded within the period"),
    "cases_closed": N_("cases that stood closed at the end of the day they were closed on"),
    "cases_closed_late": N_("of those, closed after their deadline"),
    "cases_followed_up": N_("cases whose callers were asked within the period"),
    "cases_open": N_("cases received and not closed just before the cut-off"),
    "cases_with_deadline": N_("open cases that have a deadline"),
    "cases_overdue": N_("open cases whose deadline lies before the cut-off"),
    "cases_due_24h": N_("open cases whose deadline lies within the 24 hours after the cut-off"),
    "cases_without_location": N_(
        "cases received within the period that stand on no map: no place, or only a default point"
    ),
    "contacts_offered": N_("calls and conversations offered on channels with a queue"),
    "contacts_answered": N_("of those, answered"),
    "incidents_received": N_("emergencies whose receipt was recorded within the period, exercises left out"),
    "incidents_major": N_("of those, declared major incidents"),
    "deaths": N_("people reported dead at incidents received within the period"),
    "gravely_hurt": N_("people reported as T1 or T2 at incidents received within the period"),
    "warnings_raised": N_("early warnings raised within the period; what became part of another counts with that one"),
    "warnings_useful": N_("of those that people judged, the ones they acted on or took note of"),
    "warning_cases": N_("cases that an early warning counted in its cells and hours when it was told with the most"),
    "alerts_issued": N_("public alerts recorded within the period, exercises and tests left out"),
}
LIST_OF_WARNING = "warning_"  # begins the name under which the cases of one warning are found
# Why a figure is not known.
UNTOLD = {
    "emergencies": N_("no source tells emergencies"),
    "calls": N_("no source tells calls"),
    "begun": N_("the archive begins within this period"),
    "warnings": N_("no early warning of the period is known"),
    "usual": N_("too few earlier days to say what is usual"),
}
