"""The daily briefing: figures of a day, week or month, frozen at a cut-off, and what they are said in."""
