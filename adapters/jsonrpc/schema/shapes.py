"""JSON Schemas as plain values: walking a schema, and finding the definitions that it names."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

Schema = dict[str, Any]
Definitions = dict[str, Schema]

DIALECT = "http://json-schema.org/draft-07/schema#"
AT = "#/definitions/"

NULL: Schema = {"type": "null"}
EXPERIMENTAL: Schema = {"x-experimental": True}
"""Marks what only connections with the experimental API may use."""
_MANY, _ONE = ("anyOf", "allOf"), ("items", "additionalProperties")


def ref(name: str) -> Schema:
    """A schema that names a definition."""
    return {"$ref": AT + name}


def below(schema: Schema, change: Callable[[Schema], Schema]) -> Schema:
    """The schema with `change` applied to every schema directly inside it."""
    changed = dict(schema)
    if "properties" in changed:
        changed["properties"] = {key: change(inner) for key, inner in changed["properties"].items()}
    for key in _MANY:
        if key in changed:
            changed[key] = [change(inner) for inner in changed[key]]
    for key in _ONE:
        if isinstance(changed.get(key), dict):
            changed[key] = change(changed[key])
    return changed


def with_names(schema: Schema, names: Callable[[str], str]) -> Schema:
    """The schema with each reference replaced by that which `names` gives for its name."""
    if "$ref" in schema:
        return {"$ref": names(schema["$ref"].removeprefix(AT))}
    return below(schema, lambda inner: with_names(inner, names))


def named_in(schema: Schema) -> Iterator[str]:
    """The names of the definitions that a schema refers to directly."""
    names: list[str] = []

    def note(name: str) -> str:
        names.append(name)
        return AT + name

    with_names(schema, note)
    yield from names


def reachable(definitions: Mapping[str, Schema], roots: Iterable[str]) -> Definitions:
    """The definitions that the roots need, themselves included, in the order of their names."""
    needed, waiting = set[str](), list(roots)
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += named_in(definitions[name])
    return {name: definitions[name] for name in sorted(needed)}


def text_of(value: object, levels: int, indent: str = "") -> str:
    """A document as JSON with `levels` levels spread over lines; a deeper value takes one line."""
    if not levels or not value or not isinstance(value, dict | list):
        return _json(value)
    deeper = indent + " "
    if isinstance(value, dict):
        rows = [f"{_json(k)}: {text_of(v, levels - 1, deeper)}" for k, v in value.items()]
        return "{\n" + ",\n".join(deeper + row for row in rows) + f"\n{indent}}}"
    rows = [text_of(inner, levels - 1, deeper) for inner in value]
    return "[\n" + ",\n".join(deeper + row for row in rows) + f"\n{indent}]"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
