"""The methods of the protocol, one noun a file; importing this registers them all."""

from threadhost.adapters.jsonrpc.methods import host, initialize, listing, thread, turn

__all__ = ["host", "initialize", "listing", "thread", "turn"]
