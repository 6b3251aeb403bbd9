"""The page of early warnings: everything on it comes from the API by its own script."""

from __future__ import annotations

from dash import ClientsideFunction, Dash, Input, Output

from layouts import ids


def register(app: Dash) -> None:
    """Wire its beginning."""
    app.clientside_callback(
        ClientsideFunction("hexwatch", "mountWarning"),
        Output(ids.Warnings.PAGE, "data-mounted"),
        Input(ids.Warnings.PAGE, "data-setup"),
    )
