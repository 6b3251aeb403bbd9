"""Callers: their numbers, sealed and named by keyed hashes."""
