"""One module per page: a function that returns the page."""
