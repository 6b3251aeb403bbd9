"""The hotline desk: everything live goes to the page's own scripts, nothing of it to a server callback."""

from __future__ import annotations

from dash import ClientsideFunction, Dash, Input, Output

from layouts import ids

SCRIPTS = "hexwatch"  # the clientside namespace of assets/


def register(app: Dash) -> None:
    """Wire the desk: its beginning, its connection and its frames. Rows go from the API to the grid by its scripts."""
    app.clientside_callback(
        ClientsideFunction(SCRIPTS, "mountHotline"),
        Output(ids.Hotline.PAGE, "data-mounted"),
        Input(ids.Hotline.PAGE, "data-setup"),
    )
    app.clientside_callback(
        ClientsideFunction(SCRIPTS, "connected"),
        Output(ids.Hotline.SOCKET, "data-link"),
        Input(ids.Hotline.SOCKET, "socketId"),
    )
    app.clientside_callback(
        ClientsideFunction(SCRIPTS, "receive"),
        Output(ids.Hotline.SOCKET, "data-heard"),
        Input(ids.Hotline.SOCKET, "data-frame"),
    )
    app.clientside_callback(
        ClientsideFunction(SCRIPTS, "worklistRows"),
        Output(ids.Worklist.GRID, "getRowsResponse"),
        Input(ids.Worklist.GRID, "getRowsRequest"),
    )
