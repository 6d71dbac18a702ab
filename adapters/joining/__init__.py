"""A client's process beside the host that owns its home: it relays bytes, and outlives the host."""
