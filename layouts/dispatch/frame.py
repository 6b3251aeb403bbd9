"""What holds the desk's panels together: the middle column, borders that can be moved, and the door for others."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.context import Context
from layouts.dispatch.slots import slot
from layouts.texts import Language, gettext


def not_for_this_role(lang: Language) -> Component:
    """What a screen says whose key or person may not read incidents."""
    _ = gettext(lang.id)
    return html.Main(
        [
            html.P(_("This page is for dispatchers. You may not read incidents here.")),
            html.P(html.A(_("Sign in as somebody else"), href="/signin?next=/dispatch")),
        ],
        className="not-found",
        lang=lang.html,
        dir=lang.direction,
    )


def alarms(context: Context, lang: Language) -> Component:
    """A line that keeps its height without an alarm: nothing below it may move because one came."""
    _ = gettext(lang.id)
    none = html.P(_("No alarm"), className="alarms-none quiet")
    return html.Div([none, slot("alarms", context, lang)], className="desk-alarms")


def middle(context: Context, lang: Language) -> Component:
    """Map above units; both are panels of their own."""
    return html.Div(
        [
            html.Section(slot("map", context, lang), className="desk-map panel", **attributes(data_panel_name="map")),
            split("middle", lang),
            html.Section(
                slot("units", context, lang), className="desk-units panel", **attributes(data_panel_name="units")
            ),
        ],
        className="desk-column desk-middle",
    )


def split(name: str, lang: Language) -> Component:
    """A border between panels that can be moved, with the pointer or with the arrow keys."""
    _ = gettext(lang.id)
    orientation = "horizontal" if name == "middle" else "vertical"
    return html.Div(
        "",
        className="desk-split",
        role="separator",
        tabIndex=0,
        **attributes(data_split=name, aria_orientation=orientation, aria_label=_("Move the border")),
    )
