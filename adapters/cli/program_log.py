"""`threadhost threads logs`: what the host noted of its own work for a thread."""

import asyncio
from pathlib import Path

from threadhost.adapters.cli.output import console, local_time, note, print_json, shown
from threadhost.adapters.cli.stored import stored
from threadhost.adapters.clock import SystemClock
from threadhost.adapters.thread_lines import newest

NOTHING = "nothing was noted of this thread"


def logs(*, thread: str, home: Path, key_file: Path | None, limit: int, json: bool) -> None:
    """Print the newest lines of a thread, the oldest of them first."""
    with stored(home, key_file) as opened:
        thread_id, now_ms = opened.row(thread).id, SystemClock().now_ms()
        lines = asyncio.run(newest(opened.log, thread_id, limit, now_ms))
    if json:
        print_json({"data": [line._asdict() for line in lines]})
        return
    if not lines:
        note(NOTHING)
    out = console()
    for line in lines:
        parts = [f"turn={line.turn_id}"] * bool(line.turn_id)
        parts += [f"{name}={value}" for name, value in line.details.items()]
        words = f"{line.level:<5}  {shown(line.event)}  {shown(' '.join(parts), 300)}"
        out.print(f"{local_time(line.at_ms)}  {words}".rstrip())
