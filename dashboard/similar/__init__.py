"""Similar cases kept up beside the engine: a process with an index in memory, and the small file that the web reads."""
