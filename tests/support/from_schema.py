"""Params made from the schema that clients are given: sound ones, and spoilt ones."""

import json
from pathlib import Path
from random import Random
from typing import Any

DOCUMENT = json.loads((Path(__file__).parents[1] / "golden/schema/openrpc.json").read_text())
DEFINITIONS = DOCUMENT["components"]["schemas"]
DEPTH_MAX = 2
TEXTS = ("a", "name", "", " ", "é\u202e", "/tmp", "/nowhere/x", "file:///x", "\x00", "\ud7ff")
TYPES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    7,
    1.5,
    -0.0,
    "text",
    [],
    {},
    [None],
    [[]],
    {"type": "nope"},
)
NUMBERS = (2**31, 2**32, 2**53, 2**63, 2**64, -(2**63) - 1, 10**40, 1e308)
KEYS = ("extra", "", "\x00", "__class__", "type", "threadid", "_meta", "k" * 5_000)


class FromSchema:
    """Makes the params of methods from a seed; `ids` are texts by the field that they are for."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.ids: dict[str, list[str]] = {}

    def params(self, method: dict[str, Any]) -> dict[str, Any]:
        """Params as the schema wants them; what may be left out often is."""
        wanted = [p for p in method["params"] if p.get("required") or self._often()]
        return {p["name"]: self._value(p["schema"], p["name"], 0) for p in wanted}

    def spoilt(self, value: Any) -> Any:
        """The value with one fault, at any depth."""
        random = self._random
        if isinstance(value, dict) and value and random.random() < 0.8:
            key = random.choice(sorted(value))
            if random.random() < 0.1:
                return {name: value[name] for name in value if name != key}
            if random.random() < 0.2:
                return {**value, random.choice(KEYS): self._fault()}
            return {**value, key: self.spoilt(value[key])}
        if isinstance(value, list) and value and random.random() < 0.7:
            at = random.randrange(len(value))
            return [*value[:at], self.spoilt(value[at]), *value[at + 1 :]]
        return self._fault()

    def _fault(self) -> Any:
        random = self._random
        kind = random.random()
        if kind < 0.5:
            return random.choice(TYPES)
        if kind < 0.7:
            return random.choice((*NUMBERS, *TEXTS))
        if kind < 0.8:
            return random.choice(("a" * 300_000, ["x"] * 5_000, {str(n): n for n in range(2_000)}))
        nested: Any = 0
        for _ in range(random.choice((3, 20, 120))):
            nested = [nested] if random.random() < 0.5 else {random.choice(KEYS): nested}
        return nested

    def _often(self) -> bool:
        return self._random.random() < 0.4

    def _value(self, schema: dict[str, Any], name: str, depth: int) -> Any:
        while "$ref" in schema:
            schema = DEFINITIONS[schema["$ref"].rsplit("/", 1)[-1]]
        random = self._random
        if "const" in schema:
            return schema["const"]
        if choices := schema.get("enum"):
            return random.choice(choices)
        if kinds := schema.get("anyOf") or schema.get("oneOf"):
            return self._value(random.choice(kinds), name, depth)
        return self._of_type(schema, name, depth)

    def _of_type(self, schema: dict[str, Any], name: str, depth: int) -> Any:
        random, type_ = self._random, schema.get("type")
        if type_ == "string":
            return random.choice(self.ids.get(name) or TEXTS)
        if type_ == "integer":
            low, high = schema.get("minimum", -5), schema.get("maximum", 100)
            return random.choice((low, high, min(high, max(low, 10))))
        if type_ == "array":
            count = random.randrange(3) if depth < DEPTH_MAX else 0
            return [self._value(schema.get("items", {}), name, depth + 1) for _ in range(count)]
        if type_ == "object":
            return self._object(schema, depth + 1)
        return {"boolean": random.random() < 0.5, "number": 1.5}.get(str(type_))

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        needed = schema.get("required", ())
        made = {
            name: self._value(field, name, depth)
            for name, field in schema.get("properties", {}).items()
            if name in needed or (depth <= DEPTH_MAX and self._often())
        }
        if isinstance(more := schema.get("additionalProperties"), dict):
            made[self._random.choice(KEYS)] = self._value(more, "", depth)
        return made
