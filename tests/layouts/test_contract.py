"""Ids: what is placed, what is wired and what is declared are the same, and nothing live reaches a server callback."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from layouts import ids, shell
from tests.layouts.pages import small_app, small_context
from tests.support import dash_contract

ROOT = Path(__file__).resolve().parents[2]
LIVE_PROPERTIES = {"data-frame", "data-heard", "data-link", "socketId", "connected"}
SOURCES = sorted([*(ROOT / "layouts").rglob("*.py"), *(ROOT / "callbacks").rglob("*.py")])


def test_no_id_is_declared_twice() -> None:
    declared = dash_contract.declared_ids(ids.PANELS)
    assert len(declared) == len(set(declared))


def test_every_panel_of_the_module_is_listed() -> None:
    panels = {value for value in vars(ids).values() if isinstance(value, type) and issubclass(value, ids.StrEnum)}
    assert panels - {ids.StrEnum} == set(ids.PANELS)


def test_an_id_says_its_panel_and_role() -> None:
    for panel in ids.PANELS:
        for member in panel:
            assert member == f"{panel.__name__}-{member.name}".lower().replace("_", "-")


def test_each_declared_id_is_placed_and_each_placed_id_is_declared() -> None:
    placed = dash_contract.placed_ids([shell.every_page(small_context())])
    assert set(placed) == set(dash_contract.declared_ids(ids.PANELS))


def test_each_page_places_an_id_at_most_once() -> None:
    for page in shell.PAGES.values():
        placed = dash_contract.placed_ids([shell.shell(), page(small_context(), "")])
        assert [id_ for id_, times in placed.items() if times > 1] == []


def test_each_wired_id_is_placed_on_some_page() -> None:
    placed = dash_contract.placed_ids([shell.every_page(small_context())])
    wired = set().union(*dash_contract.wired_properties(small_app()))
    assert {id_ for id_, _ in wired} <= set(placed)


def test_each_property_has_one_writer() -> None:
    written = [output for callback in dash_contract.callbacks_of(small_app()) for output in callback["outputs"]]
    assert len(written) == len(set(written))


def test_no_server_callback_has_a_live_stream_input() -> None:
    callbacks = dash_contract.callbacks_of(small_app())
    on_server = [callback for callback in callbacks if callback["on_server"]]
    assert on_server, "no server callback found: the contract helper no longer reads Dash rightly"
    for callback in on_server:
        assert not {prop for _, prop in callback["inputs"]} & LIVE_PROPERTIES
        assert ids.Live.SOCKET not in {id_ for id_, _ in callback["inputs"]}


def test_frames_do_reach_the_page() -> None:
    inputs = {i for callback in dash_contract.callbacks_of(small_app()) for i in callback["inputs"]}
    assert (ids.Live.SOCKET.value, "data-frame") in inputs


def test_no_callback_exception_is_suppressed() -> None:
    assert small_app().config.suppress_callback_exceptions is False


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_ids_are_never_written_as_literals(path: Path) -> None:
    assert list(_literal_ids(ast.parse(path.read_text(encoding="utf-8")))) == []


def _literal_ids(tree: ast.AST) -> Iterator[str]:
    """String literals given as `id=` or as first argument of Input, Output, State."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        given = [keyword.value for keyword in node.keywords if keyword.arg in {"id", "component_id"}]
        if name in {"Input", "Output", "State"}:
            given += node.args[:1]
        yield from (str(value.value) for value in given if isinstance(value, ast.Constant))


def test_the_literal_check_sees_a_literal() -> None:
    tree = ast.parse('html.Div(id="here"); Input("there", "value"); Output(ids.Map.MEASURE, "value")')
    assert list(_literal_ids(tree)) == ["here", "there"]


def test_what_dash_sends_with_every_first_answer_has_no_outlines() -> None:
    assert "coordinates" not in small_app().index()
