"""`threadhost threads`: lists and shows stored threads."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from threadhost.adapters.cli.holds import holds_of, line
from threadhost.adapters.cli.home_client import run_with_client
from threadhost.adapters.cli.home_store import HomeStore, open_store, require_home
from threadhost.adapters.cli.output import Failure, console, local_time, note, print_json, shown
from threadhost.adapters.cli.tree import forest, print_forest, roots
from threadhost.adapters.client.client import Client
from threadhost.adapters.event_loop import run_to_end
from threadhost.adapters.jsonrpc import render
from threadhost.adapters.jsonrpc.models.hold import Hold
from threadhost.adapters.jsonrpc.models.thread import Thread
from threadhost.events.store.lock import is_held
from threadhost.events.store.sqlite.engine import run_sync
from threadhost.events.words import pluralize
from threadhost.projections.listing import ThreadQuery, ThreadRow, thread_page
from threadhost.projections.thread_search import search_page
from threadhost.projections.turn_queries import PageQuery, Span

PAGE_TURNS = 100
NOT_LOADED = "notLoaded"
OF_CALLS = (
    *("server", "namespace", "tool", "status", "arguments", "command", "prompt"),
    *("contentItems", "result", "error", "receiverThreadIds", "agentsStates", "query"),
)
"""The fields of call items that stand for their missing text."""
NO_THREADS = "no thread here had a turn yet"


def list_threads(
    *,
    home: Path,
    key_file: Path | None,
    limit: int,
    search: str | None,
    archived: bool,
    live: bool,
    json: bool,
) -> None:
    """Print the threads that had a turn, newest first, with children. Raises Failure."""
    loaded = _loaded(require_home(home)) if live else None
    query = ThreadQuery(limit=limit, archived=archived, included=loaded)
    with open_store(home, key_file) as home_store:
        rows = run_sync(_listed(home_store, query, search))
        page, has_more = rows[:limit], len(rows) > limit
        holds_by_thread = {row.id: holds for row in page if (holds := holds_of(home_store, row.id))}
    if json:
        at = render.home_of(home)
        data = [render.thread(row, NOT_LOADED, at) for row in page]
        print_json({"data": data, "more": has_more, "holds": holds_by_thread})
        return
    out = console()
    if not page:
        filters = {"archived": archived, "live": live, "such": search is not None}
        kinds = " ".join(word for word, is_asked in filters.items() if is_asked)
        note(f"no {kinds} thread is here" if kinds else NO_THREADS)
    for row in page:
        mark = "[held] " if row.id in holds_by_thread else ""
        out.print(f"{shown(row.id)}  {local_time(row.updated_at_ms)}  {mark}{title(row)}")
    if has_more:
        out.print(f"... more; --limit {limit} ends here")


def _loaded(home: Path) -> list[str]:
    """The threads in memory of the home's host. Raises Failure without a host."""
    if not is_held(home):
        raise Failure(f"no host runs on {home}, so no thread is live")
    return run_with_client(home, None, Client.loaded_threads)


async def _listed(home_store: HomeStore, query: ThreadQuery, search: str | None) -> list[ThreadRow]:
    reads = home_store.log.reads
    return (
        (await search_page(reads, query, search)).rows
        if search
        else await thread_page(reads, query)
    )


def title(row: ThreadRow) -> str:
    """The name of a thread, or its first message."""
    return shown(row.name or row.preview) or "(no message yet)"


def show(*, thread: str, home: Path, key_file: Path | None, limit: int, json: bool) -> None:
    """Print one thread with the newest of its turns, up to `limit`."""
    with open_store(home, key_file) as home_store:
        row = home_store.row(thread)
        full_thread = run_to_end(_read_thread(home_store, row, home))
        holds = holds_of(home_store, row.id)
    left_out = len(full_thread.turns) - limit
    full_thread = full_thread.model_copy(update={"turns": full_thread.turns[-limit:]})
    if json:
        print_json({"thread": full_thread, "holds": holds})
    else:
        _print_thread(row, full_thread, left_out, holds)


async def _read_thread(home_store: HomeStore, row: ThreadRow, home: Path) -> Thread:
    """The thread with all its turns, read page by page; omissions are noted on stderr."""
    thread, span = render.thread(row, NOT_LOADED, render.home_of(home)), Span()
    while True:
        page = await home_store.reading.turns.page(
            PageQuery(row.id, PAGE_TURNS, False, span), "full"
        )
        thread.turns.extend(map(render.turn, page.turns))
        if page.damages:
            note(f"omitted because it is unreadable: {page.damages}")
        if not page.more:
            return thread
        span = Span(low=page.turns[-1].row.position + 1)


def _print_thread(row: ThreadRow, thread: Thread, left_out: int, holds: Sequence[Hold]) -> None:
    out = console()
    for name, value in (
        ("thread", row.id),
        ("name", shown(row.name)),
        ("parent", row.parent_id),
        ("root", row.session_id),
        ("model", row.model),
        ("folder", row.cwd),
        ("branch", row.git_branch),
        ("memory", row.memory_mode),
        ("started", local_time(row.created_at_ms)),
        ("changed", local_time(row.updated_at_ms)),
    ):
        if value:
            out.print(f"{name:<8} {shown(value, 200)}")
    for hold in holds:
        out.print(f"{'held':<8} {line(hold)}")
    if left_out > 0:
        out.print(
            f"... {pluralize(left_out, 'earlier turn')}; --limit {len(thread.turns)} begins here"
        )
    for turn in thread.turns:
        reason = f", {shown(turn.error.message, 200)}" if turn.error else ""
        out.print(f"turn {shown(turn.id)}: {turn.status}{reason}")
        for item in turn.items:
            out.print(f"  {item.type:<14} {_text_of(item.model_dump(mode='json', by_alias=True))}")


def _text_of(item: dict[str, Any]) -> str:
    parts = [part.get("text", "") for part in item.get("content") or () if isinstance(part, dict)]
    text = item.get("text") or " ".join(parts)
    return shown(text, 100) if text else shown(_call_words(item), 200)


def _call_words(item: dict[str, Any]) -> str:
    """The request and the result of a call, in its own terms."""
    details = {name: item[name] for name in OF_CALLS if item.get(name) not in (None, "", [], {})}
    return "  ".join(f"{name} {_plain(value)}" for name, value in details.items())


def _plain(value: object) -> str:
    return value if isinstance(value, str) else to_json(value).decode("utf-8", "replace")


def tree(*, thread: str | None, home: Path, key_file: Path | None, limit: int, json: bool) -> None:
    """Print threads below their parents."""
    with open_store(home, key_file) as home_store:
        reads = home_store.log.reads
        tops = [home_store.row(thread).id] if thread else run_sync(roots(reads, limit))
        trees = run_sync(forest(reads, tops, home))
    if json:
        print_json({"data": trees})
    elif not trees:
        note(NO_THREADS)
    else:
        print_forest(trees)
