"""The reference page of the configuration file, from the types that its tables have."""

import ast
import inspect
import types
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from threadhost.actors.models import CallLimits
from threadhost.adapters.cli.option import Option
from threadhost.adapters.cli.options import SERVE
from threadhost.adapters.config import Settings
from threadhost.adapters.configuration import reference_keys
from threadhost.adapters.configuration.agent_tables import (
    AgentsTable,
    FeaturesTable,
    RoleTable,
    TeamTable,
)
from threadhost.adapters.configuration.at_start import needs_restart
from threadhost.adapters.configuration.host_tables import HostTable, WsAuthTable
from threadhost.adapters.configuration.memory_tables import MemoriesTable
from threadhost.adapters.configuration.record import TURN_TIMEOUT_MS
from threadhost.adapters.configuration.retention_tables import RetentionTable, RuleTable
from threadhost.adapters.configuration.tables import (
    LIMITS,
    AuthTable,
    FileTable,
    McpServerTable,
    ModelTable,
    ProfileTable,
    ProviderTable,
)
from threadhost.adapters.configuration.thread_keys import Table, ThreadConfig, ThreadKeys
from threadhost.adapters.models.provider import Provider

SECTIONS: list[tuple[str, type[Table]]] = [
    ("The top level, profiles, and the `config` of a thread", ThreadKeys),
    ("The top level alone", FileTable),
    ("`[profiles.NAME]` alone", ProfileTable),
    ("`[host]`", HostTable),
    ("`[host.ws_auth]`", WsAuthTable),
    ("`[model_providers.NAME]`", ProviderTable),
    ("`[model_providers.NAME.auth]`", AuthTable),
    ("`[model_providers.NAME.models.MODEL]`", ModelTable),
    ("`[mcp_servers.NAME]`", McpServerTable),
    ("`[agents]`", AgentsTable),
    ("`[agents.NAME]`", RoleTable),
    ("`[memories]`", MemoriesTable),
    ("`[retention]`", RetentionTable),
    ("`[retention.rules.NAME]`", RuleTable),
    ("`[features]`", FeaturesTable),
    ("`[features.multi_agent_v2]`", TeamTable),
    ("The `config` of a thread alone", ThreadConfig),
]
_LIMITS = CallLimits()._asdict()
_SETTINGS = Settings(Path())
DEFAULTS: dict[str, object] = {key: _LIMITS[name] for key, name in LIMITS.items()} | {
    "connect_timeout_ms": Provider("", "").connect_timeout_ms,
    **_SETTINGS._asdict(),
    "listen": "stdio://",
    "log_format": "text",
    "slow_reader_timeout_ms": _SETTINGS.limits.slow_reader_timeout_ms,
    "initialize_timeout_ms": _SETTINGS.limits.initialize_timeout_ms,
    "model": None,
    "ws_auth": None,
    "turn_timeout_ms": TURN_TIMEOUT_MS,
}
"""What holds where a file says nothing, and its types say nothing of it."""
UNITS = {
    "_ms": "ms",
    "_sec": "s",
    "_seconds": "s",
    "_minutes": "minutes",
    "_hours": "hours",
    "_days": "days",
    "_bytes": "bytes",
    "_token_limit": "tokens",
    "context_window": "tokens",
}
"""By the end of a key."""
SINCE = {
    "": "0.1",
    **dict.fromkeys(("approval_policy", "approvals_reviewer", "sandbox_mode"), "0.2"),
}
"""The release that has a key since; of a table, all its keys that are not here themselves."""
OPTIONS = {option.key: option for option in SERVE}
KINDS: dict[Any, str] = {
    str: "text",
    SecretStr: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    Any: "anything",
}


def rows() -> Iterator[str]:
    """Every table with its keys, then the keys that are taken and have no use."""
    for title, table in SECTIONS:
        yield f"## {title}"
        yield ""
        yield "| key | value | unit | default | read again | since | meaning |"
        yield "| --- | --- | --- | --- | --- | --- | --- |"
        shared = ThreadKeys.model_fields if table is not ThreadKeys else {}
        yield from (
            _row(title, table, name, meaning)
            for name, meaning in described(table).items()
            if name not in shared
        )
        yield ""
    yield "## Options alone"
    yield ""
    yield "The options that choose the home, and how to open it, have no key in the file."
    yield ""
    yield "| option | environment | meaning |"
    yield "| --- | --- | --- |"
    in_files = {*HostTable.model_fields, *(f"ws_auth.{name}" for name in WsAuthTable.model_fields)}
    for option in SERVE:
        if option.key not in in_files | {"stdio"}:
            yield f"| `{option.flag}` | {_code(option.variable)} | {option.help} |"
    yield ""
    yield "## Keys without a use"
    yield ""
    yield (
        "The reference reads these keys, or did so in the past. The host accepts them, names them"
        " at its start, and ignores them."
    )
    yield ""
    yield f"At the top level and in profiles: {names(reference_keys.TOP_LEVEL)}."
    yield ""
    yield f"Of a provider: {names(reference_keys.PROVIDER)}."
    yield ""
    yield f"In `[memories]`: {names(reference_keys.MEMORIES)}."
    yield ""


def _row(title: str, table: type[Table], name: str, meaning: str) -> str:
    field, key = table.model_fields[name], f"{_prefix(title)}{name}"
    unit = next((unit for end, unit in UNITS.items() if name.endswith(end)), "")
    value, default = kind(field.annotation), _default(name, field)
    told = OPTIONS.get(key.removeprefix("host.")) if key.startswith("host.") else None
    words = f"{meaning or _help(told)}{_written(told)}"
    again = "restart" if needs_restart(key) else "yes"
    again = "of the thread" if table is ThreadConfig else "see there" if name == "host" else again
    since = SINCE.get(key, SINCE.get(_prefix(title), SINCE[""]))
    return f"| `{name}` | {value} | {unit} | {default} | {again} | {since} | {words} |"


def _prefix(title: str) -> str:
    """What stands ahead of the keys of a table."""
    _, bracket, rest = title.partition("[")
    return f"{rest.partition(']')[0]}." if bracket else ""


def _help(option: Option | None) -> str:
    """What a key means that has no words of its own. Raises LookupError where no option has."""
    if option is None:
        raise LookupError("a key without a word")
    return option.help


def _written(option: Option | None) -> str:
    if option is None:
        return ""
    unit = ", in seconds" if option.key.endswith("_ms") else ""
    return f" `{option.flag}`{unit}; {_code(option.variable)}."


def _code(text: str | None) -> str:
    return f"`{text}`" if text else ""


def described(table: type[BaseModel]) -> dict[str, str]:
    """The keys of a table with the texts under them, if any, those of its bases first."""
    found: dict[str, str] = {}
    for owner in reversed(table.__mro__):
        if issubclass(owner, BaseModel) and owner is not BaseModel:
            found |= dict(_texts(owner))
    return {name: found.get(name, "") for name in table.model_fields}


def _texts(owner: type) -> Iterator[tuple[str, str]]:
    [definition] = ast.parse(inspect.getsource(owner)).body
    assert isinstance(definition, ast.ClassDef)
    for field, text in pairwise(definition.body):
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
            yield ast.unparse(field.target), " ".join(ast.literal_eval(text.value).split())


def kind(annotation: Any) -> str:
    """A type in words."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return kind(inner[0])
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in inner)
    if origin in (Union, types.UnionType):
        return " or ".join(kind(one) for one in inner if one is not type(None))
    if origin is list:
        return f"list of {kind(inner[0])}"
    if origin is dict or (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return "table"
    return KINDS[annotation]


def _default(name: str, field: FieldInfo) -> str:
    """A default as a file spells it; empty for none."""
    if field.is_required():
        return "required"
    default = DEFAULTS.get(name) if field.default is None else field.default
    if default is None or field.default_factory or isinstance(default, BaseModel):
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def names(keys: frozenset[str]) -> str:
    """Names in order."""
    return ", ".join(f"`{key}`" for key in sorted(keys))
