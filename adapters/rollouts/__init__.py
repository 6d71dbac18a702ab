"""Rollout files: a projection of the log that codex tools read; the only code that opens them."""
