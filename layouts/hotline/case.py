"""The opened case: what it is and how long there is, what may be done, what happened, and what is like it."""

from __future__ import annotations

from collections.abc import Callable

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.texts import Language, gettext

Say = Callable[[str], str]


def case(lang: Language, of_own_body: bool = False) -> list[Component]:
    """`of_own_body`: for somebody who sees the cases of a body alone: without who called, and without what others have.

    Filled by `assets/84-hotlinecase.js`; private fields stand behind a button, and opening them is written down.
    """
    _ = gettext(lang.id)
    return [
        html.P("", className="desk-empty", **attributes(data_part="case-empty")),
        html.Article(
            [
                _head(_),
                html.Div([], className="case-acts", role="group", **attributes(data_part="case-acts")),
                html.Div([], hidden=True, className="case-form", **attributes(data_part="case-form")),
                html.Div([_facts(_, of_own_body), _life(_)], className="case-columns"),
                *([] if of_own_body else [_similar(_)]),
            ],
            className="case-body",
            hidden=True,
            **attributes(data_part="case-body"),
        ),
    ]


def _head(_: Say) -> Component:
    return html.Header(
        [
            html.H2("", **attributes(data_part="case-title")),
            html.P("", className="case-clock", **attributes(data_part="case-clock")),
            html.Span("", className="age-badge", hidden=True, **attributes(data_part="case-age")),
            html.Button(
                "×",
                type="button",
                className="tool",
                title=_("Close"),
                **attributes(data_part="case-close", aria_label=_("Close"), aria_keyshortcuts="Escape"),
            ),
        ],
        className="case-head",
    )


def _facts(_: Say, of_own_body: bool) -> Component:
    return html.Div(
        [
            html.Dl([], className="case-facts", **attributes(data_part="case-facts")),
            html.Div(
                [
                    html.Button(
                        _("Show place and text") if of_own_body else _("Show caller and text"),
                        type="button",
                        className="act",
                        title=_("Who looked is written down"),
                        **attributes(data_part="case-reveal"),
                    ),
                    html.P("", className="quiet", **attributes(data_part="case-reveal-said")),
                    html.Dl([], className="case-facts case-private", **attributes(data_part="case-private")),
                ],
                **attributes(data_part="case-private-box"),
            ),
            html.Div([], className="case-matters", hidden=True, **attributes(data_part="case-matters")),
        ],
        className="case-side",
    )


def _life(_: Say) -> Component:
    return html.Div(
        [html.H3(_("What happened")), html.Ol([], className="timeline", **attributes(data_part="case-timeline"))],
        className="case-story",
    )


def _similar(_: Say) -> Component:
    heads = (_("Case"), _("Why"), _("Away"), _("Apart"), _("Text alike"), _("State"), "")
    return html.Section(
        [
            html.H3(_("Similar cases")),
            html.P("", className="quiet", hidden=True, **attributes(data_part="similar-empty")),
            html.Table(
                [
                    html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])),
                    html.Tbody([], **attributes(data_part="similar-rows")),
                ],
                className="similar",
                hidden=True,
                **attributes(data_part="similar-table"),
            ),
            html.Div([], className="compare", hidden=True, **attributes(data_part="compare")),
        ],
        className="case-similar",
        **attributes(data_part="case-similar"),
    )
