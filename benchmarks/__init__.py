"""The numbers that Hexwatch promises to hold, measured: `python -m benchmarks`, JSON lines out."""
