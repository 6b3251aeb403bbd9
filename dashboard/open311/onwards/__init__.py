"""Cases that belong to a body with an Open311 server of its own go there, and its answers come back as facts."""
