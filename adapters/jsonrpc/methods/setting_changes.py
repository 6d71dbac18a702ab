"""What a client changes of the settings that a thread's turns have, by an update or with a turn."""

from typing import Any

from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.errors import misfit_of, refusal, shown
from threadhost.adapters.jsonrpc.methods import sandbox
from threadhost.adapters.jsonrpc.methods.chosen import chosen_model
from threadhost.adapters.jsonrpc.methods.common import absolute, canonical, plain
from threadhost.adapters.jsonrpc.models.settings import CollaborationMode, TurnEnvironmentParams
from threadhost.adapters.jsonrpc.models.thread_settings import ThreadSettingsUpdateParams
from threadhost.adapters.jsonrpc.models.turn_start import TurnStartParams

AS_THEY_ARE = (
    "model",
    "effort",
    "summary",
    "personality",
    "approval_policy",
    "approvals_reviewer",
    "disabled_plugin_ids",
)
PLACE = "local"


async def changes_of(
    params: ThreadSettingsUpdateParams | TurnStartParams, call: Call
) -> dict[str, Any]:
    """The settings that are to change, by name; nulls change nothing but a tier.

    Raises RpcError.
    """
    mode = _of_mode(params.collaboration_mode) if params.collaboration_mode else {}
    given = {name: getattr(params, name) for name in AS_THEY_ARE}
    changes = {name: plain(value) for name, value in given.items() if value is not None} | mode
    if changes.get("model") == "":
        raise misfit_of("model", "model must not be empty")
    changes |= await chosen_model(changes.get("model"), None, call, canonical(params.thread_id))
    if params.environments is not None:
        changes["cwd"] = absolute(_folder(params.environments), call.session.folder)
    if params.cwd is not None:
        changes["cwd"] = absolute(params.cwd, call.session.folder)
    if "service_tier" in params.model_fields_set:
        changes["service_tier"] = params.service_tier or "default"
    return changes | sandbox.of_policy(params.sandbox_policy, params.permissions)


def _of_mode(mode: CollaborationMode) -> dict[str, Any]:
    """What a mode sets; without instructions of its own those of the thread stay."""
    if mode.mode != "default":
        words = f"collaboration mode `{mode.mode}` is not offered by this host, expected `default`"
        raise refusal("valueNotOffered", words)
    chosen = {"model": mode.settings.model, "effort": mode.settings.reasoning_effort}
    instructions = mode.settings.developer_instructions
    return chosen if instructions is None else {**chosen, "developer_instructions": instructions}


def _folder(environments: list[TurnEnvironmentParams]) -> str:
    """The folder in the only place where this host works. Raises RpcError for any other place."""
    if len(environments) == 1 and environments[0].environment_id == PLACE:
        return environments[0].cwd
    names = ", ".join(f"`{shown(place.environment_id)}`" for place in environments[:9])
    words = f"environments [{names}] are not offered by this host, expected one, `{PLACE}`"
    raise refusal("valueNotOffered", words)
