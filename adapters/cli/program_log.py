"""`threadhost threads logs`: the host's log lines about its work for a thread."""

from pathlib import Path

from threadhost.adapters.cli.home_store import open_store
from threadhost.adapters.cli.output import console, local_time, note, print_json, shown
from threadhost.adapters.clock import SystemClock
from threadhost.adapters.event_loop import run_to_end
from threadhost.adapters.thread_lines import newest
from threadhost.events.store.home import verify_command
from threadhost.events.words import pluralize

NOTHING = "the program log has no lines of this thread"


def logs(*, thread: str, home: Path, key_file: Path | None, limit: int, json: bool) -> None:
    """Print the newest lines of a thread, in their order."""
    with open_store(home, key_file) as home_store:
        thread_id, now_ms = home_store.row(thread).id, SystemClock().now_ms()
        read = run_to_end(newest(home_store.log, thread_id, limit, now_ms))
    if json:
        lines = [line._asdict() for line in read.lines]
        print_json({"data": lines, "missing": read.missing})
        return
    if read.missing:
        verify = verify_command(home)
        note(f"missing or unreadable: {pluralize(read.missing, 'line')}; {verify} says more")
    elif not read.lines:
        note(NOTHING)
    out = console()
    for line in read.lines:
        parts = [f"turn={line.turn_id}"] * bool(line.turn_id)
        parts += [f"{name}={value}" for name, value in line.details.items()]
        words = f"{line.level:<5}  {shown(line.event)}  {shown(' '.join(parts), 300)}"
        out.print(f"{local_time(line.at_ms)}  {words}".rstrip())
