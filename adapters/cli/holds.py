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
    params = {"threadId": _whole(home, key_file, thread), "reason": reason, "matter": matter}
    answer = answer_of(require_home(home), key_file, "host/hold/set", {**params, "scope": scope})
    held = Hold.from_wire(answer["hold"])
    print_result({"hold": held}, f"held: {line(held)}", json=json)


def release(
    *, thread: str, home: Path, key_file: Path | None, reason: str, matter: str, json: bool
) -> None:
    """Release a hold, and print what still covers the thread. Raises Failure."""
    thread = _whole(home, key_file, thread)
    params = {"threadId": thread, "reason": reason, "matter": matter}
    answer_of(require_home(home), key_file, "host/hold/release", params)
    with open_store(home, key_file) as opened:
        left = holds_of(opened, thread)
    if json:
        print_json({"threadId": thread, "matter": matter, "holds": left})
        return
    say(f"released: {thread} (matter {matter})")
    for one in left:
        say(f"still held: {line(one)}")


def list_holds(*, home: Path, key_file: Path | None, limit: int, json: bool) -> None:
    """Print the first holds by matter."""
    with open_store(home, key_file) as opened:
        rows = run_sync(hold_page(opened.log.reads, ("", ""), limit + 1))
        page, more = run_sync(shown_holds(opened.log, rows[:limit])), len(rows) > limit
    if json:
        print_json({"data": page, "more": more})
        return
    if not page:
        note(NOTHING)
    for one in page:
        say(line(one))
    if more:
        say(f"... more; --limit {limit} ends here")


def holds_of(opened: HomeStore, thread_id: str) -> Sequence[Hold]:
    """The holds that cover a thread."""
    rows = run_sync(holds_covering(opened.log.reads, thread_id))
    return run_sync(shown_holds(opened.log, rows))


def line(held: Hold) -> str:
    """A hold for people."""
    what = "with all below it" if held.scope == "tree" else "alone"
    why = shown(held.reason, REASON_CHARS) if held.reason else "(reason cannot be read)"
    since = local_time(held.set_at * 1000)
    return f"{held.thread_id} {what}  matter {held.matter}  {shown(held.set_by)} {since}: {why}"


def _whole(home: Path, key_file: Path | None, thread: str) -> str:
    with open_store(home, key_file) as opened:
        return opened.row(thread).id
