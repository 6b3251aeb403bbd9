"""The right column: work lists with their counts, quick filters, and the grid over as many cases as there are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import dash_ag_grid as dag
from dash import html
from dash.development.base_component import Component

from layouts import ids
from layouts.attributes import attributes
from layouts.hotline.words import FILTER_NAMES, LIST_NAMES
from layouts.texts import Language, gettext

BLOCK = 100
# Colours are the page's own properties, so that the night palette reaches the grid.
THEME = """themeQuartz.withParams({
  backgroundColor: "var(--panel)", foregroundColor: "var(--text)", headerBackgroundColor: "var(--raised)",
  headerTextColor: "var(--muted)", borderColor: "var(--hairline)", accentColor: "var(--accent)",
  oddRowBackgroundColor: "var(--panel)", rowHoverColor: "var(--raised)", selectedRowBackgroundColor: "var(--raised)",
  fontFamily: "var(--fonts)", fontSize: 13, rowHeight: 28, headerHeight: 28, cellHorizontalPadding: 6,
  wrapperBorder: false, wrapperBorderRadius: 0, spacing: 4
})"""


def lists(lang: Language, shown: Iterable[str] = tuple(LIST_NAMES)) -> Component:
    """Columns, rows and refreshing are the business of `assets/82-hotlinegrid.js`."""
    _ = gettext(lang.id)
    return html.Section(
        [
            _tabs(lang, shown),
            _filters(lang),
            html.Div([], className="chips", hidden=True, **attributes(data_part="chips")),
            html.Div(_grid(lang), className="worklist-grid", **attributes(data_part="worklist-box")),
            html.P("", className="desk-empty", hidden=True, **attributes(data_part="worklist-empty")),
            html.Div([], className="bulk-bar", hidden=True, **attributes(data_part="bulk-bar")),
            _foot(lang),
        ],
        className="desk-column hotline-lists panel",
        **attributes(data_panel_name="lists", aria_label=_("Work lists")),
    )


def _tabs(lang: Language, shown: Iterable[str]) -> Component:
    _ = gettext(lang.id)
    tabs = [
        html.Button(
            [html.Span(_(LIST_NAMES[known])), html.B("–", **attributes(data_n_of=known))],
            type="button",
            role="tab",
            **attributes(data_worklist=known, aria_selected="false"),
        )
        for known in shown
    ]
    return html.Div(
        tabs,
        className="tabs list-tabs",
        role="tablist",
        **attributes(data_part="list-tabs", aria_label=_("Work lists")),
    )


def _filters(lang: Language) -> Component:
    """Selects whose first choice is their own name: nothing is filtered by it."""
    _ = gettext(lang.id)
    selects = [
        html.Select(
            [html.Option(_(name), value="")],
            className="desk-input",
            **attributes(data_filter=field, aria_label=_(name)),
        )
        for field, name in FILTER_NAMES.items()
    ]
    return html.Div(selects, className="list-filters", role="group", **attributes(aria_label=_("Filters")))


def _grid(lang: Language) -> Component:
    options: dict[str, Any] = {
        "theme": {"function": THEME},
        "enableRtl": lang.direction == "rtl",
        "cacheBlockSize": BLOCK,
        "maxBlocksInCache": 4,
        "maxConcurrentDatasourceRequests": 1,  # Dash's grid holds one request at a time
        "blockLoadDebounceMillis": 60,
        "infiniteInitialRowCount": 12,
        "rowSelection": {"mode": "multiRow", "enableClickSelection": False, "headerCheckbox": False},
        "selectionColumnDef": {"width": 30, "resizable": False, "suppressHeaderMenuButton": True},
        "animateRows": False,
        "suppressCellFocus": False,
        "suppressColumnVirtualisation": True,
        "suppressMovableColumns": True,
        "suppressNoRowsOverlay": True,
        "tooltipShowDelay": 400,
    }
    return dag.AgGrid(
        id=ids.Worklist.GRID,
        rowModelType="infinite",
        columnDefs=[],
        getRowId="params.data.case_id",
        dashGridOptions=options,
        className="",
        style={"height": "100%", "width": "100%"},
    )


def _foot(lang: Language) -> Component:
    """How many, how fresh, and the same list as a file or on paper."""
    _ = gettext(lang.id)
    links = [
        html.A(
            name,
            href="#",
            target="_blank",
            className="tool",
            title=_("The list exactly as it is filtered"),
            **attributes(data_export=kind),
        )
        for kind, name in (("csv", "CSV"), ("xlsx", "XLSX"), ("html", _("Print")))
    ]
    return html.Div(
        [
            html.P("", className="quiet", **attributes(data_part="worklist-said", aria_live="off")),
            html.Span("", className="age-badge", hidden=True, **attributes(data_part="worklist-age")),
            html.Button("", type="button", className="tool", hidden=True, **attributes(data_part="worklist-new")),
            *links,
        ],
        className="list-foot",
    )
