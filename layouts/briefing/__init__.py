"""The briefing on paper: ten lines, sections, small charts and a map, in words and figures."""
