"""threadhost: a durable host for trees of agent threads."""

TYPE_CHECKING = False
"""The one of `typing` takes longer to import than all that a client needs that joins a host."""

if TYPE_CHECKING:
    from threadhost.adapters.client.client import Client, TurnEnd
    from threadhost.adapters.client.errors import ClientError, ConnectionClosed, FellBehind
    from threadhost.adapters.client.notes import Note, Notes
    from threadhost.adapters.embed import EmbeddedHost
    from threadhost.adapters.embed import open_host as open  # noqa: A004
    from threadhost.adapters.jsonrpc.errors import RpcError

__all__ = [
    "Client",
    "ClientError",
    "ConnectionClosed",
    "EmbeddedHost",
    "FellBehind",
    "Note",
    "Notes",
    "RpcError",
    "TurnEnd",
    "open",
]

_HOMES = {
    "Client": "client.client.Client",
    "ClientError": "client.errors.ClientError",
    "ConnectionClosed": "client.errors.ConnectionClosed",
    "EmbeddedHost": "embed.EmbeddedHost",
    "FellBehind": "client.errors.FellBehind",
    "Note": "client.notes.Note",
    "Notes": "client.notes.Notes",
    "RpcError": "jsonrpc.errors.RpcError",
    "TurnEnd": "client.client.TurnEnd",
    "open": "embed.open_host",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: every module of ours imports this one."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module, _, attribute = _HOMES[name].rpartition(".")
    found = getattr(import_module(f"threadhost.adapters.{module}"), attribute)
    globals()[name] = found
    return found
