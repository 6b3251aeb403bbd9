"""The product's warner, looking every few seconds instead of every five minutes: `python -m benchmarks.warner_often S`.

It stands for the worst moments of many hours in half a minute; everything else is as in a running city.
"""

from __future__ import annotations

import sys
import threading
from datetime import timedelta

from dashboard.connect import connect
from dashboard.settings import read_settings
from dashboard.supervisor import stop_on_signals
from dashboard.warner import process
from dashboard.warner.start import maker


def main(every_s: float) -> None:
    process.EVERY = timedelta(seconds=every_s)
    settings = read_settings()
    stop = threading.Event()
    stop_on_signals(stop)
    process.run(maker(settings, connect(settings), stop), stop)


if __name__ == "__main__":
    main(float(sys.argv[1]))
