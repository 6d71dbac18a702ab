"""Intentions: commands, the rules that answer them, and the live threads that carry them out."""
