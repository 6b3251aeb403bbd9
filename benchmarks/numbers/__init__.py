"""One module per number: `NAME`, `ASKS` (what is measured, for people) and `measure(run)`."""
