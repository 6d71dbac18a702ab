"""Types that are imported only for their first value, to keep a cold start short."""

from functools import cached_property
from importlib import import_module

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema


class Deferred:
    """Marks a field whose type is `name` in the sibling module `module`.

    Type checkers import the type itself; at run time the mark stands in for it.
    """

    def __init__(self, module: str, name: str) -> None:
        self.module = module
        self.name = name

    @cached_property
    def adapter(self) -> TypeAdapter[object]:
        """The type, imported and built."""
        module = import_module(f"{__package__}.{self.module}")
        return TypeAdapter(getattr(module, self.name))

    def validate(self, value: object) -> object:
        """The value if it is an instance, else the instance read from the wire's object."""
        return self.adapter.validate_python(value, by_alias=True, by_name=False)

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.validate, serialization=core_schema.simple_ser_schema("any")
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        self.adapter.rebuild()
        # The handler ignores the metadata of its own argument, so it gets a union of one.
        return handler(core_schema.union_schema([self.adapter.core_schema]))
