"""Where situations stand that the hotline offers: over the map, filled by `assets/75-situations.js`."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.context import Context
from layouts.texts import Language, gettext, mark, mark_plural

N_, NN_ = mark, mark_plural

WORDS: dict[str, str] = {
    "situation.title": N_("Situation offered: {title}"),
    "situation.offered": N_("The hotline offers a situation: {title}, {n}"),
    "situation.since": N_("since {time} ({age})"),
    "situation.span": N_("within {n} m"),
    "situation.and": N_(", "),
    "situation.by": N_("opened by {who}"),
    "situation.see": N_("Show on the map"),
    "situation.page": N_("Governance case"),
    "situation.promote": N_("Make it one incident"),
    "situation.decline": N_("Decline"),
    "situation.kind": N_("Kind of incident"),
    "situation.priority": N_("Priority"),
    "situation.reason": N_("Why it is no incident"),
    "situation.why_not": N_("Say why it is no incident"),
    "did.promote_situation": N_("Make one incident of a situation"),
    "did.decline_situation": N_("Decline a situation"),
}
PLURALS: dict[str, tuple[str, str]] = {"situation.cases": NN_("{n} report", "{n} reports")}


def offered(context: Context, lang: Language) -> list[Component]:
    """Hidden while nothing is offered."""
    _ = gettext(lang.id)
    return [
        html.Section(
            html.Ul([], **attributes(data_situation="rows")),
            className="situations-offered",
            hidden=True,
            **attributes(data_situation="strip", aria_label=_("Situations offered by the hotline"), aria_live="polite"),
        )
    ]
