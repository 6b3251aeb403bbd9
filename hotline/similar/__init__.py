"""Similar cases: what two reports have in common, how likely they are one matter, and which of many lie together."""
