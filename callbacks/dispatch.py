"""The dispatch desk: everything live goes to the page's own scripts, nothing of it to a server callback."""

from __future__ import annotations

from dash import ClientsideFunction, Dash, Input, Output

from layouts import ids

SCRIPTS = "hexwatch"  # the clientside namespace of assets/


def register(app: Dash) -> None:
    """Wire the desk: its beginning, its connection, its frames, and who else is there."""
    app.clientside_callback(
        ClientsideFunction(SCRIPTS, "mountDesk"),
        Output(ids.Dispatch.PAGE, "data-mounted"),
        Input(ids.Dispatch.PAGE, "data-setup"),
    )
    app.clientside_callback(
        ClientsideFunction(SCRIPTS, "connected"),
        Output(ids.Dispatch.SOCKET, "data-link"),
        Input(ids.Dispatch.SOCKET, "socketId"),
    )
    app.clientside_callback(
        ClientsideFunction(SCRIPTS, "receive"),
        Output(ids.Dispatch.SOCKET, "data-heard"),
        Input(ids.Dispatch.SOCKET, "data-frame"),
    )
    app.clientside_callback(
        ClientsideFunction(SCRIPTS, "presence"),
        Output(ids.Dispatch.SOCKET, "data-present"),
        Input(ids.Dispatch.SOCKET, "data-presence"),
    )
