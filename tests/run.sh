#!/bin/sh
# Lint, types, then all tests; stops at the first tier that fails.
set -eu
cd "$(dirname "$0")/.."
PY=.venv/bin/python
sh tests/browser_setup.sh
$PY -m ruff check .
$PY -m ruff format --check .
$PY -m mypy geo streams hotline emergency layouts callbacks dashboard benchmarks
$PY -m pytest
