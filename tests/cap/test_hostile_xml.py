"""Hostile documents are refused for the right reason, within a second and 50 MB each."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from streams.feeds.cap.parse import Refused, parse_cap
from tests.cap.hostile import HOSTILE

ROOT = Path(__file__).resolve().parents[2]
MOST_S = 1.0
MOST_KB = 50 * 1024

_MEASURE = """
import json, re, sys, time, tracemalloc
from streams.feeds.cap.parse import Refused, parse_cap
raw = sys.stdin.buffer.read()
def peak_kb():
    # Of this program only; getrusage would count what the parent held before the exec.
    return int(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1])
before, said, begun = peak_kb(), "", time.process_time()
try:
    parse_cap(raw)
except Refused as refused:
    said = str(refused)
took_s, grew_kb = time.process_time() - begun, peak_kb() - before
tracemalloc.start()
try:
    parse_cap(raw)
except Refused:
    pass
print(json.dumps({"said": said, "s": took_s, "kb": grew_kb, "traced_kb": tracemalloc.get_traced_memory()[1] // 1024}))
"""


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_document_is_refused_for_the_right_reason(name: str) -> None:
    make, words = HOSTILE[name]
    with pytest.raises(Refused) as refused:
        parse_cap(make())
    assert re.search(words, str(refused.value))
    assert len(str(refused.value)) < 400
    assert "root:" not in str(refused.value)


@pytest.mark.parametrize("name", HOSTILE)
def test_refusal_takes_less_than_a_second_and_fifty_megabytes(name: str) -> None:
    """In a process of its own: the kernel's peak beyond what the document itself took, and Python's own count."""
    raw = HOSTILE[name][0]()
    done = subprocess.run([sys.executable, "-c", _MEASURE], cwd=ROOT, input=raw, capture_output=True, timeout=180)
    assert done.returncode == 0, done.stderr.decode()
    measured = json.loads(done.stdout)
    assert measured["said"]
    assert measured["s"] < MOST_S, measured
    assert measured["kb"] < MOST_KB, measured
    assert measured["traced_kb"] < MOST_KB, measured
