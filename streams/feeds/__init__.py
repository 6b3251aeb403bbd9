"""Feeds: what brings outside records into the inbox. A recorded file is described by a preset, never by code."""
