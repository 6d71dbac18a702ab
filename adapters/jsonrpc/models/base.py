"""The base of every wire model: camelCase on the wire, snake_case in Python, strict and frozen."""

from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from threadhost.events.bounds import is_large
from threadhost.events.lazy_model import LazyModel


class Wire(BaseModel, metaclass=LazyModel):
    """One object as it travels: field order is key order, and nulls are kept.

    Python code builds it by field name. Nothing is coerced: `"5"` is not 5, 1 is not true, and
    null is refused unless the field says `| None`. Unknown keys are ignored.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        strict=True,
        frozen=True,
        extra="ignore",
        defer_build=True,
        protected_namespaces=(),
        json_schema_serialization_defaults_required=True,
    )

    gate: ClassVar[str | None] = None
    """The name of a value that is experimental wherever it stands."""

    @classmethod
    def from_wire(cls, value: object) -> Self:
        """Read what a client sent; only the wire's own spelling of keys counts.

        An array is read by position, as the reference does: each element is the next field.
        Raises pydantic.ValidationError.
        """
        if isinstance(value, list):
            value = dict(zip(cls.wire_names(), value, strict=False))
        read: Self = cls.__pydantic_validator__.validate_python(value, by_alias=True, by_name=False)
        return read

    @classmethod
    def wire_names(cls) -> list[str]:
        """The keys of this object in wire order."""
        return [cls.wire_name(name) for name in cls.model_fields]

    @classmethod
    def wire_name(cls, name: str) -> str:
        """The key of a field."""
        spell = cls.model_config.get("alias_generator")
        return cls.model_fields[name].alias or (spell(name) if callable(spell) else name)

    def encode(self) -> bytes:
        """This object as compact UTF-8 JSON."""
        return self.__pydantic_serializer__.to_json(self)

    def encode_in_steps(self) -> bytes:
        """The same for a large object, beside the loop."""
        from threadhost.adapters.jsonrpc.json_writing import written

        return written(self)


class SnakeWire(Wire):
    """A wire object whose keys are snake_case on the wire too."""

    model_config = ConfigDict(alias_generator=None)


class Params(Wire):
    """The params of one method."""

    experimental: ClassVar[tuple[str, ...]] = ()
    """Fields that only connections may use that asked for the experimental API."""

    def experimental_use(self, method: str) -> str | None:
        """What is used of the experimental API, as `method.field`; None where nothing is.

        A field is used if it says anything but its default.
        """
        fields, fields_set = type(self).model_fields, self.model_fields_set
        for name in [name for name in fields if name in fields_set]:
            value = getattr(self, name)
            if name in self.experimental and value != fields[name].default:
                return f"{method}.{self.wire_name(name)}"
            if isinstance(value, Wire) and value.gate is not None:
                return value.gate
        return None


class Result(Wire):
    """The result of one method."""

    @property
    def is_large(self) -> bool:
        """Whether it takes so long to write that others should not have to wait for it."""
        return is_large((self,))


class Empty(Result):
    """A result that says no more than that it was done: `{}`."""


class Notification(Wire):
    """The params of one notification; `method` is the name it travels under."""

    method: ClassVar[str]
    is_experimental: ClassVar[bool] = False
    """Whether only connections hear it that asked for the experimental API."""
    repeats_event: ClassVar[bool] = False
    """Whether nothing in it is larger than the event that it tells of."""

    @property
    def is_large(self) -> bool:
        """Whether it takes so long to write that others should not have to wait for it."""
        return False
