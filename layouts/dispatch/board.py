"""The board of units: a column for each state, what narrows it down, and one line on the unit looked at."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.context import Context
from layouts.dispatch.citymap import own_window
from layouts.dispatch.states import COLUMN_NAMES, COLUMNS
from layouts.texts import Language, gettext

PANEL = "units"


def unit_board(_context: Context, lang: Language) -> list[Component]:
    """Empty columns; rows are made by `assets/72-board.js`, only as many as are in sight."""
    _ = gettext(lang.id)
    return [
        _bar(lang),
        html.Div([], className="board-distress", hidden=True, role="alert", **attributes(data_part="board-distress")),
        html.Div(
            [_column(number, name, lang) for number, name in enumerate(COLUMN_NAMES, start=1)],
            className="board-columns",
            **attributes(data_part="board", role="group", aria_label=_("Units by state")),
        ),
        html.P("", className="board-detail", **attributes(data_part="board-detail")),
        _menu(lang),
    ]


def _bar(lang: Language) -> Component:
    _ = gettext(lang.id)
    return html.Div(
        [
            html.H2(_("Units")),
            html.Span("", className="quiet board-count", **attributes(data_part="board-count")),
            html.Select([], **attributes(data_part="board-kind", aria_label=_("Kind of unit"))),
            html.Select([], **attributes(data_part="board-station", aria_label=_("Station"))),
            _field("search", "board-text", hint=_("Unit, station or incident"), name=_("Find units")),
            html.Button(
                _("All units"), type="button", className="tool", hidden=True, **attributes(data_part="board-all")
            ),
            own_window(PANEL, lang),
        ],
        className="board-bar",
    )


def _column(number: int, name: str, lang: Language) -> Component:
    _ = gettext(lang.id)
    said = _(COLUMN_NAMES[name])
    return html.Section(
        [
            html.H3(
                [
                    html.Kbd(str(number), className="board-digit"),
                    html.Span(said),
                    html.Span("", className="number", **attributes(data_part="column-count")),
                ]
            ),
            html.Div(
                html.Div([], className="board-space", **attributes(role="presentation")),
                className="board-list",
                tabIndex=0,
                role="listbox",
                **attributes(aria_label=said, data_part="column-list"),
            ),
            html.P("", className="quiet board-empty", hidden=True, **attributes(data_part="column-empty")),
        ],
        className="board-column",
        **attributes(data_column=name, data_statuses=" ".join(COLUMNS[name])),
    )


def _field(kind: str, part: str, label: str = "", hint: str = "", name: str = "") -> Component:
    """A label in which the script puts an input: Dash's own would tell the server each letter."""
    said = {"data_hint": hint, "data_name": name} if hint else {}
    return html.Label(html.Span(label), className="field", **attributes(data_field=kind, data_part=part, **said))


def _menu(lang: Language) -> Component:
    """The acts of one unit; those that take a reason or a time of their own find them below."""
    _ = gettext(lang.id)
    return html.Div(
        [
            html.P("", className="act-title", **attributes(data_part="acts-title")),
            html.Div([], className="act-list", role="menu", **attributes(data_part="acts", aria_label=_("Next acts"))),
            html.Div(
                [
                    _field("text", "acts-reason", _("Reason")),
                    _field("text", "acts-at", _("Done at")),
                ],
                className="act-fields",
            ),
        ],
        className="act-menu unit-acts",
        hidden=True,
        role="dialog",
        **attributes(data_part="unit-acts", aria_label=_("Next acts")),
    )
