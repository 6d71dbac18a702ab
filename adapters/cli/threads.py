"""`threadhost threads`: what is stored."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from threadhost.adapters.cli.holds import holds_of, line
from threadhost.adapters.cli.output import console, local_time, note, print_json, shown
from threadhost.adapters.cli.stored import Stored, stored
from threadhost.adapters.cli.tree import forest, print_forest, roots
from threadhost.adapters.jsonrpc import render
from threadhost.adapters.jsonrpc.models.hold import Hold
from threadhost.adapters.jsonrpc.models.thread import Thread
from threadhost.events.store.sqlite.engine import finished
from threadhost.projections.listing import ThreadQuery, ThreadRow, thread_page
from threadhost.projections.thread_search import hits
from threadhost.projections.turn_queries import PageQuery, Span

PAGE_TURNS = 100
NOT_LOADED = "notLoaded"
NO_THREADS = "no thread here had a turn yet"


def list_threads(
    *, home: Path, key_file: Path | None, limit: int, search: str | None, json: bool
) -> None:
    """Print the threads that had a turn, the newest first, children among them."""
    with stored(home, key_file) as found:
        rows = finished(_listed(found, ThreadQuery(limit=limit), search))
        page, more = rows[:limit], len(rows) > limit
        held = {row.id: holds for row in page if (holds := holds_of(found, row.id))}
    if json:
        at = render.home_of(home)
        data = [render.thread(row, NOT_LOADED, at) for row in page]
        print_json({"data": data, "more": more, "holds": held})
        return
    out = console()
    if not page:
        note(NO_THREADS)
    for row in page:
        mark = "[held] " if row.id in held else ""
        out.print(f"{shown(row.id)}  {local_time(row.updated_at_ms)}  {mark}{title(row)}")
    if more:
        out.print(f"... more; --limit {limit} ends here")


async def _listed(found: Stored, query: ThreadQuery, search: str | None) -> list[ThreadRow]:
    reads = found.log.reads
    return (await hits(reads, query, search)).rows if search else await thread_page(reads, query)


def title(row: ThreadRow) -> str:
    """What a thread is called, or was first told."""
    return shown(row.name or row.preview) or "(no message yet)"


def show(*, thread: str, home: Path, key_file: Path | None, json: bool) -> None:
    """Print one thread with its turns."""
    with stored(home, key_file) as found:
        row = found.row(thread)
        whole, held = asyncio.run(_whole(found, row, home)), holds_of(found, row.id)
    if json:
        print_json({"thread": whole, "holds": held})
    else:
        _print_whole(row, whole, held)


async def _whole(found: Stored, row: ThreadRow, home: Path) -> Thread:
    """The thread with all its turns, read a page at a time; what is left out is said aside."""
    whole, span = render.thread(row, NOT_LOADED, render.home_of(home)), Span()
    while True:
        page = await found.reading.turns.page(PageQuery(row.id, PAGE_TURNS, False, span), "full")
        whole.turns.extend(map(render.turn, page.turns))
        if page.damages:
            note(f"left out, for it cannot be read or shown: {page.damages}")
        if not page.more:
            return whole
        span = Span(low=page.turns[-1].row.position + 1)


def _print_whole(row: ThreadRow, whole: Thread, held: Sequence[Hold]) -> None:
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
    for hold in held:
        out.print(f"{'held':<8} {line(hold)}")
    for turn in whole.turns:
        why = f", {shown(turn.error.message, 200)}" if turn.error else ""
        out.print(f"turn {shown(turn.id)}: {turn.status}{why}")
        for item in turn.items:
            out.print(f"  {item.type:<14} {_said(item.model_dump(mode='json', by_alias=True))}")


def _said(item: dict[str, Any]) -> str:
    parts = [part.get("text", "") for part in item.get("content") or () if isinstance(part, dict)]
    return shown(item.get("text") or " ".join(parts), 100)


def tree(*, thread: str | None, home: Path, key_file: Path | None, limit: int, json: bool) -> None:
    """Print threads below their parents."""
    with stored(home, key_file) as found:
        reads = found.log.reads
        tops = [found.row(thread).id] if thread else finished(roots(reads, limit))
        trees = finished(forest(reads, tops, home))
    if json:
        print_json({"data": trees})
    elif not trees:
        note(NO_THREADS)
    else:
        print_forest(trees)
