"""The panels of the wall: small functions that return a component."""
