"""`thread/settings/update`: the settings of a thread's next turns."""

from threadhost.actors.settings import ChangeSettings, SettingsChange
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.methods.common import canonical, thread_scope
from threadhost.adapters.jsonrpc.methods.setting_changes import changes_of
from threadhost.adapters.jsonrpc.models.thread_settings import (
    ThreadSettingsUpdateParams,
    ThreadSettingsUpdateResponse,
)
from threadhost.adapters.jsonrpc.registry import method


@method("thread/settings/update", ThreadSettingsUpdateParams, scope=thread_scope, experimental=True)
async def update_settings(
    params: ThreadSettingsUpdateParams, call: Call
) -> ThreadSettingsUpdateResponse:
    """Change the settings of a thread's next turns; a running turn keeps its settings."""
    thread_id, changes = canonical(params.thread_id), await changes_of(params, call)
    await call.app.host.threads.amend(
        thread_id, ChangeSettings(SettingsChange(changes)), call.origin
    )
    return ThreadSettingsUpdateResponse()
