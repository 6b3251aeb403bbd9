"""The selected incident: what it is, what to send, what was done."""

from __future__ import annotations

from collections.abc import Callable

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.context import Context
from layouts.dispatch.slots import slot
from layouts.texts import Language, gettext

Say = Callable[[str], str]


def incident(context: Context, lang: Language) -> Component:
    """Head first, then the decision, then what happened: filled by `assets/62-incident.js` and `62-recommended.js`."""
    _ = gettext(lang.id)
    return html.Section(
        [
            html.P("", className="desk-empty", **attributes(data_part="incident-empty")),
            html.Div(
                [
                    _head(),
                    slot("incident-acts", context, lang),
                    _recommended(_),
                    _story(_),
                ],
                className="incident-body",
                hidden=True,
                **attributes(data_part="incident-body"),
            ),
        ],
        className="desk-column desk-incident panel",
        tabIndex=-1,
        **attributes(data_panel_name="incident", aria_label=_("Selected incident")),
    )


def _head() -> Component:
    return html.Header(
        [
            html.H2("", **attributes(data_part="incident-title")),
            html.P("", className="incident-where", **attributes(data_part="incident-where")),
            html.P("", className="incident-state", **attributes(data_part="incident-state")),
            html.Div([], className="incident-together", **attributes(data_part="incident-together")),
            html.P("", className="incident-caller", hidden=True, **attributes(data_part="incident-caller")),
            html.P("", className="incident-private", dir="auto", hidden=True, **attributes(data_part="incident-text")),
            html.Div([], className="incident-relations", hidden=True, **attributes(data_part="incident-relations")),
            html.Span("", className="age-badge", hidden=True, **attributes(data_part="incident-age")),
        ],
        className="incident-head",
        **attributes(data_part="incident-head"),
    )


def _recommended(_: Say) -> Component:
    """Units on it, the plan, and the numbered rows; the button at the foot says what would be sent."""
    return html.Div(
        [
            html.H3(_("Units on it")),
            html.Ul([], className="units-on-it", **attributes(data_part="incident-units")),
            html.Div(
                [html.H3(_("Recommended")), html.Span("", className="age-badge", **attributes(data_part="rec-age"))],
                className="line-between",
            ),
            html.Div(
                [
                    html.P("", className="plan-line", **attributes(data_part="rec-plan")),
                    _act("", "f", "rec-alarm", hidden=True),
                ],
                className="line-between",
            ),
            html.P("", className="plan-line", **attributes(data_part="rec-places")),
            html.Ol(
                [],
                className="rec-rows",
                role="group",
                **attributes(data_part="rec-rows", aria_label=_("Recommended units")),
            ),
            html.Ul([], className="rec-short", **attributes(data_part="rec-short")),
            html.P("", className="rec-thin", hidden=True, **attributes(data_part="rec-thin")),
            html.P("", className="desk-empty", hidden=True, **attributes(data_part="rec-empty")),
            html.Div(
                [
                    _act(_("Take it"), "d", "rec-take"),
                    _act(_("Send"), "Ctrl+Enter", "rec-send"),
                ],
                className="rec-acts",
            ),
        ],
        className="incident-decision",
        **attributes(data_part="incident-decision"),
    )


def _act(text: str, key: str, part: str, hidden: bool = False) -> Component:
    return html.Button(
        [html.Span(text, **attributes(data_part=f"{part}-text")), html.Kbd(key)],
        type="button",
        className="act",
        hidden=hidden,
        **attributes(data_part=part),
    )


def _story(_: Say) -> Component:
    return html.Div(
        [
            html.Div(
                [html.H3(_("What happened")), _act(_("Note"), "n", "note-button")],
                className="line-between",
            ),
            html.Div([], className="note-form", hidden=True, **attributes(data_part="note-form")),
            html.Ol([], className="timeline", **attributes(data_part="timeline")),
        ],
        className="incident-story",
    )
