"""Unions of the wire as annotations that build a variant only for its first value.

A start-up needs one `Thread` and none of the thirty types that may be inside it; pydantic's own
unions would build them all, and would report one error for each variant that does not fit.
"""

from collections.abc import Iterable
from typing import get_args

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticKnownError, core_schema

from threadhost.adapters.jsonrpc.models.base import Wire


class Variants:
    """Marks a union whose variant is chosen by the value's tag or name alone."""

    def __init__(self) -> None:
        self.classes: tuple[type[Wire], ...] = ()
        self.models: dict[str, type[Wire]] = {}
        self.names: tuple[str, ...] = ()

    def name_of(self, model: type[Wire]) -> str:
        """The name of `model` on the wire."""
        raise NotImplementedError

    def read(self, value: object) -> object:
        """The variant read from `value`; raises PydanticKnownError if there is none."""
        raise NotImplementedError

    def validate(self, value: object) -> object:
        """`value` itself if it is a variant already, else the variant read from it."""
        return value if isinstance(value, self.classes) else self.read(value)

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        members = get_args(source) or (source,)
        self.classes = tuple(m for m in members if isinstance(m, type) and issubclass(m, Wire))
        self.models = {self.name_of(model): model for model in self.classes}
        self.names = tuple(name for m in members if m not in self.classes for name in get_args(m))
        return core_schema.no_info_plain_validator_function(
            self.validate, serialization=core_schema.simple_ser_schema("any")
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        choices: list[core_schema.CoreSchema | tuple[core_schema.CoreSchema, str]] = []
        if self.names:
            choices.append(core_schema.literal_schema(list(self.names)))
        for model in self.classes:
            model.model_rebuild()
            choices.append(model.__pydantic_core_schema__)
        return handler(core_schema.union_schema(choices))


class Tagged(Variants):
    """An object with a key, mostly `type`, that names its variant: `{"type": "idle"}`."""

    def __init__(self, tag: str = "type") -> None:
        super().__init__()
        self.tag = tag

    def name_of(self, model: type[Wire]) -> str:
        """The one value that the model's tag can have."""
        return str(model.model_fields[self.tag].default)

    def read(self, value: object) -> object:
        """Read an object by its tag."""
        if not isinstance(value, dict):
            raise PydanticKnownError("dict_type")
        if self.tag not in value:
            raise PydanticKnownError("union_tag_not_found", {"discriminator": f"'{self.tag}'"})
        tag = value[self.tag]
        model = self.models.get(tag) if isinstance(tag, str) else None
        if model is None:
            context = {
                "discriminator": f"'{self.tag}'",
                "tag": str(tag),
                "expected_tags": _list(self.models),
            }
            raise PydanticKnownError("union_tag_invalid", context)
        return model.from_wire(value)


class Named(Variants):
    """A bare name, or an object with one key that is the name: `"never"`, `{"custom": "x"}`."""

    def name_of(self, model: type[Wire]) -> str:
        """The only key of the model."""
        return model.wire_names()[0]

    def read(self, value: object) -> object:
        """Read a name, or an object by its key."""
        if isinstance(value, str) and value in self.names:
            return value
        if isinstance(value, dict) and len(value) == 1:
            model = self.models.get(next(iter(value)))
            if model is not None:
                return model.from_wire(value)
        raise PydanticKnownError("literal_error", {"expected": _list((*self.names, *self.models))})


def _list(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
