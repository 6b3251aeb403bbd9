"""The panels of the dispatch desk."""
