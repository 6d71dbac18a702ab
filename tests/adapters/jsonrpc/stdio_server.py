"""A program that echoes over its own stdio, as a host would serve it."""

import asyncio
import sys

from tests.adapters.jsonrpc.echo import Echoes
from threadhost.adapters.config import STDIO, Limits
from threadhost.adapters.jsonrpc.transports.listening import open_listener


async def serve() -> None:
    listener = await open_listener(STDIO, Echoes().accept, Limits())
    print("a stray print", flush=True)  # noqa: T201 - that is what is tried
    await listener.ended()
    await listener.close()
    await listener.close()


if __name__ == "__main__":
    asyncio.run(serve())
    sys.exit(0)
