"""`python -m benchmarks.bystander SOCKET PID`: a client that has nothing to do with what goes on.

It starts threads, and interrupts turns, one after the other, until its input ends; then it writes
how long each took, and how much CPU the host of that process id used meanwhile, in milliseconds, as
JSON.
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from benchmarks.endpoint import HANGS
from benchmarks.machine import cpu_ms
from benchmarks.wire import Client

PAUSE_S = 0.01


Waits = dict[str, list[tuple[float, float]]]


async def stand(socket: Path, host: int) -> Waits:
    """Ask until there is no more input."""
    client = await Client.at(socket)
    over = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    thread_id = await client.start()
    took: Waits = {"start": [], "interrupt": []}
    print("ready", flush=True)
    while not over.done():
        with timed(took["start"], host):
            await client.start()
        turn_id = await client.say(thread_id, HANGS)
        with timed(took["interrupt"], host):
            await client.ask("turn/interrupt", threadId=thread_id, turnId=turn_id)
        await asyncio.sleep(PAUSE_S)
    await client.close()
    return took


@contextmanager
def timed(took: list[tuple[float, float]], host: int) -> Iterator[None]:
    """Note how long a block takes, and how much CPU of the host."""
    began, before_ms = perf_counter(), cpu_ms(host)
    yield
    took.append(((perf_counter() - began) * 1000, cpu_ms(host) - before_ms))


if __name__ == "__main__":
    print(json.dumps(asyncio.run(stand(Path(sys.argv[1]), int(sys.argv[2])))))
