#!/bin/sh
# Lint, types, then all tests; stops at the first tier that fails.
set -eu
cd "$(dirname "$0")/.."
PY=.venv/bin/python
sh tests/browser_setup.sh
$PY -m ruff check .
$PY -m ruff format --check .
$PY -m mypy geo streams hotline emergency layouts callbacks dashboard benchmarks

# Two cores, two halves: what needs a browser beside everything else. Each has a Redis of its own.
said=$(mktemp)
trap 'rm -f "$said"' EXIT
$PY -m pytest --durations=15 tests/browser >"$said" 2>&1 &
browser=$!
result=0
$PY -m pytest --durations=25 --ignore=tests/browser || result=$?
wait "$browser" || result=$?
echo "--- in the browser"
cat "$said"
exit "$result"
