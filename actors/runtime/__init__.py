"""Live threads and trees: actors on the event loop, and how they start, fail and stop."""
