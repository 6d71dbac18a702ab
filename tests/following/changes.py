"""What differs between two versions of the protocol: names, types, fields, values, one by one."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tests.following.published import ROLES, Published, Roles

Place = tuple[str, ...]
"""Where something stands in a type: its name, then fields as `.name`, variants as `<tag>`,
values as ` = value`, elements as `[]` and members of a map as `{}`."""
UNIONS = ("oneOf", "anyOf", "allOf")
WALKED = (*UNIONS, "properties", "required", "enum")


class Change(NamedTuple):
    """One difference; `sign` is `+`, `-` or `~`, `kind` a word for what it is about."""

    sign: str
    kind: str
    place: Place
    detail: str = ""

    def __str__(self) -> str:
        detail = f": {self.detail}" if self.detail else ""
        return f"{self.sign} {self.kind} {''.join(self.place)}{detail}"


def changes(old: Published, new: Published) -> list[Change]:
    """From the old to the new, methods first."""
    return [
        *_of_calls("method", old.methods, new.methods),
        *_of_notifications(old.notifications, new.notifications),
        *_of_calls("request", old.requests, new.requests),
        *_of_types(old.definitions, new.definitions),
    ]


def _of_calls(kind: str, old: Mapping[str, Roles], new: Mapping[str, Roles]) -> Iterator[Change]:
    yield from _names(kind, old, new)
    for name in sorted(old.keys() & new.keys()):
        for role in (*ROLES, "experimental"):
            was, now = old[name].get(role), new[name].get(role)
            if was != now and None not in (was, now):
                yield Change("~", kind, (name,), f"{role} {was} -> {now}")


def _of_notifications(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    yield from _names("notification", old, new)
    for name in sorted(old.keys() & new.keys()):
        if old[name] != new[name]:
            yield Change("~", "notification", (name,), f"{old[name]} -> {new[name]}")


def _names(kind: str, old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[Change]:
    yield from (Change("+", kind, (name,)) for name in sorted(new.keys() - old.keys()))
    yield from (Change("-", kind, (name,)) for name in sorted(old.keys() - new.keys()))


def _of_types(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    yield from _names("type", old, new)
    for name in sorted(old.keys() & new.keys()):
        if old[name] != new[name]:
            found = list(_within(dict(facts(name, old[name])), dict(facts(name, new[name]))))
            yield from found or [Change("~", "type", (name,), "in its order")]


def _within(was: dict[Place, str], now: dict[Place, str]) -> Iterator[Change]:
    """What is new or gone as a whole is told without its parts."""
    for sign, ours, others in (("+", now, was), ("-", was, now)):
        for place, text in ours.items():
            if place not in others and place[:-1] in others:
                yield Change(sign, _kind(place), place, text)
    for place, text in was.items():
        if place in now and text != now[place]:
            yield Change("~", _kind(place), place, f"{text} -> {now[place]}")


def _kind(place: Place) -> str:
    if len(place) == 1:
        return "type"
    return {".": "field", " ": "value", "<": "variant"}.get(place[-1][0], "part")


def facts(name: str, schema: Any) -> Iterator[tuple[Place, str]]:
    """All that a schema says, each in words at its place."""
    yield from _facts((name,), schema, "")


def _facts(place: Place, schema: Any, mark: str) -> Iterator[tuple[Place, str]]:
    yield place, _brief(schema) + mark
    if not isinstance(schema, dict):
        return
    yield from _values(place, schema)
    required = schema.get("required", ())
    for field, inner in schema.get("properties", {}).items():
        yield from _facts((*place, f".{field}"), inner, ", required" if field in required else "")
    for number, (tag, inner) in enumerate(_variants(schema)):
        if "enum" in inner:
            yield from _values(place, inner)
        elif not _is_plain(inner):
            yield from _facts((*place, f"<{tag or number}>"), inner, "")
    for key, step in (("items", "[]"), ("additionalProperties", "{}")):
        if isinstance(schema.get(key), dict) and not _is_plain(schema[key]):
            yield from _facts((*place, step), schema[key], "")


def _values(place: Place, schema: dict[str, Any]) -> Iterator[tuple[Place, str]]:
    yield from (((*place, f" = {value}"), "") for value in schema.get("enum", ()))


def _variants(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each variant, with the value or the only key that tells it from others, if it has one."""
    for union in UNIONS:
        for variant in schema.get(union, ()):
            yield _tag(variant), variant


def _tag(variant: Any) -> str:
    fields = variant.get("properties", {}) if isinstance(variant, dict) else {}
    for field in ("type", "mode", "kind"):
        values = fields.get(field, {}).get("enum", ())
        if len(values) == 1:
            return str(values[0])
    return next(iter(fields)) if len(fields) == 1 else ""


def _is_plain(schema: Any) -> bool:
    """Whether a few words say all of it."""
    if not isinstance(schema, dict) or not schema.keys() & {"properties", "enum"}:
        unions = (schema.get(union, ()) for union in UNIONS) if isinstance(schema, dict) else ()
        return all(_is_plain(one) for union in unions for one in union)
    return False


def _brief(schema: Any) -> str:
    """A schema in words, but for its fields, values and what has a place of its own."""
    if not isinstance(schema, dict):
        return "anything" if schema is True else json.dumps(schema)
    worded = (one for _, one in _variants(schema) if _is_plain(one) or "enum" in one)
    choices = dict.fromkeys(map(_brief, worded))
    rest = {k: v for k, v in schema.items() if k not in (*WALKED, "type", "$ref", "items")}
    if isinstance(inner := rest.get("additionalProperties"), dict):
        rest["additionalProperties"] = _brief(inner)
    words = [
        *([schema["$ref"].rpartition("/")[2]] if "$ref" in schema else ()),
        *([_type(schema)] if "type" in schema else ()),
        *([" or ".join(choices)] if choices else ()),
        *(f"{key} {json.dumps(value, sort_keys=True)}" for key, value in sorted(rest.items())),
    ]
    return ", ".join(words) or "a choice"


def _type(schema: dict[str, Any]) -> str:
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    of = f" of {_brief(schema['items'])}" if "items" in schema else ""
    return " or ".join(f"{one}{of}" if one == "array" else one for one in types)
