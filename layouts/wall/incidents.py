"""What the emergency scene adds: open incidents by name, and units by kind."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.texts import Language, gettext


def incident_list(lang: Language) -> Component:
    """Gravest first; only the emergency scene shows it."""
    _ = gettext(lang.id)
    heads = (_("Open incidents"), _("Area"), _("open for"), _("units"))
    numbers = {2, 3}
    head = html.Tr(
        [html.Th(text, scope="col", className="number" if i in numbers else "") for i, text in enumerate(heads)]
    )
    return html.Section(
        [
            html.Table([html.Thead(head), html.Tbody([], **attributes(data_part="incident-rows"))]),
            html.P("", className="quiet", hidden=True, **attributes(data_part="incident-empty")),
        ],
        className="panel incident-list",
        **attributes(data_rank="incident-list"),
    )


def unit_kinds(lang: Language) -> Component:
    """Available of all, for each kind of unit; only the emergency scene shows it."""
    _ = gettext(lang.id)
    return html.Section(
        [html.H2(_("Units available")), html.Ul([], className="pairs", **attributes(data_part="unit-kinds"))],
        className="panel unit-kinds",
        hidden=True,
        **attributes(data_rank="incident-list", data_part="unit-kinds-panel", data_private="yes"),
    )
