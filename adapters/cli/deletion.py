"""Deletes a tree from the command line: preview, confirmation, deletion, receipt."""

import asyncio
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from threadhost.adapters.cli.home_client import run_with_client
from threadhost.adapters.cli.home_store import open_store, require_home
from threadhost.adapters.cli.output import (
    Failure,
    console,
    is_confirmed,
    print_json,
    require_terminal,
)
from threadhost.adapters.client.client import Client
from threadhost.adapters.jsonrpc.models.host_preview import PreviewDeleteResponse
from threadhost.events.base import Recorded
from threadhost.events.store.sqlite.engine import run_sync
from threadhost.events.thread import ThreadDeleted
from threadhost.events.tree import TreeDeletionCompleted
from threadhost.events.words import pluralize

PAGE_EVENTS = 1000
SHOWN_TARGETS = 20


@dataclass(frozen=True, slots=True)
class Deletion:
    """A deletion according to the log: the deleted threads, leaf first, and its receipt."""

    root_id: str
    deleted: list[tuple[int, str]]
    completed: Recorded | None

    def as_json(self) -> dict[str, Any]:
        """The deletion as `--json` shows it."""
        event = self.completed.event if self.completed else None
        return {
            "root": self.root_id,
            "deleted": [{"threadId": thread, "position": at} for at, thread in self.deleted],
            "receipt": event.receipt if isinstance(event, TreeDeletionCompleted) else None,
            "position": self.completed.position if self.completed else None,
        }

    def as_lines(self) -> list[str]:
        """The deletion as text."""
        lines = [f"deleted {thread}  at position {at}" for at, thread in self.deleted]
        event = self.completed.event if self.completed else None
        if self.completed and isinstance(event, TreeDeletionCompleted):
            receipt = event.receipt
            rows = ", ".join(f"{count} {view}" for view, count in receipt.rows.items() if count)
            counts = (
                f"{pluralize(receipt.threads, 'stored thread')} ({receipt.missing} missing)",
                pluralize(receipt.ephemeral, "ephemeral one"),
                pluralize(receipt.keys, "key"),
            )
            lines.append(f"receipt at position {self.completed.position}: {', '.join(counts)}")
            lines += [f"fork {fork}, in memory, went with it" for fork in receipt.forks_in_memory]
            lines.append(f"rows gone: {rows or 'none'}; files gone: {receipt.files}")
            if receipt.calls:
                questions = pluralize(receipt.questions, "question")
                lines.append(f"{pluralize(receipt.calls, 'call')} ended with it, and {questions}")
        return lines


def delete(*, thread: str, home: Path, key_file: Path | None, yes: bool, json: bool) -> None:
    """Delete a tree after a confirmation. Raises Failure."""
    folder = require_home(home)
    if not yes:
        require_terminal("deleting")
    with open_store(home, key_file) as home_store:
        before, thread = home_store.log.position, home_store.whole(thread)
    run_with_client(folder, key_file, partial(_delete, thread_id=thread, yes=yes, json=json))
    deletion = recorded(home, key_file, thread, before)
    if json:
        print_json(deletion.as_json())
    else:
        for line in deletion.as_lines():
            console().print(line)


async def _delete(client: Client, thread_id: str, *, yes: bool, json: bool) -> None:
    plan = await client.preview_delete(thread_id)
    if not json:
        for line in preview_lines(plan):
            console().print(line)
    question = f"delete {pluralize(plan.counts.threads, 'thread')} for good?"
    if not yes and not await asyncio.to_thread(is_confirmed, question):
        raise Failure("nothing was deleted")
    await client.delete_thread(thread_id)


def preview_lines(plan: PreviewDeleteResponse) -> list[str]:
    """What a deletion would remove, as text."""
    counts = plan.counts
    states = f"{counts.live} live, {counts.busy} busy, {counts.ephemeral} ephemeral"
    parts = (
        f"{pluralize(counts.threads, 'thread')} ({states})",
        pluralize(counts.turns, "turn"),
        pluralize(counts.items, "item"),
        pluralize(counts.files, "file"),
    )
    lines = [f"would delete {', '.join(parts)}; leaf first:"]
    depths = {target.thread_id: target.depth for target in plan.targets}
    forks = {target.thread_id: target.forked_from_id for target in plan.targets}
    lines += [
        f"  depth {depths[t]}  {t}" + (f"  fork of {forks[t]}, in memory" if forks[t] else "")
        for t in plan.delete_order[:SHOWN_TARGETS]
    ]
    if len(plan.delete_order) > SHOWN_TARGETS:
        lines.append(f"  ... and {len(plan.delete_order) - SHOWN_TARGETS} more")
    lines += [f"fork {thread} survives" for thread in plan.surviving_forks]
    words = "refused, as {0} is under legal hold (matter {1}); `threadhost threads release` ends it"
    return lines + [words.format(hold.thread_id, hold.matter) for hold in plan.holds]


def recorded(home: Path, key_file: Path | None, root_id: str, after: int) -> Deletion:
    """The deletion of a root after a position, from the log."""
    deleted: list[tuple[int, str]] = []
    with open_store(home, key_file) as home_store:
        while facts := run_sync(home_store.log.read(after, PAGE_EVENTS)):
            for fact in facts:
                event = fact.event
                if isinstance(event, ThreadDeleted):
                    deleted.append((fact.position, event.thread_id))
                elif isinstance(event, TreeDeletionCompleted) and event.root_id == root_id:
                    return Deletion(root_id, deleted, fact)
            after = facts[-1].position
    return Deletion(root_id, deleted, None)
