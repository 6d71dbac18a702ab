"""threadhost: a durable host for trees of agent threads."""

TYPE_CHECKING = False
"""Importing `typing` takes longer than everything else that a joining client imports."""

if TYPE_CHECKING:
    from threadhost.adapters.client.client import Client, TurnEnd
    from threadhost.adapters.client.errors import (
        ClientError,
        ConnectionClosed,
        FellBehind,
        Unsendable,
    )
    from threadhost.adapters.client.notes import Note, Notes
    from threadhost.adapters.embed import EmbeddedHost
    from threadhost.adapters.embed import open_host as open  # noqa: A004
    from threadhost.adapters.jsonrpc.errors import RpcError
    from threadhost.events.store.errors import (
        HomeLocked,
        StoreError,
        StoreFailed,
        StoreMismatch,
        StoreUnavailable,
    )

    __version__: str

__all__ = [
    "Client",
    "ClientError",
    "ConnectionClosed",
    "EmbeddedHost",
    "FellBehind",
    "HomeLocked",
    "Note",
    "Notes",
    "RpcError",
    "StoreError",
    "StoreFailed",
    "StoreMismatch",
    "StoreUnavailable",
    "TurnEnd",
    "Unsendable",
    "__version__",
    "open",
]

_HOMES = {
    "Client": "adapters.client.client.Client",
    "ClientError": "adapters.client.errors.ClientError",
    "ConnectionClosed": "adapters.client.errors.ConnectionClosed",
    "EmbeddedHost": "adapters.embed.EmbeddedHost",
    "FellBehind": "adapters.client.errors.FellBehind",
    "HomeLocked": "events.store.errors.HomeLocked",
    "Note": "adapters.client.notes.Note",
    "Notes": "adapters.client.notes.Notes",
    "RpcError": "adapters.jsonrpc.errors.RpcError",
    "StoreError": "events.store.errors.StoreError",
    "StoreFailed": "events.store.errors.StoreFailed",
    "StoreMismatch": "events.store.errors.StoreMismatch",
    "StoreUnavailable": "events.store.errors.StoreUnavailable",
    "TurnEnd": "adapters.client.client.TurnEnd",
    "Unsendable": "adapters.client.errors.Unsendable",
    "open": "adapters.embed.open_host",
}


def __getattr__(name: str) -> object:
    """Import a public name on first use: every module of this package imports this one."""
    from importlib import import_module

    if name == "__version__":
        value: object = import_module("threadhost.adapters.version").product_version()
    elif name in _HOMES:
        module, _, attribute = _HOMES[name].rpartition(".")
        value = getattr(import_module(f"threadhost.{module}"), attribute)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value
