"""`initialize`: the handshake."""

import os
import sys

from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.methods.warnings import warn
from threadhost.adapters.jsonrpc.models.initialize import InitializeParams, InitializeResponse
from threadhost.adapters.jsonrpc.registry import method
from threadhost.adapters.version import PROTOCOL_VERSION, product_version


@method("initialize", InitializeParams, reads=True)
async def initialize(params: InitializeParams, call: Call) -> InitializeResponse:
    """Open the session; `userAgent` has the version of the protocol."""
    call.app.hub.followers.join(call.session)
    call.session.presence.begin(call.session.who, params.client_info.version, call.origin)
    if call.app.configuration.unused:
        _warn_of_unused_keys(call)
    uname = os.uname()
    system = f"{uname.sysname} {uname.release}; {uname.machine}"
    return InitializeResponse(
        user_agent=f"threadhost/{PROTOCOL_VERSION} ({system}) threadhost-{product_version()}",
        codex_home=call.app.home,
        platform_family="unix",
        platform_os="macos" if sys.platform == "darwin" else sys.platform,
        log_id=call.app.logs.durable.log_id,
        host_epoch=call.app.facts.epoch,
    )


def _warn_of_unused_keys(call: Call) -> None:
    file, keys = call.app.configuration.file, call.app.configuration.unused
    warn(f"{file}: not used by this host: {', '.join(keys)}", call)
