"""Emergencies: incidents and units, and how facts change them. Pure: no Redis, no Dash, the clock comes in."""
