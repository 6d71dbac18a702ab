"""The changed settings of a thread that is resumed or forked."""

from typing import Any

from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.field_limits import require_within
from threadhost.adapters.jsonrpc.methods import sandbox
from threadhost.adapters.jsonrpc.methods.chosen import chosen_model, chosen_settings, given_settings
from threadhost.adapters.jsonrpc.methods.common import absolute, session_id
from threadhost.adapters.jsonrpc.models.thread_resume import SetupOverrides
from threadhost.events.thread import ThreadSettings


async def overrides(settings: ThreadSettings, params: SetupOverrides, call: Call) -> dict[str, Any]:
    """The requested changes to these settings. Raises RpcError for values not offered here."""
    changes = await chosen_settings(params.config, call)
    if params.config:
        merged = {**settings.config, **changes["config"]}
        require_within("config", merged, call.app.settings.limits.fields)
    changes |= await _chosen_model(settings, params, call) | given_settings(params)
    if params.cwd is not None:
        changes["cwd"] = absolute(params.cwd, call.session.folder)
    return changes | sandbox.of_mode(params.sandbox, params.permissions)


async def _chosen_model(
    settings: ThreadSettings, params: SetupOverrides, call: Call
) -> dict[str, str]:
    """The requested model; the thread's own provider may be named even if the host has lost it."""
    is_own = params.model_provider == settings.model_provider
    provider = None if is_own else params.model_provider
    return await chosen_model(params.model, provider, call, await session_id(params, call))
