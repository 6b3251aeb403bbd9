"""The windows of the hotline desk: search while the caller waits, several cases at once, what is to be published."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.dispatch.fields import button, field
from layouts.texts import Language, gettext


def not_for_this_role(lang: Language) -> Component:
    """What a screen says whose key or person may not read cases as a desk does."""
    _ = gettext(lang.id)
    return html.Main(
        [
            html.P(_("This page is for the hotline. You may not read its lists here.")),
            html.P(html.A(_("Sign in as somebody else"), href="/signin?next=/hotline")),
        ],
        className="not-found",
        lang=lang.html,
        dir=lang.direction,
    )


def search(lang: Language) -> Component:
    """One field; the best answer first, and beside it what this caller had before."""
    _ = gettext(lang.id)
    return html.Dialog(
        [
            html.Div([html.H2(_("Search")), button(_("Close"), data_search="close")], className="dialog-head"),
            html.Div(
                field("q", "text", _("Number, last four digits, name, address, text or case"), shows_label=False),
                className="search-field",
                **attributes(data_placeholder=_("Number, last four digits, name, address, text or case")),
            ),
            html.P("", className="quiet", role="status", **attributes(data_search="said")),
            html.Div(
                [
                    html.Ul(
                        [],
                        className="search-results",
                        role="listbox",
                        **attributes(data_search="results", aria_label=_("Found")),
                    ),
                    html.Section(
                        [
                            html.H3(_("This caller")),
                            html.P("", className="nuisance", hidden=True, **attributes(data_search="nuisance")),
                            html.P("", className="quiet", **attributes(data_search="caller-said")),
                            html.Div([], className="panel-acts", **attributes(data_search="caller-acts")),
                            html.Ul([], **attributes(data_search="caller-cases")),
                        ],
                        className="caller",
                        hidden=True,
                        **attributes(data_search="caller", aria_label=_("This caller")),
                    ),
                ],
                className="search-body",
            ),
        ],
        className="desk-dialog search-window",
        **attributes(data_search="window", aria_label=_("Search")),
    )


def bulk(lang: Language) -> Component:
    """What will happen, case by case, before anything does."""
    _ = gettext(lang.id)
    return html.Dialog(
        [
            html.Div(
                [html.H2("", **attributes(data_bulk="title")), button(_("Close"), data_bulk="close")],
                className="dialog-head",
            ),
            html.Div([], className="case-form", **attributes(data_bulk="fields")),
            html.P("", role="status", **attributes(data_bulk="said")),
            html.Ul([], className="bulk-rows", tabIndex=0, **attributes(data_bulk="rows", aria_label=_("Cases"))),
            html.Div(
                [button("", "act strong", data_bulk="do"), button(_("Close"), "tool", data_bulk="leave")],
                className="dialog-acts",
            ),
        ],
        className="desk-dialog bulk-window",
        **attributes(data_bulk="window", aria_label=_("Several cases at once")),
    )


def form(lang: Language) -> Component:
    """Situations and known matters are written here."""
    _ = gettext(lang.id)
    return html.Dialog(
        [
            html.Div(
                [html.H2("", **attributes(data_form="title")), button(_("Close"), data_form="close")],
                className="dialog-head",
            ),
            html.Div([], className="case-form tall", **attributes(data_form="fields")),
            html.P("", className="form-said", role="alert", **attributes(data_form="said")),
            html.Div([button("", "act strong", data_form="do")], className="dialog-acts"),
        ],
        className="desk-dialog form-window",
        **attributes(data_form="window", aria_label=_("What to say")),
    )
