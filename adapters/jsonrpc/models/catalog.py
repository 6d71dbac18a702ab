"""Every notification and every request of the host to clients, with their models."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from threadhost.adapters.jsonrpc import models
from threadhost.adapters.jsonrpc.models import elicitation, server_requests
from threadhost.adapters.jsonrpc.models.base import Notification, Params, Result
from threadhost.events.named_tuple import NamedTuple


class MethodModels(NamedTuple):
    """The params and the result of one method; params are None for a method that declares none."""

    params: type[Params] | None
    result: type[Result]


SERVER_REQUESTS: dict[str, MethodModels] = {
    "item/tool/call": MethodModels(
        server_requests.DynamicToolCallParams, server_requests.DynamicToolCallResponse
    ),
    "item/tool/requestUserInput": MethodModels(
        server_requests.ToolRequestUserInputParams, server_requests.ToolRequestUserInputResponse
    ),
    "mcpServer/elicitation/request": MethodModels(
        elicitation.McpServerElicitationRequestParams,
        elicitation.McpServerElicitationRequestResponse,
    ),
}
"""The requests of the host to clients."""


def _declared() -> Iterator[type[Notification]]:
    """The notifications that the files of this folder declare."""
    names = sorted(module.name for module in iter_modules(models.__path__, f"{models.__name__}."))
    for name in names:
        if name != __name__:
            for value in vars(import_module(name)).values():
                if isinstance(value, type) and issubclass(value, Notification):
                    yield value


NOTIFICATIONS = {model.method: model for model in _declared() if hasattr(model, "method")}
