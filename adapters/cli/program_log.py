"""`threadhost threads logs`: what the host noted of its own work for a thread."""

import json as json_text
from pathlib import Path

from threadhost.adapters.cli.output import console, local_time, note, print_json, shown
from threadhost.adapters.cli.stored import stored
from threadhost.adapters.clock import SystemClock
from threadhost.events.store.sqlite.engine import finished
from threadhost.projections.program_log import last_lines

NOTHING = "nothing was noted of this thread"


def logs(*, thread: str, home: Path, key_file: Path | None, limit: int, json: bool) -> None:
    """Print the newest lines of a thread, the oldest of them first."""
    with stored(home, key_file) as opened:
        thread_id, now_ms = opened.row(thread).id, SystemClock().now_ms()
        lines = finished(last_lines(opened.log.reads, thread_id, limit, now_ms))
    if json:
        data = [line._asdict() | {"details": json_text.loads(line.details)} for line in lines]
        print_json({"data": data})
        return
    if not lines:
        note(NOTHING)
    out = console()
    for line in lines:
        details = json_text.loads(line.details)
        parts = [f"turn={line.turn_id}"] * bool(line.turn_id)
        parts += [f"{name}={value}" for name, value in details.items()]
        words = f"{line.level:<5}  {shown(line.event)}  {shown(' '.join(parts), 300)}"
        out.print(f"{local_time(line.at_ms)}  {words}".rstrip())
