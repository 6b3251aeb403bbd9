"""The page of early warnings: small functions that return a component, and its words."""
