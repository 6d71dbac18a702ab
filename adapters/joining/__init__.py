"""A client's process beside the host that owns its home: it passes bytes, and outlives it."""
