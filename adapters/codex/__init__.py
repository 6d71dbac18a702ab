"""Imports from a home of codex: rollout files, names, and databases."""
