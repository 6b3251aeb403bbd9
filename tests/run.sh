#!/bin/sh
# Lint, types, then all tests; stops at the first tier that fails.
set -eu
cd "$(dirname "$0")/.."
PY=.venv/bin/python
sh tests/browser_setup.sh
$PY -m ruff check .
$PY -m ruff format --check .
$PY -m mypy geo streams hotline emergency layouts callbacks dashboard benchmarks

# Two cores, and tests that wait a third of their time: what needs a browser or the whole program runs in one process,
# everything else beside it in two. Each has a Redis of its own.
WHOLE="tests/browser tests/dashboard tests/faults"
# One order and one set of examples, so that a failure speaks of the change; `make thorough` draws new ones.
SAME="--randomly-seed=12345 --hypothesis-profile=repeatable --rerun-show-tracebacks"
said=$(mktemp)
trap 'rm -f "$said"' EXIT
# shellcheck disable=SC2086
$PY -m pytest $SAME --durations=15 $WHOLE >"$said" 2>&1 &
whole=$!
result=0
# shellcheck disable=SC2046,SC2086
$PY -m pytest $SAME -n 2 --dist loadfile --durations=25 $(printf ' --ignore=%s' $WHOLE) || result=$?
wait "$whole" || result=$?
echo "--- in the browser, and the whole program"
cat "$said"
exit "$result"
