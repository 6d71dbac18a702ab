"""`initialize`: the handshake."""

import os
import sys

from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.models.initialize import InitializeParams, InitializeResponse
from threadhost.adapters.jsonrpc.registry import method
from threadhost.adapters.version import PROTOCOL_VERSION, product_version


@method("initialize", InitializeParams)
async def initialize(params: InitializeParams, call: Call) -> InitializeResponse:
    """Open the session; clients read the protocol's version from the user agent."""
    del params  # the session has seen to them
    call.app.hub.join(call.session)
    here = os.uname()
    system = f"{here.sysname} {here.release}; {here.machine}"
    return InitializeResponse(
        user_agent=f"threadhost/{PROTOCOL_VERSION} ({system}) threadhost-{product_version()}",
        codex_home=call.app.home,
        platform_family="unix",
        platform_os="macos" if sys.platform == "darwin" else sys.platform,
    )
