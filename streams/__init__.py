"""Events, the log in Redis, feeds, and the reader's store: everything that flows."""
