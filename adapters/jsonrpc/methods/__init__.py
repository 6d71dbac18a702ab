"""The methods of the protocol, one noun a file; importing this makes them all known."""

from threadhost.adapters.jsonrpc.methods import host, initialize, listing, thread, turn
from threadhost.adapters.jsonrpc.registry import registry

__all__ = ["host", "initialize", "listing", "thread", "turn"]

DEFERRED = {
    "account": ("account/read",),
    "config": ("config/read", "configRequirements/read"),
    "injection": ("thread/inject_items",),
    "folders": ("skills/list", "hooks/list"),
    "history": ("thread/turns/list", "thread/items/list"),
    "models": ("model/list", "modelProvider/list"),
    "modes": ("collaborationMode/list",),
    "permissions": ("permissionProfile/list",),
    "terminals": ("thread/backgroundTerminals/list",),
}
"""Modules that are imported when the first of their methods is called, for a quick start."""

for _module, _names in DEFERRED.items():
    registry.defer(f"{__name__}.{_module}", _names)
