"""The methods of this host by name, each with its models, and the least that each takes."""

from typing import Any, Literal, get_origin

from threadhost.adapters.jsonrpc import methods as _all  # noqa: F401  (fills the registry)
from threadhost.adapters.jsonrpc.models.base import Wire
from threadhost.adapters.jsonrpc.models.catalog import MethodModels
from threadhost.adapters.jsonrpc.registry import registry

METHODS = {
    method.name: MethodModels(method.params_model, method.result_model)
    for method in sorted(registry, key=lambda method: method.name)
    if method.result_model is not None
}
ID = "01a20280-45b9-751b-94a8-29a36213916d"


def least(model: type[Wire]) -> dict[str, Any]:
    """An object that has what one of this model needs, and nothing more."""
    fields = model.model_fields.items()
    needed = {name: field.annotation for name, field in fields if field.is_required()}
    return {model.wire_name(name): _something(needed[name]) for name in needed}


def _something(type_: Any) -> object:
    if get_origin(type_) is Literal:
        return type_.__args__[0]
    if isinstance(type_, type) and issubclass(type_, Wire):
        return least(type_)
    return [] if get_origin(type_) is list else 1 if type_ is int else ID
