"""`model/list` and `modelProvider/list`: the host's providers and their models."""

from collections.abc import Iterator

from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.errors import refusal
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
    VariableAuth,
)
from threadhost.adapters.jsonrpc.registry import method
from threadhost.adapters.models.http_origin import shown_url
from threadhost.adapters.models.provider import ECHO, OPENAI_URL, KnownModel
from threadhost.adapters.models.providers import Offer, not_found, offers_of

EFFORTS = ("low", "medium", "high")
"""The efforts that are listed for a model whose efforts are not known; every client knows these."""
EFFORT_DEFAULT = "medium"
UNKNOWN = KnownModel()


@method("model/list", ModelListParams, reads=True)
async def list_models(params: ModelListParams, call: Call) -> ModelListResponse:
    """List all known models, the default provider's first; threads may also name others.

    Models of other providers go by `PROVIDER:MODEL`, unless one provider alone was asked for.
    """
    offers, provider = offers_of(call.app.model), params.model_provider
    if provider is not None and provider not in offers:
        data = {"type": "modelProviderNotConfigured", "modelProvider": provider}
        raise refusal("modelProviderNotConfigured", not_found(provider, offers), data=data)
    listed = offers.values() if provider is None else [offers[provider]]
    models = [model for offer in listed for model in _models(offer, call, is_alone=bool(provider))]
    shown = [model for model in models if params.include_hidden or not model.hidden]
    listing, following = page(shown, params.cursor, params.limit)
    return ModelListResponse(data=list(listing), next_cursor=following)


def _models(offer: Offer, call: Call, *, is_alone: bool) -> Iterator[Model]:
    """The known models of a provider; hidden for an echo that is neither default nor asked for."""
    provider = offer.provider
    is_default = provider.name == call.app.model.name
    default = {offer.default_model: UNKNOWN} if is_default else {}
    for name, model in (default | dict(provider.models)).items():
        yield _model(
            provider.name,
            name if is_default or is_alone else f"{provider.name}:{name}",
            model._replace(title=model.title or name),
            hidden=provider.name == ECHO and not (is_default or is_alone),
            is_default=is_default and name == offer.default_model,
        )


def _model(provider: str, id: str, model: KnownModel, *, hidden: bool, is_default: bool) -> Model:
    default_effort = model.default_effort
    efforts = model.efforts or ((default_effort,) if default_effort else ())
    label = "The model supports it."
    if not efforts:
        efforts, label = (
            EFFORTS,
            "Passed on to the model; whether the model supports it is unknown.",
        )
    default_effort = default_effort or (EFFORT_DEFAULT if EFFORT_DEFAULT in efforts else efforts[0])
    tokens = model.window.tokens_max
    role = "default model of this host" if is_default else "model"
    size = f", with a context window of {tokens:,} tokens" if tokens else ""
    return Model(
        id=id,
        model=id,
        display_name=model.title,
        description=f"A {role}, of the provider `{provider}`{size}.",
        hidden=hidden,
        supported_reasoning_efforts=[
            ReasoningEffortOption(reasoning_effort=effort, description=label) for effort in efforts
        ],
        default_reasoning_effort=default_effort,
        input_modalities=["text", "image"],
        is_default=is_default,
        model_provider=provider,
        context_window=tokens,
    )


@method("modelProvider/list", ModelProviderListParams, reads=True)
async def list_providers(params: ModelProviderListParams, call: Call) -> ModelProviderListResponse:
    """List the model providers of this host; its configuration sets them."""
    summaries = [
        ModelProviderSummary(
            id=name,
            name=offer.provider.title or name,
            can_edit=False,
            base_url=shown_url(offer.provider.base_url),
            settings=_settings(offer),
        )
        for name, offer in offers_of(call.app.model).items()
    ]
    default = call.app.model.name
    return ModelProviderListResponse(
        data=summaries, default_provider_id=default, can_change_default=False
    )


def _settings(offer: Offer) -> ProviderSettings:
    provider = offer.provider
    if provider.base_url == OPENAI_URL:
        return OpenaiProviderSettings()
    if provider.key_variable is not None:
        return GatewayProviderSettings(auth=VariableAuth(env_key=provider.key_variable))
    has_none = provider.key is None and provider.key_command is None and offer.is_ours
    return GatewayProviderSettings(
        auth=EndpointAuth(mode="none" if has_none else "externallyConfigured")
    )
