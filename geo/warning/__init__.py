"""Early warning: what is expected of each place and subject, and which counts are more than that."""
