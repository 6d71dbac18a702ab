"""The methods of the protocol, one noun a file; importing this makes them all known."""

from threadhost.adapters.jsonrpc.methods import initialize, start
from threadhost.adapters.jsonrpc.registry import registry

__all__ = ["initialize", "start"]

DEFERRED = {
    "account": ("account/read",),
    "archive": ("thread/archive", "thread/unarchive"),
    "compaction": ("thread/compact/start",),
    "config": ("config/read", "configRequirements/read"),
    "folders": ("skills/list", "hooks/list"),
    "fork": ("thread/fork",),
    "goal": (
        "thread/goal/set",
        "thread/goal/get",
        "thread/goal/clear",
        "host/goal/extend",
    ),
    "history": ("thread/turns/list", "thread/items/list"),
    "host": (
        "host/thread/previewDelete",
        "host/events/subscribe",
        "host/events/unsubscribe",
    ),
    "injection": ("thread/inject_items",),
    "listing": ("thread/list", "thread/loaded/list"),
    "memory": ("thread/memoryMode/set", "memory/reset"),
    "metadata": ("thread/metadata/update",),
    "models": ("model/list", "modelProvider/list"),
    "modes": ("collaborationMode/list",),
    "permissions": ("permissionProfile/list",),
    "revert": ("thread/revert",),
    "queue": (
        "thread/queue/add",
        "thread/queue/list",
        "thread/queue/update",
        "thread/queue/delete",
        "thread/queue/reorder",
    ),
    "resume": ("thread/resume",),
    "search": ("thread/search",),
    "search_stream": (
        "thread/search/stream",
        "thread/search/cancel",
        "thread/search/stream/cancel",
    ),
    "settings": ("thread/settings/update",),
    "terminals": ("thread/backgroundTerminals/list",),
    "thread": ("thread/read", "thread/name/set", "thread/unsubscribe", "thread/delete"),
    "turn": ("turn/start", "turn/steer", "turn/interrupt"),
}
"""Modules that are imported when the first of their methods is called, for a quick start."""

for _module, _names in DEFERRED.items():
    registry.defer(f"{__name__}.{_module}", _names)
