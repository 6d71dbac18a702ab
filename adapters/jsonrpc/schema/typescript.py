"""JSON Schema written as TypeScript: one function for each kind of schema."""

import json
import re
from collections.abc import Callable, Iterable

from threadhost.adapters.jsonrpc.schema.protocol import Operation, Protocol
from threadhost.adapters.jsonrpc.schema.shapes import AT, EXPERIMENTAL, Schema

IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
HEAD = "// Made by `threadhost schema --typescript`; all of it are types.\n"
PRIMITIVES = {
    "string": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "null": "null",
}


def typescript(document: Protocol) -> str:
    """One module: each definition as a type, and the params and the result of each method."""
    parts = [_declaration(name, schema) for name, schema in document.definitions.items()]
    parts.append(_table("ClientMethods", "What clients ask.", document.requests))
    parts.append(_table("ServerMethods", "What the host asks.", document.server_requests))
    return "\n".join([HEAD, *parts])


def type_of(schema: Schema, indent: str = "") -> str:
    """The type that a schema describes. Raises ValueError for an unknown kind of schema."""
    for keyword, write in KINDS.items():
        if keyword in schema:
            return write(schema, indent)
    if set(schema) - {"description", "default", *EXPERIMENTAL}:
        raise ValueError(f"no type for {json.dumps(schema)}")
    return "unknown"


def _reference(schema: Schema, indent: str) -> str:
    return str(schema["$ref"]).removeprefix(AT)


def _all(schema: Schema, indent: str) -> str:
    return " & ".join(type_of(inner, indent) for inner in schema["allOf"])


def _any(schema: Schema, indent: str) -> str:
    return _union(type_of(inner, indent) for inner in schema["anyOf"])


def _constant(schema: Schema, indent: str) -> str:
    return json.dumps(schema["const"], ensure_ascii=False)


def _words(schema: Schema, indent: str) -> str:
    return _union(json.dumps(word, ensure_ascii=False) for word in schema["enum"])


def _typed(schema: Schema, indent: str) -> str:
    kind = schema["type"]
    if kind in PRIMITIVES:
        return PRIMITIVES[kind]
    return {"array": _array, "object": _object}[kind](schema, indent)


def _array(schema: Schema, indent: str) -> str:
    return f"Array<{type_of(schema.get('items', {}), indent)}>"


def _object(schema: Schema, indent: str) -> str:
    properties = schema.get("properties")
    if not properties:
        values = schema.get("additionalProperties")
        return f"Record<string, {type_of(values if isinstance(values, dict) else {}, indent)}>"
    deeper, required = f"{indent}  ", schema.get("required", ())
    rows = (
        f"{_mark(inner, deeper)}{deeper}{_key(name)}{'' if name in required else '?'}: "
        f"{type_of(inner, deeper)};\n"
        for name, inner in properties.items()
    )
    return f"{{\n{''.join(rows)}{indent}}}"


KINDS: dict[str, Callable[[Schema, str], str]] = {
    "$ref": _reference,
    "allOf": _all,
    "anyOf": _any,
    "const": _constant,
    "enum": _words,
    "type": _typed,
}
"""The function that writes a schema with this keyword; the first keyword that it has counts."""


def _union(choices: Iterable[str]) -> str:
    return " | ".join(dict.fromkeys(choices))


def _mark(schema: Schema, indent: str) -> str:
    """The comment above a field with its description; empty without one."""
    is_gated = EXPERIMENTAL.keys() <= schema.keys()
    marks = schema.get("description", ""), "Experimental." if is_gated else ""
    comment = _comment(" ".join(filter(None, marks)))
    return f"{indent}{comment}" if comment else ""


def _key(name: str) -> str:
    return name if IDENTIFIER.fullmatch(name) else json.dumps(name)


def _declaration(name: str, schema: Schema) -> str:
    return f"{_comment(schema.get('description', ''))}export type {name} = {type_of(schema)};\n"


def _comment(text: str) -> str:
    return f"/** {text.replace('*/', '* /')} */\n" if text else ""


def _table(name: str, about: str, operations: Iterable[Operation]) -> str:
    rows = "".join(
        f"  {_comment(operation.summary)}  {json.dumps(operation.method)}: "
        f"{{ params: {_named(operation.params)}; result: {_named(operation.result)} }};\n"
        for operation in operations
    )
    return f"{_comment(about)}export type {name} = {{\n{rows}}};\n"


def _named(model: type | None) -> str:
    return "undefined" if model is None else model.__name__
