"""The methods of the protocol, a file for each noun; importing this package registers all."""

from threadhost.adapters.jsonrpc.methods import initialize, start
from threadhost.adapters.jsonrpc.registry import registry
from threadhost.events.nouns import NOUNS

__all__ = ["initialize", "start"]

OF_NO_NOUN = {
    "account": ("account/read",),
    "archive": ("thread/archive", "thread/unarchive"),
    "config": ("config/read", "configRequirements/read", "host/config/reload"),
    "folders": ("skills/list", "hooks/list"),
    "diagnostics": ("host/diagnostics/read", "server/diagnostics"),
    "history": ("thread/turns/list", "thread/items/list"),
    "listing": ("thread/list", "thread/loaded/list"),
    "models": ("model/list", "modelProvider/list"),
    "modes": ("collaborationMode/list",),
    "permissions": ("permissionProfile/list",),
    "resume": ("thread/resume",),
    "search": ("thread/search",),
    "search_stream": (
        "thread/search/stream",
        "thread/search/cancel",
        "thread/search/stream/cancel",
    ),
    "settings": ("thread/settings/update",),
    "views": ("host/views/rebuild",),
    "terminals": ("thread/backgroundTerminals/list",),
}
"""The methods of modules that belong to no noun; the table of nouns has the others."""

DEFERRED = {**OF_NO_NOUN, **{noun.name: noun.methods for noun in NOUNS if noun.methods}}
"""The methods of modules that are imported when one of these is first called, for a quick start."""

for _module, _names in DEFERRED.items():
    registry.defer(f"{__name__}.{_module}", _names)
