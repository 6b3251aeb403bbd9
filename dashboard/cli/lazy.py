"""A group of commands that are imported when somebody asks for them.

A process that is started again must not wait for the modules of every other command: an engine came back half a
second later for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class Lazy(click.Group):
    """`places` says where each command is: name -> `module:attribute`. Commands added as usual are found as well."""

    def __init__(self, *args: Any, places: Mapping[str, str], **named: Any):
        super().__init__(*args, **named)
        self.places = places

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self.commands, *(name for name in self.places if name not in self.commands)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in self.places and cmd_name not in self.commands:
            module, _, attribute = self.places[cmd_name].partition(":")
            self.add_command(getattr(import_module(module), attribute or cmd_name), cmd_name)
        return super().get_command(ctx, cmd_name)
