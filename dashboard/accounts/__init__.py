"""Accounts of people: who they are, their sessions, the positions they sit at, and the audit of what they did."""
