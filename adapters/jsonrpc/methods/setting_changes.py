"""The changes to a thread's settings by `thread/settings/update` or `turn/start`."""

from typing import Any

from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.errors import excerpt, invalid_field_error, refusal
from threadhost.adapters.jsonrpc.methods import sandbox
from threadhost.adapters.jsonrpc.methods.chosen import chosen_model, given_settings
from threadhost.adapters.jsonrpc.methods.common import absolute, canonical
from threadhost.adapters.jsonrpc.models.settings import CollaborationMode, TurnEnvironmentParams
from threadhost.adapters.jsonrpc.models.thread_settings import ThreadSettingsUpdateParams
from threadhost.adapters.jsonrpc.models.turn_start import TurnStartParams

PLACE = "local"


async def changes_of(
    params: ThreadSettingsUpdateParams | TurnStartParams, call: Call
) -> dict[str, Any]:
    """The settings that are to change, by name; null changes only `service_tier`.

    Raises RpcError.
    """
    mode = _of_mode(params.collaboration_mode) if params.collaboration_mode else {}
    model = {} if params.model is None else {"model": params.model}
    changes: dict[str, Any] = {**given_settings(params), **model, **mode}
    if changes.get("model") == "":
        raise invalid_field_error("model", "model must not be empty")
    changes |= await chosen_model(changes.get("model"), None, call, canonical(params.thread_id))
    if params.environments is not None:
        changes["cwd"] = absolute(_folder(params.environments), call.session.folder)
    if params.cwd is not None:
        changes["cwd"] = absolute(params.cwd, call.session.folder)
    return changes | sandbox.of_policy(params.sandbox_policy, params.permissions)


def _of_mode(mode: CollaborationMode) -> dict[str, Any]:
    """The settings of a mode; if it has no instructions, those of the thread stay."""
    if mode.mode != "default":
        words = f"collaboration mode `{mode.mode}` is not offered by this host, expected `default`"
        raise refusal("valueNotOffered", words)
    chosen = {"model": mode.settings.model, "effort": mode.settings.reasoning_effort}
    instructions = mode.settings.developer_instructions
    return chosen if instructions is None else {**chosen, "developer_instructions": instructions}


def _folder(environments: list[TurnEnvironmentParams]) -> str:
    """The folder in this host's only environment. Raises RpcError for any other environment."""
    if len(environments) == 1 and environments[0].environment_id == PLACE:
        return environments[0].cwd
    names = ", ".join(
        f"`{excerpt(environment.environment_id)}`" for environment in environments[:9]
    )
    words = f"environments [{names}] are not offered by this host, expected one, `{PLACE}`"
    raise refusal("valueNotOffered", words)
