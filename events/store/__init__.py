"""The store: an append-only log of sealed, chained and fenced events in one SQLite file."""
