"""The base of every wire model: camelCase on the wire, snake_case in Python, strict and frozen."""

from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from threadhost.events.bounds import is_large
from threadhost.events.lazy_model import LazyModel


class Wire(BaseModel, metaclass=LazyModel):
    """One object on the wire: field order is key order, and nulls are kept.

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
    """The name under which a type is refused without the experimental API, wherever it occurs."""

    @classmethod
    def from_wire(cls, value: object) -> Self:
        """Read what a client sent; only the wire's spelling of keys is accepted.

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
        """`encode` for a large object; not for the event loop."""
        from threadhost.adapters.jsonrpc.json_writing import written

        return written(self)


class SnakeWire(Wire):
    """A wire object whose keys are snake_case on the wire too."""

    model_config = ConfigDict(alias_generator=None)


class Params(Wire):
    """The params of one method."""

    experimental: ClassVar[tuple[str, ...]] = ()
    """The fields that only connections with the experimental API may use."""

    def experimental_use(self, method: str) -> str | None:
        """The first use of the experimental API, as `method.field`; None without any.

        A field is used if its value is not its default.
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
        """Whether writing it takes so long that it must not block the loop."""
        return is_large((self,))


class Empty(Result):
    """A result without content: `{}`."""


class Notification(Wire):
    """The params of one notification; `method` is its name on the wire."""

    method: ClassVar[str]
    is_experimental: ClassVar[bool] = False
    """Whether only connections with the experimental API receive it."""
    repeats_event: ClassVar[bool] = False
    """Whether nothing in it is larger than its event."""

    @property
    def is_large(self) -> bool:
        """Whether writing it takes so long that it must not block the loop."""
        return False
