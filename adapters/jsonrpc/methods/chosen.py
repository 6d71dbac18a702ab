"""The provider, the model and the settings that a client chooses, by name or in a `config`."""

from typing import Any

from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.errors import invalid_params_message, refusal
from threadhost.adapters.jsonrpc.methods import sandbox
from threadhost.adapters.jsonrpc.methods.common import plain
from threadhost.adapters.jsonrpc.models.base import Params
from threadhost.adapters.models.provider import ECHO, OPENAI
from threadhost.adapters.models.providers import not_found, offers_of

FAULT = "failed to load configuration: "
POLICIES = ("approval_policy", "approvals_reviewer")
AS_THEY_ARE = (
    *POLICIES,
    *("base_instructions", "developer_instructions", "disabled_plugin_ids"),
    *("effort", "personality", "summary"),
)
"""Settings that are taken unchanged from params of the same name, where a method has these."""


def given_settings(params: Params) -> dict[str, Any]:
    """The settings that params give unchanged; null changes only `service_tier`, to the default."""
    values = {name: plain(getattr(params, name, None)) for name in AS_THEY_ARE}
    settings = {name: value for name, value in values.items() if value is not None}
    if "service_tier" in params.model_fields_set:
        settings["service_tier"] = getattr(params, "service_tier", None) or "default"
    return settings


def require_provider(provider: str | None, call: Call) -> None:
    """Raises RpcError for a provider that this host does not have."""
    offers = offers_of(call.app.model)
    if provider is not None and provider not in offers:
        raise refusal("modelProviderNotConfigured", FAULT + not_found(provider, offers))


async def chosen_model(
    model: str | None, provider: str | None, call: Call, thread_id: str | None = None
) -> dict[str, str]:
    """The chosen `model` and `model_provider`, without those not chosen; raises RpcError.

    A model may be named with its provider, `PROVIDER:MODEL`, as `model/list` names models of other
    providers than the default; but not if the thread's own model has that very name. With the echo
    as the default, OpenAI counts as a provider too, so that the echo never answers for it. A
    provider alone is chosen with its own default model.
    """
    offers = offers_of(call.app.model)
    require_provider(provider, call)
    prefix, colon, model_name = (model or "").partition(":")
    names = {OPENAI, *offers} if call.app.model.name == ECHO else offers
    names_both = colon and model_name and prefix in names and provider in (None, prefix)
    if names_both and not await _has(thread_id, model, call):
        require_provider(prefix, call)
        provider, model = prefix, model_name
    if provider is None:
        return {"model": model} if model else {}
    return {"model": model or offers[provider].default_model, "model_provider": provider}


async def _has(thread_id: str | None, model: str | None, call: Call) -> bool:
    """Whether this is the thread's model already: clients repeat it with each turn."""
    row = await call.app.reading.row(thread_id) if thread_id else None
    return row is not None and row.model == model


async def chosen_settings(config: dict[str, Any] | None, call: Call) -> dict[str, Any]:
    """The settings in a thread's `config`, and under `config` all its keys with their typed values.

    Keys that this host does not read are kept unchanged. Raises RpcError that names a key with an
    invalid value.
    """
    if not config:
        return {}
    from pydantic import ValidationError

    from threadhost.adapters.configuration.thread_keys import ThreadConfig, thread_settings

    try:
        keys = ThreadConfig.model_validate(config)
    except ValidationError as error:
        words = invalid_params_message(error).removeprefix("Invalid request: ")
        raise refusal("invalidConfig", FAULT + words) from None
    typed_keys = keys.model_dump(mode="json", exclude_unset=True)
    policies = {name: plain(getattr(keys, name)) for name in POLICIES}
    policies = {name: value for name, value in policies.items() if value is not None}
    policies |= sandbox.of_mode(keys.sandbox_mode, None)
    model = await chosen_model(keys.model, keys.model_provider, call)
    return {**thread_settings(keys), **policies, **model, "config": {**config, **typed_keys}}
