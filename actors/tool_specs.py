"""The checks of tools that a client offers."""

import re
from collections.abc import Sequence
from typing import Any

from threadhost.actors.errors import ToolRefused
from threadhost.events.words import truncate

NAME_CHARACTERS_MAX = 128
NAMESPACE_CHARACTERS_MAX = 64
NAMESPACE_DESCRIPTION_CHARACTERS_MAX = 1024
SCHEMA_DEPTH_MAX = 64
IDENTIFIER = re.compile(r"[A-Za-z0-9_-]+")
RESERVED_NAMESPACES = frozenset(
    {
        "api_tool",
        "browser",
        "collaboration",
        "computer",
        "container",
        "file_search",
        "functions",
        "image_gen",
        "multi_tool_use",
        "python",
        "python_user_visible",
        "submodel_delegator",
        "terminal",
        "tool_search",
        "web",
    }
)
"""Namespaces that have another meaning for models."""
TYPES = {"string", "number", "integer", "boolean", "object", "array", "null"}
_SCHEMAS_BY_NAME = ("properties", "$defs", "definitions", "patternProperties")
_SCHEMA = ("items", "additionalProperties", "not")
_SCHEMAS = ("anyOf", "oneOf", "allOf", "prefixItems")


def check_tools(specs: Sequence[dict[str, Any]]) -> None:
    """Check that a model can be offered these. Raises ToolRefused for the first that fails."""
    names: set[str] = set()
    namespaces: set[str] = set()
    for spec in specs:
        if spec["type"] == "namespace":
            _check_namespace(spec, namespaces)
        else:
            _check_function(spec, names, None)


def _check_namespace(spec: dict[str, Any], seen_names: set[str]) -> None:
    name, label = spec["name"], "dynamic tool namespace"
    _check_name(name, label, NAMESPACE_CHARACTERS_MAX)
    if len(spec["description"]) > NAMESPACE_DESCRIPTION_CHARACTERS_MAX:
        longest = f"at most {NAMESPACE_DESCRIPTION_CHARACTERS_MAX} characters"
        raise ToolRefused(f"{label} description must be {longest}: {name}")
    if name in RESERVED_NAMESPACES:
        raise ToolRefused(f"{label} collides with a reserved Responses API namespace: {name}")
    if name in seen_names:
        raise ToolRefused(f"duplicate {label}: {name}")
    if not spec["tools"]:
        raise ToolRefused(f"{label} must contain at least one tool: {name}")
    seen_names.add(name)
    names: set[str] = set()
    for tool in spec["tools"]:
        _check_function(tool, names, name)


def _check_function(spec: dict[str, Any], seen_names: set[str], namespace: str | None) -> None:
    name = spec["name"]
    _check_name(name, "dynamic tool name", NAME_CHARACTERS_MAX)
    if name in seen_names:
        place = f" in namespace {namespace}" if namespace else ""
        raise ToolRefused(f"duplicate dynamic tool name{place}: {name}")
    if spec["deferLoading"] and namespace is None:
        raise ToolRefused(f"deferred dynamic tool must include a namespace: {name}")
    seen_names.add(name)
    fault = schema_fault(spec["inputSchema"])
    if fault is not None:
        raise ToolRefused(f"dynamic tool input schema is not supported for {name}: {fault}")


def _check_name(name: str, label: str, characters_max: int) -> None:
    shown = ascii(name[:characters_max])[1:-1]
    if not name.strip():
        raise ToolRefused(f"{label} must not be empty")
    if name != name.strip():
        raise ToolRefused(f"{label} has leading/trailing whitespace: {shown}")
    if not IDENTIFIER.fullmatch(name):
        raise ToolRefused(f"{label} must match ^[a-zA-Z0-9_-]+$ to match Responses API: {shown}")
    if len(name) > characters_max:
        longest = f"at most {characters_max} characters"
        raise ToolRefused(f"{label} must be {longest} to match Responses API: {shown}")
    if name == "mcp" or name.startswith("mcp__"):
        raise ToolRefused(f"{label} is reserved: {name}")


def schema_fault(schema: object) -> str | None:
    """Why a model cannot be offered this schema for a tool's arguments; None if it can."""
    if not isinstance(schema, dict):
        return "it must be a JSON object"
    if schema.get("type", "object") != "object":
        return '`type` must be "object"'
    return _fault(schema, SCHEMA_DEPTH_MAX)


def _fault(schema: object, depth: int) -> str | None:
    if isinstance(schema, bool):
        return None
    if not isinstance(schema, dict):
        return "a schema must be an object or a boolean"
    if depth == 0:
        return f"it is nested more than {SCHEMA_DEPTH_MAX} schemas deep"
    inner = _keyword_fault(schema) or _inner(schema)
    if isinstance(inner, str):
        return inner
    return next((fault for subschema in inner if (fault := _fault(subschema, depth - 1))), None)


def _keyword_fault(schema: dict[str, Any]) -> str | None:
    types = schema.get("type", [])
    for type_ in types if isinstance(types, list) else [types]:
        if not isinstance(type_, str) or type_ not in TYPES:
            return f"{truncate(ascii(type_), 40)} is not a type of JSON Schema"
    required = schema.get("required", [])
    if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
        return "`required` must be a list of names"
    return None


def _inner(schema: dict[str, Any]) -> list[object] | str:
    """The schemas directly inside one, or the fault in the keyword that holds them."""
    inner: list[object] = [schema[key] for key in _SCHEMA if key in schema]
    for key in _SCHEMAS_BY_NAME:
        if not isinstance(schema.get(key, {}), dict):
            return f"`{key}` must be an object"
        inner += schema.get(key, {}).values()
    for key in _SCHEMAS:
        if not isinstance(schema.get(key, []), list):
            return f"`{key}` must be a list"
        inner += schema.get(key, [])
    return inner
