"""`python -m benchmarks.bystander SOCKET`: a client that has nothing to do with what else goes on.

It starts threads, and interrupts turns, one after the other, until its input ends; then it writes
how long each took, in milliseconds, as JSON.
"""

import asyncio
import json
import sys
from pathlib import Path
from time import perf_counter

from benchmarks.endpoint import HANGS
from benchmarks.wire import Client

PAUSE_S = 0.01


async def stand(socket: Path) -> dict[str, list[float]]:
    """Ask until there is no more input."""
    client = await Client.at(socket)
    over = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    thread_id = await client.start()
    took: dict[str, list[float]] = {"start": [], "interrupt": []}
    print("ready", flush=True)
    while not over.done():
        began = perf_counter()
        await client.start()
        took["start"].append((perf_counter() - began) * 1000)
        turn_id = await client.say(thread_id, HANGS)
        began = perf_counter()
        await client.ask("turn/interrupt", threadId=thread_id, turnId=turn_id)
        took["interrupt"].append((perf_counter() - began) * 1000)
        await asyncio.sleep(PAUSE_S)
    await client.close()
    return took


if __name__ == "__main__":
    print(json.dumps(asyncio.run(stand(Path(sys.argv[1])))))
