"""A host as a program on several addresses at once, with limits and a model that a test chooses."""

import asyncio
import json
import os
import resource
import signal
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from tests.limits.loop_meter import LoopMeter
from threadhost.actors.models import ModelEvent, ModelRequest, OutputStarted, TextDelta
from threadhost.adapters import resources
from threadhost.adapters.app import open_app
from threadhost.adapters.config import Limits, Settings, parse_listen
from threadhost.adapters.jsonrpc.transports.accept_errors import AcceptErrors
from threadhost.adapters.jsonrpc.transports.base import Listener
from threadhost.adapters.jsonrpc.transports.connection_slots import ConnectionSlots
from threadhost.adapters.jsonrpc.transports.listening import open_listener
from threadhost.adapters.models.echo import EchoClient
from threadhost.adapters.workers import Workers

FLOOD = "flood "
"""`flood COUNT BYTES GAP_MS`: so many deltas, each of its own bytes; the turn does not end."""
ASKED_BYTES_MAX = 1024


class Flooding(EchoClient):
    """The echo, which also streams as much as it is told to."""

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        text = _text(request)
        if not text.startswith(FLOOD):
            async for event in super().stream(request):
                yield event
            return
        count, size_bytes, gap_ms = map(int, text.removeprefix(FLOOD).split())
        yield OutputStarted(0, "message")
        for number in range(count):
            yield TextDelta(0, f"{number:08}" + "x" * (size_bytes - 8))
            await asyncio.sleep(gap_ms / 1000)
        await asyncio.get_running_loop().create_future()


def _text(request: ModelRequest) -> str:
    if len(request.history[-1]) > ASKED_BYTES_MAX:
        return ""  # to read it here would hold the loop that is measured
    content = json.loads(request.history[-1])["content"]
    return content if isinstance(content, str) else str(content[0].get("text", ""))


async def _close_at_end(listener: Listener) -> None:
    await listener.ended()
    await listener.close()


async def serve(home: Path, wanted: dict[str, Any]) -> None:
    os.umask(wanted.get("umask", 0o077))
    loop = asyncio.get_running_loop()
    limits = Limits()._replace(**wanted.get("limits", {}))
    if (files := wanted.get("open_files_max")) is not None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
        limits = resources.shared_out(limits, resources.raise_descriptors())
    resources.give_back_large_blocks()
    places = ConnectionSlots(limits)
    loop.set_exception_handler(AcceptErrors(places).look)
    loop.set_default_executor(Workers())
    listens = tuple(map(parse_listen, wanted["listen"]))
    app = await open_app(Settings(home, listens, limits=limits), env={}, model=Flooding("ok"))
    opening = (open_listener(listen, app.accept, limits, None, places) for listen in listens)
    listeners = [await one for one in opening]
    app.note_addresses([str(listener.address) for listener in listeners])
    print(json.dumps([str(one.address) for one in listeners]), file=sys.stderr, flush=True)  # noqa: T201
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    if wanted.get("metered"):
        meter = LoopMeter()
        meter.start()
        await meter.answer(home)
    lines = [one for one in listeners if one.address.scheme == "stdio"]
    ending = [asyncio.create_task(_close_at_end(one)) for one in lines]
    await stopped.wait()
    await asyncio.gather(*(asyncio.shield(task) for task in ending if task.done()))
    for listener in listeners:
        await listener.close()
    await app.close()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), json.loads(sys.argv[2])))
