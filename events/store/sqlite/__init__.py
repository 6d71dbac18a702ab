"""The embedded engine: a log, its views and its keys in SQLite files of a home, or in memory."""
