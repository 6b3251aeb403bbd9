"""The one writer of a city's state: reads the log, decides, folds, commits facts, documents and frame together."""
