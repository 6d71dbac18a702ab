"""The wire models as definitions in JSON Schema, each type under its own name."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Annotated, Any, Literal, get_origin

from pydantic import TypeAdapter

from threadhost.adapters.jsonrpc import models
from threadhost.adapters.jsonrpc.models.base import Params, Wire
from threadhost.adapters.jsonrpc.schema.descriptions import fields_of, wire_models
from threadhost.adapters.jsonrpc.schema.shapes import (
    AT,
    EXPERIMENTAL,
    NULL,
    Definitions,
    Schema,
    below,
    reachable,
    ref,
    with_names,
)

Mode = Literal["validation", "serialization"]
SENT: Mode = "validation"
ANSWERED: Mode = "serialization"
SUFFIXES = {"-Input": "Param", "-Output": ""}
"""The suffixes of a type's names if its schema differs between params and what the host sends."""


def definitions(params: Iterable[type[Wire]], sent: Iterable[type[Wire]]) -> Definitions:
    """The definitions of models that clients send and of those that this host sends.

    In models that the host sends, the keys that it always sends are required.
    """
    roots = [*((model, SENT) for model in params), *((model, ANSWERED) for model in sent)]
    inputs: list[tuple[str, Mode, TypeAdapter[Any]]] = [
        (model.__name__, mode, TypeAdapter(_built(model))) for model, mode in roots
    ]
    named = [
        (name, mode, TypeAdapter(t)) for name, t in _named_types() for mode in (SENT, ANSWERED)
    ]
    schemas, document = TypeAdapter.json_schemas([*inputs, *named], ref_template=AT + "{model}")
    tidied = {name: _tidy(schema) for name, schema in document["$defs"].items()}
    aliases = _aliases((name, mode, _tidy(schemas[name, mode])) for name, mode, _ in named)
    by_name = {
        name: below(schema, lambda s: _by_name(s, aliases)) for name, schema in tidied.items()
    }
    for text, name in aliases.items():
        by_name[name] = below(json.loads(text), lambda s: _by_name(s, aliases))
    models_by_name = wire_models()
    for name, schema in by_name.items():
        if (model := models_by_name.get(_bare(name))) is not None:
            by_name[name] = _described(schema, model)
    for model, _ in roots:
        if issubclass(model, Params):
            by_name[model.__name__] = _marked(by_name[model.__name__], model)
    needed = reachable(by_name, (schemas[n, m]["$ref"].removeprefix(AT) for n, m, _ in inputs))
    return _renamed(needed)


def _built(model: type[Wire]) -> type[Wire]:
    model.model_rebuild()
    return model


def _named_types() -> Iterator[tuple[str, Any]]:
    """The unions and literals of all modules of models, by their names there."""
    for module in iter_modules(models.__path__):
        for name, value in vars(import_module(f"{models.__name__}.{module.name}")).items():
            if get_origin(value) in (Annotated, Literal) and not name.startswith("_"):
                yield name, value


def _tidy(schema: Schema) -> Schema:
    """A schema without redundant keys, in the dialect that OpenRPC also uses."""
    tidied = {key: value for key, value in schema.items() if key != "title"}
    if tidied.get("default", ...) is None:
        del tidied["default"]
    if "description" in tidied:
        tidied["description"] = " ".join(tidied["description"].split("\n\n")[0].split())
    if "$ref" in tidied and len(tidied) > 1:
        tidied = _sibling({"$ref": tidied.pop("$ref")}, tidied)
    return below(_tagged(tidied), _tidy)


def _tagged(schema: Schema) -> Schema:
    """The schema with its constant properties required: they tell variants apart."""
    properties = schema.get("properties", {})
    tags = [name for name, inner in properties.items() if "const" in inner]
    if not tags:
        return schema
    required = {*tags, *schema.get("required", ())}
    bare = {name: {**inner, "default": None} for name, inner in properties.items() if name in tags}
    return {
        **schema,
        "properties": {**properties, **bare},
        "required": [name for name in properties if name in required],
    }


def _described(schema: Schema, model: type[Wire]) -> Schema:
    """The schema of an object with descriptions of its fields."""
    texts = dict(fields_of(model))
    properties = schema.get("properties", {})
    described = {
        name: _sibling(inner, {"description": texts[name]}) for name, inner in properties.items()
    }
    return {**schema, "properties": described} if described else schema


def _marked(schema: Schema, model: type[Params]) -> Schema:
    """The schema of a method's params with its experimental fields marked."""
    names = zip(model.model_fields, model.wire_names(), strict=True)
    gated = {wire_name for name, wire_name in names if name in model.experimental}
    properties = schema.get("properties", {})
    marked = {
        name: _sibling(properties[name], EXPERIMENTAL) for name in properties if name in gated
    }
    return {**schema, "properties": {**properties, **marked}}


def _sibling(schema: Schema, mark: Schema) -> Schema:
    return {"allOf": [schema], **mark} if "$ref" in schema else {**schema, **mark}


def _aliases(named: Iterable[tuple[str, Mode, Schema]]) -> dict[str, str]:
    """The names of unions and literals by their schema as text, where the schema is unique."""
    names_by_look: dict[str, set[str]] = {}
    for name, mode, schema in named:
        if "anyOf" in schema or "enum" in schema:
            names_by_look.setdefault(_text(schema), set()).add(f"{name}{'-Input' * (mode == SENT)}")
    unique: dict[str, str] = {}
    for text, names in names_by_look.items():
        bare = {name.removesuffix("-Input") for name in names}
        if len(bare) == 1:
            unique[text] = min(names, key=len)
    return unique


def _by_name(schema: Schema, aliases: dict[str, str]) -> Schema:
    if (name := aliases.get(_text(schema))) is not None:
        return ref(name)
    choices = schema.get("anyOf", [])
    if NULL in choices:
        without_null = {**schema, "anyOf": [choice for choice in choices if choice != NULL]}
        if (name := aliases.get(_text(without_null))) is not None:
            return {"anyOf": [ref(name), NULL]}
    return below(schema, lambda inner: _by_name(inner, aliases))


def _renamed(schemas: Definitions) -> Definitions:
    """The definitions without the suffixes of names that are unique without them."""
    bare = Counter(_bare(name) for name in schemas)
    names = {
        name: _bare(name) + (SUFFIXES.get(name[len(_bare(name)) :], "") * (bare[_bare(name)] > 1))
        for name in schemas
    }
    return {
        names[name]: with_names(schema, lambda reference: AT + names[reference])
        for name, schema in sorted(schemas.items(), key=lambda item: names[item[0]])
    }


def _bare(name: str) -> str:
    return name.removesuffix("-Input").removesuffix("-Output")


def _text(schema: Schema) -> str:
    return json.dumps(schema)
