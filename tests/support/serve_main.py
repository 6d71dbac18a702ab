"""A host as a program: a home and an address to listen on; says where it listens on stderr."""

import asyncio
import signal
import sys
from pathlib import Path

from threadhost.adapters.app import open_app
from threadhost.adapters.config import Settings, parse_listen
from threadhost.adapters.jsonrpc.transports.base import open_listener


async def serve(home: Path, listen: str) -> None:
    settings = Settings(home, (parse_listen(listen),), model="echo:ok")
    app = await open_app(settings, env={})
    listener = await open_listener(settings.listen[0], app.accept, settings.limits)
    print(listener.address, file=sys.stderr, flush=True)  # noqa: T201 - it is how to find it
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    ends = {asyncio.create_task(listener.ended()), asyncio.create_task(stopped.wait())}
    _, left = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    for task in left:
        task.cancel()
    await listener.close()
    await app.close()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2]))
