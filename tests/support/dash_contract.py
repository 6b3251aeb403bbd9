"""What a Dash app places, wires and declares: the only file that uses underscored names of Dash."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from dash import Dash
from dash.development.base_component import Component


def placed_ids(layouts: Iterable[Component]) -> Counter[str]:
    """Every string id in the layouts, with how often it stands there."""
    return Counter(str(part.id) for layout in layouts for part in _components(layout) if _has_string_id(part))


def wired_properties(app: Dash) -> tuple[set[tuple[str, str]], set[tuple[str, str]], set[tuple[str, str]]]:
    """(outputs, inputs, states) of all callbacks as (id, property)."""
    outputs: set[tuple[str, str]] = set()
    inputs: set[tuple[str, str]] = set()
    states: set[tuple[str, str]] = set()
    for callback in callbacks_of(app):
        outputs.update(callback["outputs"])
        inputs.update(callback["inputs"])
        states.update(callback["states"])
    return outputs, inputs, states


def callbacks_of(app: Dash) -> list[dict[str, Any]]:
    """Each callback: outputs, inputs and states as (id, property), and whether the server answers it."""
    app._setup_server()
    found = []
    for key, callback in app.callback_map.items():
        found.append(
            {
                "outputs": set(_outputs(key)),
                "inputs": {_pair(entry) for entry in callback["inputs"]},
                "states": {_pair(entry) for entry in callback["state"]},
                "on_server": "callback" in callback,
            }
        )
    return found


def declared_ids(panels: Iterable[type[StrEnum]]) -> list[str]:
    """Every id of the panels, in order; a duplicate shows twice."""
    return [str(member) for panel in panels for member in panel]


def fire(app: Dash, trigger: tuple[str, str], values: Mapping[tuple[str, str], Any]) -> dict[str, dict[str, Any]]:
    """Post the one server callback that `trigger` feeds, as a browser does; answers {id: {property: value}}."""
    app._setup_server()
    key, callback = next(
        (key, callback)
        for key, callback in app.callback_map.items()
        if "callback" in callback and trigger in map(_pair, callback["inputs"])
    )
    outputs = [{"id": id_, "property": prop} for id_, prop in _outputs(key)]
    body = {
        "output": key,
        "outputs": outputs if key.startswith("..") else outputs[0],
        "inputs": [_given(entry, values) for entry in callback["inputs"]],
        "state": [_given(entry, values) for entry in callback["state"]],
        "changedPropIds": [".".join(trigger)],
    }
    response = app.server.test_client().post("/_dash-update-component", json=body)
    assert response.status_code == 200, response.get_data(as_text=True)
    return response.json["response"]


def _given(entry: dict[str, Any], values: Mapping[tuple[str, str], Any]) -> dict[str, Any]:
    id_, prop = _pair(entry)
    return {"id": id_, "property": prop, "value": values.get((id_, prop))}


def _components(layout: Component) -> Iterator[Component]:
    yield layout
    yield from (part for part in layout._traverse() if isinstance(part, Component))


def _has_string_id(part: Component) -> bool:
    return isinstance(getattr(part, "id", None), str)


def _pair(entry: dict[str, Any]) -> tuple[str, str]:
    return str(entry["id"]), entry["property"]


def _outputs(key: str) -> list[tuple[str, str]]:
    """`..a.x...b.y..` or `a.x` -> pairs; a hash after `@` marks an allowed duplicate."""
    names = key[2:-2].split("...") if key.startswith("..") else [key]
    pairs = []
    for name in names:
        id_, _, prop = name.partition("@")[0].rpartition(".")
        pairs.append((json.loads(id_) if id_.startswith("{") else id_, prop))
    return pairs
