"""Which posts answer which queries, and why. Pure."""
