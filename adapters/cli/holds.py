"""`threadhost threads hold|release|holds`: legal holds."""

from collections.abc import Sequence
from pathlib import Path

from threadhost.adapters.cli.home_client import answer_of
from threadhost.adapters.cli.home_store import HomeStore, open_store, require_home
from threadhost.adapters.cli.output import local_time, note, print_json, print_result, say, shown
from threadhost.adapters.hold_reading import shown as shown_holds
from threadhost.adapters.jsonrpc.models.hold import Hold
from threadhost.events.store.sqlite.engine import run_sync
from threadhost.projections.holds import hold_page, holds_covering

NOTHING = "nothing is under legal hold"
REASON_CHARS = 200


def hold(
    *,
    thread: str,
    home: Path,
    key_file: Path | None,
    reason: str,
    matter: str,
    scope: str,
    json: bool,
) -> None:
    """Set a hold and print it. Raises Failure."""
    params = {"threadId": _full_id(home, key_file, thread), "reason": reason, "matter": matter}
    answer = answer_of(require_home(home), key_file, "host/hold/set", {**params, "scope": scope})
    entry = Hold.from_wire(answer["hold"])
    print_result({"hold": entry}, f"held: {line(entry)}", json=json)


def release(
    *, thread: str, home: Path, key_file: Path | None, reason: str, matter: str, json: bool
) -> None:
    """Release a hold, and print the holds that still cover the thread. Raises Failure."""
    thread = _full_id(home, key_file, thread)
    params = {"threadId": thread, "reason": reason, "matter": matter}
    answer_of(require_home(home), key_file, "host/hold/release", params)
    with open_store(home, key_file) as home_store:
        remaining = holds_of(home_store, thread)
    if json:
        print_json({"threadId": thread, "matter": matter, "holds": remaining})
        return
    say(f"released: {thread} (matter {matter})")
    for entry in remaining:
        say(f"still held: {line(entry)}")


def list_holds(*, home: Path, key_file: Path | None, limit: int, json: bool) -> None:
    """Print the first holds, ordered by matter."""
    with open_store(home, key_file) as home_store:
        rows = run_sync(hold_page(home_store.log.reads, ("", ""), limit + 1))
        page, has_more = run_sync(shown_holds(home_store.log, rows[:limit])), len(rows) > limit
    if json:
        print_json({"data": page, "more": has_more})
        return
    if not page:
        note(NOTHING)
    for entry in page:
        say(line(entry))
    if has_more:
        say(f"... more; --limit {limit} ends here")


def holds_of(home_store: HomeStore, thread_id: str) -> Sequence[Hold]:
    """The holds that cover a thread."""
    rows = run_sync(holds_covering(home_store.log.reads, thread_id))
    return run_sync(shown_holds(home_store.log, rows))


def line(entry: Hold) -> str:
    """A hold as one line of text."""
    scope = "with all below it" if entry.scope == "tree" else "alone"
    reason = shown(entry.reason, REASON_CHARS) if entry.reason else "(reason cannot be read)"
    since = local_time(entry.set_at * 1000)
    return (
        f"{entry.thread_id} {scope}  matter {entry.matter}  {shown(entry.set_by)} {since}: {reason}"
    )


def _full_id(home: Path, key_file: Path | None, thread: str) -> str:
    with open_store(home, key_file) as home_store:
        return home_store.row(thread).id
