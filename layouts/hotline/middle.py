"""The middle column: the map with what will be late, and below it one of several panels."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.attributes import attributes
from layouts.context import Context
from layouts.dispatch.frame import split
from layouts.hotline import calls, case
from layouts.hotline.words import MEASURES, PANEL_NAMES
from layouts.texts import Language, gettext
from layouts.wall.citymap import ground


def middle(context: Context, lang: Language) -> Component:
    """Map above, panels below; the border between them can be moved."""
    _ = gettext(lang.id)
    return html.Div(
        [
            html.Section(
                [_map(context, lang), _map_foot(lang)],
                className="desk-map hotline-map panel",
                **attributes(data_panel_name="map", aria_label=_("Map of the city")),
            ),
            split("middle", lang),
            html.Section(
                [_tabs(lang, PANEL_NAMES), *_panels(lang, PANEL_NAMES)],
                className="hotline-lower panel",
                **attributes(data_panel_name="lower", aria_label=_("Details")),
            ),
        ],
        className="desk-column desk-middle",
    )


def own_case(lang: Language) -> Component:
    """The same for somebody who sees the cases of a body alone: the opened case, and nothing of the floor."""
    panels = ("case",)
    return html.Div(
        html.Section(
            [_tabs(lang, panels), *_panels(lang, panels)],
            className="hotline-lower panel",
            **attributes(data_panel_name="lower", aria_label=gettext(lang.id)("Details")),
        ),
        className="desk-column desk-middle",
    )


def _map(context: Context, lang: Language) -> Component:
    _ = gettext(lang.id)
    return html.Div(
        ground(context, ids.Hotlinemap.CANVAS),
        className="map-box deskmap-box",
        dir="ltr",
        **attributes(data_part="hotlinemap", role="region", aria_label=_("Map of the city")),
    )


def _map_foot(lang: Language) -> Component:
    """What the cells count, their classes with numbers, and the tools: nothing of it lies on cells."""
    _ = gettext(lang.id)
    options = [html.Option(_(name), value=measure) for measure, name in MEASURES.items()]
    return html.Div(
        [
            html.Select(
                options, className="desk-input", **attributes(data_part="measure", aria_label=_("What the cells count"))
            ),
            html.Ol([], className="legend-classes", **attributes(data_part="legend-classes", aria_label=_("Legend"))),
            html.P("", className="deskmap-said quiet", **attributes(data_part="map-said")),
            html.Div(
                [
                    _tool(_("Go there"), "there"),
                    _tool(_("Whole city"), "refit"),
                    _tool("+", "zoom-in", _("Closer")),
                    _tool("−", "zoom-out", _("Farther")),
                ],
                className="map-tools",
            ),
        ],
        className="deskmap-foot",
    )


def _tool(sign: str, act: str, name: str = "") -> Component:
    more = {"title": name, "aria_label": name} if name else {}
    return html.Button(sign, type="button", className="tool", **attributes(data_act=act, **more))


def _tabs(lang: Language, shown: Iterable[str]) -> Component:
    _ = gettext(lang.id)
    tabs = [
        html.Button(
            [html.Span(_(PANEL_NAMES[panel])), html.B("", **attributes(data_count_of=panel))],
            type="button",
            role="tab",
            **attributes(data_tab=panel, aria_selected="false"),
        )
        for panel in shown
    ]
    return html.Div(tabs, className="tabs", role="tablist", **attributes(data_part="tabs", aria_label=_("Details")))


def _panels(lang: Language, shown: Collection[str]) -> list[Component]:
    bodies = {
        "case": case.case(lang, of_own_body="clusters" not in shown),
        "matters": [_publish(lang), *_list("matters")],
        "calls": calls.calls(lang),
        "ranking": _ranking(lang),
    }
    return [
        html.Div(
            bodies.get(panel) or _list(panel),
            className=f"lower-panel lower-{panel}",
            hidden=True,
            role="tabpanel",
            tabIndex=0,
            **attributes(data_lower=panel, aria_label=gettext(lang.id)(PANEL_NAMES[panel])),
        )
        for panel in shown
    ]


def _list(name: str) -> list[Component]:
    return [
        html.P("", className="desk-empty", hidden=True, **attributes(data_part=f"{name}-empty")),
        html.Ul([], className="cards", **attributes(data_part=f"{name}-list")),
    ]


def _publish(lang: Language) -> Component:
    _ = gettext(lang.id)
    return html.P(
        html.Button(_("Publish a known matter"), type="button", className="act", **attributes(data_part="publish")),
        className="panel-acts",
        **attributes(data_part="publish-line"),
    )


def _ranking(lang: Language) -> list[Component]:
    """Which units and month, the rule that made the order, and the table."""
    _ = gettext(lang.id)
    levels = (("district", _("Districts")), ("sub-district", _("Sub-districts")))
    heads = (
        _("Rank"),
        _("Unit"),
        _("Cases"),
        _("Response"),
        _("Resolution"),
        _("Satisfaction"),
        _("Score"),
    )
    return [
        html.Div(
            [
                html.Select(
                    [html.Option(name, value=level) for level, name in levels],
                    className="desk-input",
                    **attributes(data_part="ranking-level", aria_label=_("Units")),
                ),
                html.Select(
                    [], className="desk-input", **attributes(data_part="ranking-period", aria_label=_("Month"))
                ),
                html.P("", className="quiet", **attributes(data_part="ranking-rule")),
            ],
            className="panel-acts",
        ),
        html.P("", className="desk-empty", hidden=True, **attributes(data_part="ranking-empty")),
        html.Table(
            [
                html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])),
                html.Tbody([], **attributes(data_part="ranking-rows")),
            ],
            className="ranking",
            hidden=True,
            **attributes(data_part="ranking-table"),
        ),
        html.P("", className="quiet", **attributes(data_part="ranking-foot")),
    ]
