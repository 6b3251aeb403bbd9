"""`python -m dashboard`: the command-line door."""

from dashboard.cli import main

main()
