"""One room per entity: its documents, the counts and views that follow from them, and when they must be looked at."""
