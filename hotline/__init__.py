"""Complaints: what a case is and how facts change it. Pure: no Redis, no Dash, the clock comes in."""
