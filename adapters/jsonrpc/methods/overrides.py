"""What a thread that is taken up, or forked, does otherwise from now on."""

from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.errors import INVALID_REQUEST, RpcError
from threadhost.adapters.jsonrpc.methods import sandbox
from threadhost.adapters.jsonrpc.methods.common import absolute, plain
from threadhost.adapters.jsonrpc.methods.setup import require_provider
from threadhost.adapters.jsonrpc.models.thread_resume import SetupOverrides
from threadhost.events.thread import ThreadSettings

AS_THEY_ARE = (
    "model",
    "approval_policy",
    "approvals_reviewer",
    "base_instructions",
    "developer_instructions",
)


def overridden(settings: ThreadSettings, params: SetupOverrides, call: Call) -> ThreadSettings:
    """The settings with what was asked otherwise. Raises RpcError for what cannot be had here."""
    require_provider(params.model_provider, call)
    if params.path:
        fault = f"no rollout found at path {params.path}"
        raise RpcError(INVALID_REQUEST, f"{fault}: threads here have no files, use `threadId`")
    changes = {
        name: plain(value) for name in AS_THEY_ARE if (value := getattr(params, name)) is not None
    }
    if params.cwd is not None:
        changes["cwd"] = absolute(params.cwd)
    changes |= sandbox.of_mode(params.sandbox, params.permissions)
    if params.config:
        changes["config"] = {**settings.config, **params.config}
    if "service_tier" in params.model_fields_set:
        changes["service_tier"] = params.service_tier or "default"
    return settings.model_copy(update=changes)
