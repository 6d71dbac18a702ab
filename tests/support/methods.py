"""The methods of this host by name, each with its models."""

from threadhost.adapters.jsonrpc import methods as _all  # noqa: F401  (fills the registry)
from threadhost.adapters.jsonrpc.models.catalog import MethodModels
from threadhost.adapters.jsonrpc.registry import registry

METHODS = {
    method.name: MethodModels(method.params_model, method.result_model)
    for method in sorted(registry, key=lambda method: method.name)
    if method.result_model is not None
}
