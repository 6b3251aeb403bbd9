"""Places for fields that the page's scripts make: Dash has no plain inputs."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from layouts.attributes import attributes


def field(name: str, kind: str, label: str, *, shows_label: bool = True, **more: str) -> Component:
    """A labelled field. `kind`: text, tel, password or area; `more`: placeholder, complete, ltr (see 65-fields.js)."""
    spoken = {} if shows_label else {"data_label": label}
    said = {f"data_{key}": value for key, value in more.items()}
    place = html.Span("", className="field-place", **attributes(data_field=name, data_input=kind, **spoken, **said))
    if not shows_label:
        return place
    return html.Label([html.Span(label, className="field-label"), place], className="field")


def button(text: str, class_name: str = "tool", **data: str) -> Component:
    """A button that a script listens to by one of its `data-` attributes."""
    return html.Button(text, type="button", className=class_name, **attributes(**data))
