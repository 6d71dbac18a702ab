"""Rollout files: a projection of the log that codex tools read, and the one door to its files."""
