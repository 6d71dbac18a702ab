"""How long a loop was held: by one callback of its own, or by whatever else stood in its way."""

import asyncio
import json
from asyncio import events
from pathlib import Path
from time import perf_counter, process_time, thread_time
from typing import NamedTuple

TICK_S = 0.002
SOCKET = "meter"
"""In the home of the host that is measured."""


class Held(NamedTuple):
    """The longest of each since it was last asked, in milliseconds, and what the callback was.

    `callback_ms` is processor time of the loop's own thread, so that other programs do not count.
    `still_ms` is how long the loop did not come round, as far as this process was at work
    meanwhile: threads that hold the interpreter are in it, and so is work that held nothing.
    """

    callback_ms: float = 0.0
    still_ms: float = 0.0
    callback: str = ""


class LoopMeter:
    """Measures the loop that it is started on, until the process ends."""

    def __init__(self) -> None:
        self._held = Held()
        self._ticked = perf_counter(), process_time()

    def start(self) -> None:
        """Measure each callback from now on, and come round all the time."""
        run = events.Handle._run

        def measured(handle: asyncio.Handle) -> None:
            began = thread_time()
            run(handle)
            took_ms = (thread_time() - began) * 1000
            if took_ms > self._held.callback_ms:
                self._held = self._held._replace(callback_ms=took_ms, callback=_named(handle))

        events.Handle._run = measured  # type: ignore[method-assign, assignment]
        self._ticked = perf_counter(), process_time()
        self._tick()

    def take(self) -> Held:
        """What was measured; from here on anew."""
        held, self._held = self._held, Held()
        return held

    async def answer(self, home: Path) -> None:
        """Tell whoever connects to the socket in this folder."""
        await asyncio.start_unix_server(self._tell, home / SOCKET)

    async def _tell(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(json.dumps(self.take()).encode())
        writer.close()
        await writer.wait_closed()

    def _tick(self) -> None:
        wall, cpu = self._ticked
        self._ticked = now = perf_counter(), process_time()
        still_ms = min(now[0] - wall - TICK_S, now[1] - cpu) * 1000
        if still_ms > self._held.still_ms:
            self._held = self._held._replace(still_ms=still_ms)
        asyncio.get_running_loop().call_later(TICK_S, self._tick)


def _named(handle: asyncio.Handle) -> str:
    """What a callback is of, at what line it was left."""
    callback = handle._callback  # type: ignore[attr-defined]
    task = getattr(callback, "__self__", None)
    if isinstance(task, asyncio.Task):
        frames = task.get_stack(limit=1)
        where = f":{frames[0].f_lineno}" if frames else ""
        return f"{getattr(task.get_coro(), '__qualname__', task)}{where}"
    return str(getattr(callback, "__qualname__", callback))


async def held_in(home: Path) -> Held:
    """What the host of this home measured since it was last asked."""
    reader, writer = await asyncio.open_unix_connection(home / SOCKET)
    held = Held(*json.loads(await reader.read()))
    writer.close()
    await writer.wait_closed()
    return held
