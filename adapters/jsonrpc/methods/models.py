"""`model/list` and `modelProvider/list`: what the host's model client offers."""

from typing import Literal

from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.errors import INVALID_REQUEST, RpcError
from threadhost.adapters.jsonrpc.methods.paging import page
from threadhost.adapters.jsonrpc.models.model_list import (
    EndpointAuth,
    GatewayProviderSettings,
    Model,
    ModelListParams,
    ModelListResponse,
    ModelProviderListParams,
    ModelProviderListResponse,
    ModelProviderSummary,
    OpenaiProviderSettings,
    ProviderSettings,
    ReasoningEffortOption,
)
from threadhost.adapters.jsonrpc.registry import method

EFFORTS = ("low", "medium", "high")
"""Efforts that every client knows; the host passes these on like any other."""
EFFORT_DEFAULT = "medium"
OFFLINE = "echo"


@method("model/list", ModelListParams)
async def list_models(params: ModelListParams, call: Call) -> ModelListResponse:
    """The model of threads that name none; a thread may name any other that its provider has."""
    client = call.app.model
    if params.model_provider not in (None, client.name):
        wanted = params.model_provider
        message = f"Model provider `{wanted}` not found; this host has `{client.name}`"
        data = {"type": "modelProviderNotConfigured", "modelProvider": wanted}
        raise RpcError(INVALID_REQUEST, message, data)
    found, following = page([_default_model(call)], params.cursor, params.limit)
    return ModelListResponse(data=list(found), next_cursor=following)


def _default_model(call: Call) -> Model:
    client = call.app.model
    return Model(
        id=client.default_model,
        model=client.default_model,
        display_name=client.default_model,
        description=f"The model that this host uses by default, of the provider `{client.name}`.",
        supported_reasoning_efforts=[
            ReasoningEffortOption(reasoning_effort=effort, description="Passed on to the model.")
            for effort in EFFORTS
        ],
        default_reasoning_effort=EFFORT_DEFAULT,
        input_modalities=["text", "image"],
        is_default=True,
    )


@method("modelProvider/list", ModelProviderListParams)
async def list_providers(params: ModelProviderListParams, call: Call) -> ModelProviderListResponse:
    """The one provider of this host; it is chosen when the host is started."""
    del params
    name = call.app.model.name
    summary = ModelProviderSummary(id=name, name=name, can_edit=False, settings=_settings(name))
    return ModelProviderListResponse(
        data=[summary], default_provider_id=name, can_change_default=False
    )


def _settings(name: str) -> ProviderSettings:
    if name == "openai":
        return OpenaiProviderSettings()
    mode: Literal["none", "externallyConfigured"] = "none"
    if name != OFFLINE:
        mode = "externallyConfigured"
    return GatewayProviderSettings(auth=EndpointAuth(mode=mode))
