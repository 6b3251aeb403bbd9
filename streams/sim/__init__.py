"""The simulated city: pure laws that say what happens when, and the hands that append it to the log."""
