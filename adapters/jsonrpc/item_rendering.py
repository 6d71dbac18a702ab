"""Items in a form that clients can read: as recorded if valid, else mended, else refused."""

from collections.abc import Sequence
from contextlib import suppress
from copy import deepcopy
from functools import cache
from typing import TYPE_CHECKING, Any, get_args

from pydantic import ValidationError
from pydantic_core import SchemaValidator, from_json

from threadhost.events.bounds import TOO_DEEP, fault_in, is_too_deep
from threadhost.events.damage import printable
from threadhost.events.tool import TOOL_ITEMS

if TYPE_CHECKING:
    from threadhost.adapters.jsonrpc.models.base import Wire
    from threadhost.adapters.jsonrpc.models.item import ThreadItem


class Unrenderable(Exception):
    """Clients could not read an item; the message says why, and holds nothing of its content."""


def fault_of(error: Exception) -> str:
    """Why something could not be shown, without anything of its content."""
    if isinstance(error, Unrenderable):
        return str(error)
    if not isinstance(error, ValidationError):
        return type(error).__name__
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return f"clients cannot read its {printable('.'.join(map(str, first['loc'][:2])))}"


def rendered_item(recorded: bytes) -> bytes:
    """The JSON of an item for clients: as recorded, or mended. Raises Unrenderable."""
    try:
        parsed: dict[str, Any] = _as_told().validate_json(recorded)
    except ValidationError:
        return _mended(recorded)
    # A tool's arguments are the only part of an item that may be any JSON.
    if parsed["type"] in TOOL_ITEMS and fault_in(parsed):
        return _mended(recorded)
    return recorded


def item(stored: dict[str, Any]) -> "ThreadItem":
    """A recorded item without the values that clients cannot read. Raises Unrenderable."""
    model = item_models().get(str(stored.get("type")))
    if model is None:
        raise Unrenderable("clients do not know its type")
    if "arguments" in stored and is_too_deep(stored["arguments"]):
        raise Unrenderable(TOO_DEEP)
    try:
        return model.from_wire(stored)  # type: ignore[return-value]
    except ValidationError as error:
        faulty = [detail["loc"] for detail in error.errors(include_url=False, include_input=False)]
        fault = fault_of(error)
    for places in (faulty, dict.fromkeys(place[:1] for place in faulty)):
        with suppress(ValidationError, LookupError, TypeError):
            return model.from_wire(_without(stored, list(places)))  # type: ignore[return-value]
    raise Unrenderable(fault)


@cache
def item_models() -> "dict[str, type[Wire]]":
    """The models of all items that this host's log may hold, by type."""
    from threadhost.adapters.jsonrpc.models.item import ThreadItem

    kinds: tuple[type[Wire], ...] = get_args(get_args(ThreadItem)[0])
    return {str(kind.model_fields["type"].default): kind for kind in kinds}


@cache
def _as_told() -> SchemaValidator:
    """A validator that accepts items with exactly the keys that clients expect."""
    from threadhost.adapters.jsonrpc.shape import shapes

    return shapes(item_models().values())


def _mended(recorded: bytes) -> bytes:
    try:
        stored = from_json(recorded)
    except ValueError:
        raise Unrenderable("its item is not JSON, or nested too deep") from None
    if not isinstance(stored, dict):
        raise Unrenderable("its item is not an object")
    return item(stored).encode()


def _without(stored: dict[str, Any], places: Sequence[tuple[int | str, ...]]) -> dict[str, Any]:
    """An item without the values at these places."""
    trimmed = deepcopy(stored)
    for place in reversed(places):
        parent: Any = trimmed
        for step in place[:-1]:
            parent = parent[step]
        del parent[place[-1]]
    return trimmed
