"""The size limit of each field of a request: the one table, and the checks."""

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from pydantic.alias_generators import to_camel
from pydantic_core import to_json

from threadhost.adapters.config import FieldLimits
from threadhost.adapters.jsonrpc.errors import RpcError, place_of, refusal
from threadhost.adapters.jsonrpc.models.base import Wire
from threadhost.events.named_tuple import NamedTuple

GROWTH_MAX: Final = 4
Place = tuple[str | int, ...]


class Bound(NamedTuple):
    """The bounds of a field; each is the name of a limit, empty where none is needed."""

    text: str = ""
    """The bytes of a text, or of each text and key of a list or a map."""
    whole: str = ""
    """The bytes of the whole value: the sum of the texts of a list of texts, else its JSON."""
    entries: str = ""
    """The number of entries of a list or a map."""

    @property
    def limits(self) -> tuple[str, ...]:
        """The names of the limits that are set."""
        return tuple(name for name in self if name)


ID: Final = Bound("id_bytes_max")
NAME: Final = Bound("name_bytes_max")
PATH: Final = Bound("path_bytes_max")
DESCRIPTION: Final = Bound("description_bytes_max")
INSTRUCTIONS: Final = Bound("instructions_bytes_max")
TEXT: Final = Bound("text_bytes_max")
IDS, NAMES, PATHS = (Bound(kind.text, "list_bytes_max", "entries_max") for kind in (ID, NAME, PATH))
SHORT_LIST: Final = Bound("id_bytes_max", "description_bytes_max", "entries_max")
METADATA: Final = Bound("description_bytes_max", "list_bytes_max", "entries_max")
JSON: Final = Bound(whole="json_bytes_max")
TOOLS: Final = Bound(whole="tools_bytes_max", entries="entries_max")
ITEMS: Final = Bound(whole="text_bytes_max")
PARTS: Final = Bound(entries="entries_max")
CONTENT: Final = Bound(whole="text_bytes_max", entries="entries_max")
CONTEXT: Final = Bound("name_bytes_max", entries="entries_max")

_FIELDS: Final[Mapping[Bound, tuple[str, ...]]] = {
    ID: (
        *("ancestor_thread_id", "after_cursor", "attached_to_thread_id", "before_turn_id"),
        *("client_user_message_id", "cursor", "environment_id", "expected_turn_id", "file_id"),
        *("id", "idempotency_key", "item_id", "last_turn_id", "parent_thread_id"),
        *("parent_turn_id", "project_id", "request_id", "root_turn_id", "section_id", "sha"),
        *("thread_id", "turn_id"),
    ),
    NAME: (
        *("branch", "effort", "mock_experimental_field", "model", "model_provider", "name"),
        *("namespace", "origin_url", "permissions", "placeholder", "reasoning_effort"),
        *("search_term", "service_name", "service_tier", "service_tier_for_turn"),
        *("thread_source", "turn_trigger"),
    ),
    PATH: ("cwd", "path"),
    DESCRIPTION: ("description",),
    INSTRUCTIONS: ("base_instructions", "custom", "developer_instructions"),
    TEXT: (
        *("objective", "text", "url", "value", "ClientInfo.name", "ClientInfo.title"),
        "ClientInfo.version",
    ),
    IDS: ("excluded_thread_ids", "included_thread_ids"),
    NAMES: ("model_providers", "originators"),
    PATHS: ("ThreadListParams.cwd", "cwds", "runtime_workspace_roots", "writable_roots"),
    SHORT_LIST: ("disabled_plugin_ids",),
    METADATA: ("responsesapi_client_metadata", "responsesapi_client_metadata_patch"),
    JSON: ("annotations", "config", "input_schema", "output_schema"),
    TOOLS: ("dynamic_tools",),
    ITEMS: ("output", "history", "items", "extensions", "opt_out_notification_methods"),
    CONTENT: ("TurnToolOutput.output",),
    PARTS: (
        *("environments", "input", "selected_capability_roots", "source_kinds"),
        *("text_elements", "tools"),
    ),
    CONTEXT: ("additional_context",),
}
"""The fields that can hold a text, a list, a map or a value of any shape, by their bound.

A field with another meaning in one object is listed with that object's name. Of a handshake the
host keeps only what it uses."""
BOUNDS: Mapping[str, Bound] = MappingProxyType(
    {name: bound for bound, names in _FIELDS.items() for name in names}
)
DECLARED: dict[str, Bound] = {}
"""The bounds of fields that only one noun has, added when its models are imported."""


def declare(**bounds: Bound) -> None:
    """Add the bounds of fields that only one noun has. Raises ValueError for a duplicate."""
    if duplicates := {*BOUNDS, *DECLARED} & bounds.keys():
        raise ValueError(f"bounds are declared twice: {', '.join(sorted(duplicates))}")
    DECLARED.update(bounds)
    _bounds_on_the_wire.cache_clear()


class Excess(NamedTuple):
    """A value beyond its limit, and its place."""

    place: Place
    actual: int
    limit: str
    most: int

    @property
    def unit(self) -> str:
        """The unit as a suffix to a number; empty for entries."""
        return "" if self.limit == "entries_max" else " bytes"

    def as_error(self) -> RpcError:
        """The refusal, with the place, the size and the limit."""
        place = place_of(self.place)
        data = {"code": "too_large", "field": place, "limit": self.limit, "max": self.most}
        return refusal(
            "fieldTooLarge",
            f"Invalid request: invalid length: {self.actual}{self.unit}, expected at most"
            f" {self.most} (at `{place}`)",
            data={**data, "actual": self.actual},
        )


def require_bounded(params: Wire, limits: FieldLimits) -> None:
    """Raises RpcError for the first field of some params that exceeds its limit."""
    for excess in _in_object(params, (), limits):
        raise excess.as_error()


def require_few(params: object, model: type[Wire], limits: FieldLimits) -> None:
    """Raises RpcError for a list or map with too many entries.

    It checks the JSON before the model reads it: a hundred thousand entries take seconds to read.
    """
    if isinstance(params, list):
        params = dict(zip(model.wire_names(), params, strict=False))
    for excess in _too_many(params, (), limits):
        raise excess.as_error()


def require_within(field: str, value: object, limits: FieldLimits) -> None:
    """Raises RpcError if a value, merged from several requests, exceeds the limit of this field."""
    for excess in _in_value(value, (field,), BOUNDS[field], limits):
        raise excess.as_error()


def small_enough_bytes(limits: FieldLimits) -> int:
    """The size up to which a whole request cannot have a field beyond its limit.

    A text, and the entries of a list, take at least their counted size in the request's JSON. A
    value that is counted as our own JSON grows at most fourfold, by numbers such as 1e15.
    """
    as_json = {bound.whole for bound in BOUNDS.values()}
    sizes: dict[str, int] = limits._asdict()
    return min(size // GROWTH_MAX if name in as_json else size for name, size in sizes.items())


def bound_of(model: type[Wire], name: str) -> Bound | None:
    """The bound of a field; None for a field without one."""
    return BOUNDS.get(f"{model.__name__}.{name}") or BOUNDS.get(name) or DECLARED.get(name)


@cache
def _bounds_of(model: type[Wire]) -> Mapping[str, tuple[str, Bound]]:
    """The wire name and the bound of each field of an object."""
    bounds = ((name, bound_of(model, name)) for name in model.model_fields)
    return {name: (model.wire_name(name), bound or Bound()) for name, bound in bounds}


@cache
def _bounds_on_the_wire() -> Mapping[str, Bound]:
    """The bounds with a limit of entries, by the field's name in both spellings."""
    bounds = {**BOUNDS, **DECLARED}
    entries = {name.rpartition(".")[2]: b for name, b in bounds.items() if b.entries}
    return {**entries, **{to_camel(name): bound for name, bound in entries.items()}}


def _too_many(params: object, place: Place, limits: FieldLimits) -> Iterator[Excess]:
    if isinstance(params, list):
        for number, part in enumerate(params):
            yield from _too_many(part, (*place, number), limits)
    if not isinstance(params, dict):
        return
    bounds = _bounds_on_the_wire()
    for name, value in params.items():
        bound = bounds.get(name)
        if bound is not None and isinstance(value, (list, dict)):
            yield from _excess(bound.entries, len(value), (*place, name), limits)
            if isinstance(value, list):
                yield from _too_many(value, (*place, name), limits)


def _in_object(params: Wire, place: Place, limits: FieldLimits) -> Iterator[Excess]:
    bounds = _bounds_of(type(params))
    for field in params.model_fields_set:
        name, bound = bounds[field]
        yield from _in_value(getattr(params, field), (*place, name), bound, limits)


def _in_value(value: object, place: Place, bound: Bound, limits: FieldLimits) -> Iterator[Excess]:
    if isinstance(value, str):
        size = size_bytes(value)
        yield from _excess(bound.text, size, place, limits)
        yield from _excess(bound.whole, size, place, limits)
    elif isinstance(value, Wire):
        yield from _in_object(value, place, limits)
    elif isinstance(value, (list, dict)) and value:
        yield from _excess(bound.entries, len(value), place, limits)
        yield from _in_parts(value, place, bound, limits)
        if bound.whole:
            yield from _excess(bound.whole, _whole_bytes(value), place, limits)


def _in_parts(
    value: list[object] | dict[str, object], place: Place, bound: Bound, limits: FieldLimits
) -> Iterator[Excess]:
    parts: list[tuple[str | int, object]]
    parts = [*(value.items() if isinstance(value, dict) else enumerate(value))]
    part_bound = Bound(bound.text)
    if not bound.text and not isinstance(parts[0][1], Wire):
        return
    for key, part in parts:
        if isinstance(key, str):
            yield from _excess(bound.text, size_bytes(key), place, limits)
        yield from _in_value(part, (*place, key), part_bound, limits)


def _excess(limit: str, size: int, place: Place, limits: FieldLimits) -> Iterator[Excess]:
    size_max = getattr(limits, limit) if limit else size
    if size > size_max:
        yield Excess(place, size, limit, size_max)


def _whole_bytes(value: list[object] | dict[str, object]) -> int:
    texts = [part for part in value if isinstance(part, str)]
    if isinstance(value, list) and len(texts) == len(value):
        return sum(map(size_bytes, texts))
    return len(to_json(value))


def size_bytes(text: str) -> int:
    """The length of a text in UTF-8, in bytes."""
    return len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))
