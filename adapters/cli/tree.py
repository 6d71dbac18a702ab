"""Threads below their parents, as JSON and as lines."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from threadhost.adapters.cli.output import console, shown
from threadhost.adapters.jsonrpc import render
from threadhost.events.store.port import Reads
from threadhost.projections.listing import ThreadQuery, thread_page, thread_row
from threadhost.projections.tree import children_of

PAGE_THREADS = 500
Node = dict[str, Any]


async def roots(reads: Reads, limit: int) -> list[str]:
    """The roots of the trees with the newest turns."""
    roots_seen: dict[str, None] = {}
    query = ThreadQuery(sort="recency_at", limit=PAGE_THREADS)
    while len(roots_seen) < limit:
        rows = await thread_page(reads, query)
        roots_seen.update((row.session_id, None) for row in rows[:PAGE_THREADS])
        if len(rows) <= PAGE_THREADS:
            break
        after = rows[PAGE_THREADS - 1].key("recency_at")
        query = ThreadQuery(sort="recency_at", limit=PAGE_THREADS, after=after)
    return list(roots_seen)[:limit]


async def forest(reads: Reads, tops: Sequence[str], home: Path) -> list[Node]:
    """The trees below these threads; `thread` is null for threads not stored, as ephemeral ones."""
    trees = [await _node(reads, top, None, home) for top in tops]
    visited, open_nodes = set(tops), list(trees)
    while open_nodes:
        node = open_nodes.pop()
        for edge in await children_of(reads, node["id"]):
            if edge.child_id in visited:
                continue  # damaged data may be circular
            visited.add(edge.child_id)
            child = await _node(reads, edge.child_id, "open" if edge.is_open else "closed", home)
            node["children"].append(child)
            open_nodes.append(child)
    return trees


async def _node(reads: Reads, thread_id: str, edge: str | None, home: Path) -> Node:
    row = await thread_row(reads, thread_id)
    thread = render.thread(row, "notLoaded", render.home_of(home)) if row else None
    return {"id": thread_id, "thread": thread, "edge": edge, "children": []}


def lines(node: Node, indent: str = "", mark: str = "") -> list[str]:
    """A tree as lines, with each thread below its parent."""
    thread = node["thread"]
    words = "(not stored)" if thread is None else shown(thread.name or thread.preview)
    text = [f"{indent}{mark}{shown(node['id'])}  {words}".rstrip()]
    child_indent = indent + {"": "", "├─ ": "│  ", "└─ ": "   "}[mark]
    for child in node["children"]:
        text += lines(child, child_indent, "└─ " if child is node["children"][-1] else "├─ ")
    return text


def print_forest(trees: Sequence[Node]) -> None:
    """Print the trees as text."""
    out = console()
    for root in trees:
        for line in lines(root):
            out.print(line)
