"""A thread's state as bytes, kept now and then so that a long thread is soon taken up again."""

from functools import cache
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from threadhost.events.fold import Thread

FORMAT = 5
"""Raised whenever the state has another shape, or follows from its events in another way."""


class Kept(NamedTuple):
    """A state, and the rules that it was folded by."""

    format: int
    state: Thread


@cache
def _kept() -> TypeAdapter[Kept]:
    return TypeAdapter(Kept)


def encode(state: Thread) -> bytes:
    """The state as JSON."""
    return _kept().dump_json(Kept(FORMAT, state))


def decode(body: bytes) -> Thread | None:
    """The state, or None for one that other software kept: it is folded anew then."""
    try:
        kept = _kept().validate_json(body)
    except ValidationError:
        return None
    return kept.state if kept.format == FORMAT else None
