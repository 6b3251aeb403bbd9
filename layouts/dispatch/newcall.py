"""The form of a new incident, which also corrects a known one; it is no dialog, so that map and queue stay in reach."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.context import Context
from layouts.dispatch.fields import button, field
from layouts.texts import Language, gettext
from layouts.tokens import PRIORITY_SHAPES

KEYS = {"enter": "Enter", "done": "Ctrl+Enter, Esc"}


def new_call(context: Context, lang: Language) -> list[Component]:
    """Every field is saved as it is left. Closed until somebody asks for it."""
    _ = gettext(lang.id)
    return [
        html.Form(
            [
                html.Div(
                    [
                        html.H2("", **attributes(data_new="title")),
                        button(_("Exercise"), data_new="exercise", aria_pressed="false"),
                        button(_("Done"), "tool strong", data_new="done", aria_keyshortcuts="Control+Enter"),
                    ],
                    className="newcall-head",
                ),
                html.P("", className="newcall-state", role="status", **attributes(data_new="state")),
                button(_("Save again"), "tool strong", data_new="again"),
                html.P("", className="newcall-warn", role="alert", hidden=True, **attributes(data_new="warn")),
                _offered(field("kind", "text", _("What")), "kind-offers"),
                _priorities(lang),
                _offered(
                    field("place", "text", _("Where"), placeholder=_("Street, place, lat, lng or cell")), "place-offers"
                ),
                html.Div(
                    [
                        button(_("Click on the map"), data_new="map"),
                        button(_("Unknown"), data_new="unknown"),
                    ],
                    className="newcall-tools",
                ),
                _near(lang),
                field("phone", "tel", _("Call-back number"), ltr="yes"),
                field("name", "text", _("Name")),
                field("text", "area", _("In the caller's words")),
                html.Div(
                    [
                        field("at", "text", _("Entered later: when it was"), placeholder="14:05", ltr="yes"),
                        html.Span("", className="quiet", **attributes(data_new="at-told")),
                    ],
                    className="newcall-late",
                ),
                html.P(
                    _("Every field is saved when it is left. {enter}: next field. {done}: done.").format(**KEYS),
                    className="quiet newcall-keys",
                ),
            ],
            className="newcall panel",
            hidden=True,
            **attributes(data_newcall="form", aria_label=_("New incident")),
        )
    ]


def correct_button(context: Context, lang: Language) -> list[Component]:
    """In the incident's panel: what, how grave and where it is can be put right; and whatever else may be done."""
    _ = gettext(lang.id)
    said = attributes(data_part="more-acts", aria_label=_("More …"))
    more = html.Div([], className="act-menu", role="menu", hidden=True, **said)
    return [
        button(_("Correct kind or place"), data_correct="open"),
        button(_("More …"), data_more="open", aria_haspopup="menu", aria_expanded="false"),
        more,
    ]


def _offered(labelled: Component, name: str) -> Component:
    offers = html.Ul([], className="offers", hidden=True, **attributes(data_new=name))
    return html.Div([labelled, offers], className="offered")


def _priorities(lang: Language) -> Component:
    _ = gettext(lang.id)
    return html.Div(
        [
            html.Span(_("Priority"), className="field-label"),
            *(
                html.Button(
                    [
                        html.Span(shape, className=f"shape priority-{priority}", **attributes(aria_hidden="true")),
                        html.Span(str(priority)),
                    ],
                    type="button",
                    className="tool",
                    **attributes(
                        data_priority=str(priority),
                        aria_pressed="false",
                        aria_label=_("Priority {n}").format(n=priority),
                    ),
                )
                for priority, shape in PRIORITY_SHAPES.items()
            ),
        ],
        className="newcall-priority",
        role="group",
        **attributes(aria_label=_("Priority")),
    )


def _near(lang: Language) -> Component:
    """Open matters close by: one key makes this one more caller of theirs."""
    _ = gettext(lang.id)
    return html.Section(
        [
            html.H3(_("Close by in the last half hour: one more caller of")),
            html.Ol([], **attributes(data_new="near")),
        ],
        className="newcall-near",
        hidden=True,
        **attributes(data_new="near-box"),
    )
