#!/bin/sh
# Lint, types, then all tests; stops at the first tier that fails.
set -eu
cd "$(dirname "$0")/.."
PY=.venv/bin/python
sh tests/browser_setup.sh
$PY -m ruff check .
$PY -m ruff format --check .
$PY -m mypy geo streams hotline emergency layouts callbacks dashboard benchmarks
# Two processes, since two cores are what a machine must have; each has a Redis of its own.
$PY -m pytest -n 2 --dist loadgroup
