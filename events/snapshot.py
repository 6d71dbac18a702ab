"""A thread's state as bytes, stored now and then so that a long thread is loaded quickly."""

from functools import cache

from pydantic import TypeAdapter, ValidationError

from threadhost.events.fold import Thread
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.part import PARTS
from threadhost.events.sources import rules_digest


class Kept(NamedTuple):
    """A state, with the digest of the rules that folded it."""

    rules: str
    state: Thread


@cache
def _adapter() -> TypeAdapter[Kept]:
    return TypeAdapter(Kept)


def encode(state: Thread) -> bytes:
    """Return the state as JSON."""
    return _adapter().dump_json(Kept(rules_digest(), state))


def decode(body: bytes) -> Thread | None:
    """Return the state, or None if other rules folded it or it is unreadable: then fold it anew."""
    try:
        rules, state = _adapter().validate_json(body)
        if rules != rules_digest():
            return None
        parts = {name: PARTS[name].read(stored) for name, stored in state.parts.items()}
    except (ValidationError, LookupError):
        return None
    return state._replace(parts=parts)
