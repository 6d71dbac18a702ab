"""The one way in for a configuration file: every key is known, and every value has its type."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Generic, Literal, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from threadhost.adapters.configuration import reference_keys
from threadhost.adapters.configuration.agent_tables import (
    AgentsTable,
    FeaturesTable,
    RoleTable,
    TeamTable,
)
from threadhost.adapters.configuration.host_tables import HostTable, WsAuthTable
from threadhost.adapters.configuration.memory_tables import MemoriesTable
from threadhost.adapters.configuration.retention_tables import RetentionTable, RuleTable
from threadhost.adapters.configuration.tables import (
    AuthTable,
    FileTable,
    McpServerTable,
    ModelTable,
    ProfileTable,
    ProviderTable,
)
from threadhost.adapters.configuration.thread_keys import Table
from threadhost.adapters.configuration.toml_file import ConfigError, Source
from threadhost.adapters.visible import shown_key
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.words import truncate

T = TypeVar("T", bound=Table)
Place = tuple[str, ...]
ANY = "*"
NAME = "NAME"


class Kind(NamedTuple):
    """The keys of a table: those of its type, and those that only the reference reads."""

    table: type[Table]
    unused: frozenset[str] = reference_keys.NONE
    rest: Literal["wrong", "unused", "named"] = "wrong"
    """How other keys count: as faults, as unused, or as tables that the user `named`."""

    def uses(self, key: str, value: object) -> bool:
        """Whether this host uses a key."""
        return key in self.table.model_fields or (self.rest == "named" and isinstance(value, dict))


TABLES: Mapping[Place, Kind] = {
    (): Kind(FileTable, reference_keys.TOP_LEVEL),
    ("profiles", ANY): Kind(ProfileTable, reference_keys.PROFILE),
    ("model_providers", ANY): Kind(ProviderTable, reference_keys.PROVIDER),
    ("model_providers", ANY, "auth"): Kind(AuthTable),
    ("model_providers", ANY, "models", ANY): Kind(ModelTable),
    ("mcp_servers", ANY): Kind(McpServerTable, reference_keys.MCP_SERVER),
    ("agents",): Kind(AgentsTable, reference_keys.AGENTS, rest="named"),
    ("agents", ANY): Kind(RoleTable),
    ("memories",): Kind(MemoriesTable, reference_keys.MEMORIES),
    ("retention",): Kind(RetentionTable),
    ("retention", "rules", ANY): Kind(RuleTable),
    ("host",): Kind(HostTable),
    ("host", "ws_auth"): Kind(WsAuthTable),
    ("features",): Kind(FeaturesTable, rest="unused"),
    ("features", "multi_agent_v2"): Kind(TeamTable),
}
"""The tables with keys of their own, by place; ANY stands for a name that the user chose."""


class Checked(NamedTuple):
    """A file as typed tables, its values by place, and its unused keys."""

    file: FileTable
    entries: Mapping[Place, object]
    unused: tuple[str, ...]


def checked(source: Source) -> Checked:
    """The file as typed tables. Raises ConfigError."""
    unused: list[Place] = []
    table = _used(source, source.table, (), unused)
    try:
        file = FileTable.model_validate(table)
        return Checked(file, dict(leaves(table, ())), tuple(map(dotted, unused)))
    except ValidationError as error:
        raise _fault(source, error.errors(include_url=False, include_input=False)[0]) from None


class Entry(Generic[T]):
    """A table under a name that the user chose, with its place."""

    def __init__(self, source: Source, place: Place, table: T) -> None:
        self.source = source
        self.place = place
        self.name = place[-1]
        self.table = table

    def fault(self, words: str, *at: str) -> ConfigError:
        """The error for a fault at a place within the table."""
        place = (*self.place, *at)
        return self.source.fault(f"`{shown_place(place)}`{words}", place)


def dotted(place: Iterable[str | int]) -> str:
    """A place in the file's notation."""
    return ".".join(map(str, place))


def shown_place(place: Iterable[str | int]) -> str:
    """A place for messages, without values that somebody wrote into the keys."""
    return truncate(dotted(shown_key(str(key)) for key in place), 200)


def _used(
    source: Source, table: Mapping[str, Any], place: Place, unused: list[Place]
) -> dict[str, Any]:
    """The table without keys that only the reference reads, which are noted; raises ConfigError."""
    kind = _kind(place)
    used: dict[str, Any] = {}
    for key, value in table.items():
        at = (*place, key)
        is_used = kind is None or kind.uses(key, value)
        if kind is not None and (key in kind.unused or (not is_used and kind.rest == "unused")):
            unused.append(at)
        elif kind is not None and not is_used:
            raise source.fault(_unknown(at, kind), at)
        else:
            is_table = isinstance(value, dict) and _leads_on(at)
            used[key] = _used(source, value, at, unused) if is_table else value
    return used


def leaves(table: Mapping[str, Any], at: Place) -> Iterator[tuple[Place, object]]:
    """Every value that is no table, with its place; an empty table counts as a value."""
    for key, value in table.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*at, key))
        else:
            yield (*at, key), value


def in_general(place: Place) -> str:
    """The key of a place, with NAME for names that the user chose."""
    for length in range(len(place) - 1, -1, -1):
        for at, kind in TABLES.items():
            if _fits(place[:length], at):
                key = place[length] if place[length] in kind.table.model_fields else NAME
                return dotted((*(NAME if part == ANY else part for part in at), key))
    return ""


def _kind(place: Place) -> Kind | None:
    return next((kind for at, kind in TABLES.items() if _fits(place, at)), None)


def _leads_on(place: Place) -> bool:
    return any(_fits(place, at[: len(place)]) for at in TABLES if len(at) >= len(place))


def _fits(place: Place, pattern: Place) -> bool:
    pairs = zip(place, pattern, strict=False)
    return len(place) == len(pattern) and all(expected in (ANY, part) for part, expected in pairs)


def _unknown(place: Place, kind: Kind) -> str:
    names = {*kind.table.model_fields, *kind.unused}
    near = get_close_matches(place[-1], sorted(names), n=1)
    return f"no such key: `{shown_place(place)}`" + (f"; did you mean `{near[0]}`?" if near else "")


def _fault(source: Source, error: ErrorDetails) -> ConfigError:
    """The first fault, in words that repeat no value."""
    place = [str(part) for part in error["loc"]]
    if error["type"] == "missing":
        return source.fault(f"`{shown_place(place)}` is missing", place)
    return source.fault(f"`{shown_place(place)}`: {_words(error)}", place)


def _words(error: ErrorDetails) -> str:
    if error["type"] == "string_pattern_mismatch":
        from threadhost.adapters.pattern_words import words_of

        return f"should be {words_of(error['ctx']['pattern'])}"
    words = error["msg"].replace("Input should be", "should be")
    return words[:1].lower() + words[1:]


def places(values: Mapping[str, Any] | Sequence[Any], at: Place) -> Iterator[tuple[Place, Any]]:
    """Every value below, with its place."""
    pairs = values.items() if isinstance(values, Mapping) else enumerate(values)
    for key, value in pairs:
        place = (*at, str(key))
        yield place, value
        if isinstance(value, (dict, list)):
            yield from places(value, place)
