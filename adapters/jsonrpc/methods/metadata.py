"""`thread/metadata/update`: a client's metadata of a thread."""

from pydantic.alias_generators import to_camel

from threadhost.actors.errors import MetadataNotKept
from threadhost.actors.metadata import UpdateMetadata
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.errors import excerpt, invalid_field_error, refusal
from threadhost.adapters.jsonrpc.methods.common import canonical, thread_scope
from threadhost.adapters.jsonrpc.models.metadata import (
    ThreadMetadataGitInfoUpdateParams,
    ThreadMetadataUpdateParams,
    ThreadMetadataUpdateResponse,
)
from threadhost.adapters.jsonrpc.registry import NO_ROLLOUT, method


@method(
    "thread/metadata/update", ThreadMetadataUpdateParams, scope=thread_scope, not_found=NO_ROLLOUT
)
async def update_metadata(
    params: ThreadMetadataUpdateParams, call: Call
) -> ThreadMetadataUpdateResponse:
    """Change the metadata of a thread, loaded or stored, without loading it."""
    thread_id = canonical(params.thread_id)
    if params.git_info is None and params.project_id is None and params.daybreak_enabled is None:
        raise refusal("invalidParams", "thread metadata update must include at least one field")
    if params.project_id:
        raise refusal("projectNotFound", f"project not found: {excerpt(params.project_id)}")
    command = UpdateMetadata(_git(params.git_info), params.daybreak_enabled)
    if call.app.logs.is_ephemeral(thread_id):
        raise MetadataNotKept(thread_id)
    await call.app.host.threads.amend(thread_id, command, call.origin)
    row = await call.app.reading.known(thread_id)
    return ThreadMetadataUpdateResponse(thread=call.app.shown.thread(row))


def _git(params: ThreadMetadataGitInfoUpdateParams | None) -> dict[str, str | None]:
    """The changes by name, None for what is cleared. Raises RpcError."""
    if params is None:
        return {}
    changes = {name: getattr(params, name) for name in params.model_fields_set}
    if not changes:
        raise invalid_field_error("gitInfo", "gitInfo must include at least one field")
    for name, value in changes.items():
        if value is not None and not value.strip():
            field = f"gitInfo.{to_camel(name)}"
            raise invalid_field_error(field, f"{field} must not be empty")
    return {name: value and value.strip() for name, value in changes.items()}
