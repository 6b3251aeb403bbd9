"""What lies around the panels: who else is here, and the printed board that outlives the server."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes
from layouts.context import Context
from layouts.texts import Language, gettext


def others_here(_context: Context, lang: Language) -> list[Component]:
    """The people at other desks; a name is a button that shows what its person has chosen."""
    _ = gettext(lang.id)
    return [html.Ul([], className="presence", **attributes(data_part="others", aria_label=_("At other desks")))]


def paper(_context: Context, lang: Language) -> list[Component]:
    """The last printed board that this browser keeps, and where it says how old it is."""
    _ = gettext(lang.id)
    return [
        html.Dialog(
            [
                html.Header(
                    [
                        html.H2("", **attributes(data_part="paper-title")),
                        html.Button(_("Print"), type="button", className="tool", **attributes(data_paper_act="print")),
                        html.A(
                            _("Own window"),
                            href="#",
                            target="_blank",
                            className="tool",
                            **attributes(data_paper_act="window"),
                        ),
                        html.Button(_("Close"), type="button", className="tool", **attributes(data_paper_act="close")),
                    ]
                ),
                html.P("", className="quiet", hidden=True, **attributes(data_part="paper-none")),
                html.Iframe(
                    title=_("Printed board"),
                    className="paper-sheet",
                    sandbox="allow-same-origin allow-modals",
                    **attributes(data_part="paper-sheet"),
                ),
            ],
            className="paper-dialog",
            **attributes(data_part="paper", aria_label=_("Printed board")),
        ),
        html.A(
            "",
            href="#",
            className="paper-link",
            hidden=True,
            target="_blank",
            **attributes(data_part="paper-link"),
        ),
    ]
