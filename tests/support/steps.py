"""Steps within our code, for the few tests that do something just before or after one."""

from typing import Any


def step(owner: object, name: str) -> Any:
    """A step as it is, for what is put in its place and goes on with it."""
    return getattr(owner, name)
