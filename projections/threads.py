"""The view of threads, for lists and single reads."""

from collections.abc import Iterable, Iterator, Sequence

from threadhost.events.base import Event, Recorded
from threadhost.events.first_words import first_words
from threadhost.events.fork import ThreadCopied, ThreadCopyBegun, is_inherited
from threadhost.events.goal import GoalSet
from threadhost.events.ids import thread_of
from threadhost.events.imported import is_imported
from threadhost.events.injection import ItemsInjected
from threadhost.events.revert import ThreadReverted
from threadhost.events.store.port import Reads
from threadhost.events.thread import (
    ThreadActivated,
    ThreadArchived,
    ThreadConfigured,
    ThreadRenamed,
    ThreadSettings,
    ThreadStarted,
    ThreadUnarchived,
)
from threadhost.events.turn import ItemRecorded, TurnCompleted, TurnStarted
from threadhost.projections.base import Projection, Write
from threadhost.projections.case_folding import SEARCHED_CHARS_MAX, folded
from threadhost.projections.listing import IS_LISTED, TEXT_CHARS_MAX, ThreadRow
from threadhost.projections.table import Column, Index, Table

CHOSEN = (
    "model",
    "model_provider",
    "cwd",
    "originator",
    "thread_source",
    "agent_nickname",
    "agent_role",
    "effort",
)
"""The settings of a thread that the view shows."""

FIRST = (ThreadStarted, ThreadConfigured, ThreadActivated)
"""The first events of a thread that is no agent, no fork, and not imported."""

THREADS = Table(
    "threads",
    (
        Column("id", "key"),
        Column("session_id"),
        Column("parent_id", "key", may_be_null=True),
        Column("forked_from_id", may_be_null=True),
        Column("depth", "integer"),
        Column("ephemeral", "boolean"),
        Column("source"),
        Column("history_mode"),
        Column("created_at_ms", "long"),
        Column("updated_at_ms", "long"),
        Column("recency_at_ms", "long"),
        Column("archived", "boolean"),
        Column("listed", "boolean"),
        Column("memory_mode", may_be_null=True),
        Column("copying", "boolean", may_be_null=True),
    ),
    key=("id",),
    indices=(
        Index("threads_by_created", ("archived", "listed", "created_at_ms", "id"), where=IS_LISTED),
        Index("threads_by_recency", ("archived", "listed", "recency_at_ms", "id"), where=IS_LISTED),
        Index("threads_by_updated", ("archived", "listed", "updated_at_ms", "id"), where=IS_LISTED),
        Index("threads_parent", ("parent_id",), where="parent_id IS NOT NULL"),
        Index("threads_copying", ("copying",), where="copying IS NOT NULL"),
    ),
    goes_with=("id",),
)

TEXTS = Table(
    "thread_texts",
    (
        Column("thread_id", "key"),
        Column("name", may_be_null=True),
        Column("preview", may_be_null=True),
        Column("name_folded", may_be_null=True),
        Column("preview_folded", may_be_null=True),
        Column("preview_version", "long", may_be_null=True),
        Column("model", may_be_null=True),
        Column("model_provider", may_be_null=True),
        Column("cwd", may_be_null=True),
        Column("originator", may_be_null=True),
        Column("thread_source", may_be_null=True),
        Column("agent_nickname", may_be_null=True),
        Column("agent_role", may_be_null=True),
        Column("effort", may_be_null=True),
        Column("git_sha", may_be_null=True),
        Column("git_branch", may_be_null=True),
        Column("git_origin_url", may_be_null=True),
        Column("daybreak", "boolean", may_be_null=True),
    ),
    key=("thread_id",),
    is_private=True,
    goes_with=("thread_id",),
)
"""All content of sealed events that a list shows, in one narrow table that can be scrubbed."""

projection = Projection(THREADS, TEXTS)

INSERT = THREADS.insert()
INSERT_TEXT = TEXTS.insert("thread_id", *CHOSEN)
CONFIGURE = TEXTS.update(*CHOSEN)
RENAME = TEXTS.update("name", "name_folded")
SAID_FIRST = ("preview", "preview_folded")
PREVIEW = TEXTS.update(*SAID_FIRST, "preview_version", of=("thread_id",), where="preview IS NULL")
UNSAY = TEXTS.update(*SAID_FIRST, of=("thread_id", "preview_version >="))
BEGIN_TURN = THREADS.update("updated_at_ms", "recency_at_ms", "listed")
BEGIN_COPYING = THREADS.update("copying")
COPIED = THREADS.update("copying", "listed", "updated_at_ms", "recency_at_ms")
TOUCH = THREADS.update("updated_at_ms")
ARCHIVE = THREADS.update("archived")
_COPYING = "SELECT id FROM threads WHERE copying IS NOT NULL ORDER BY id"


@projection.on(ThreadStarted)
def _thread_started(event: ThreadStarted, fact: Recorded) -> Iterable[Write]:
    at_ms = fact.meta.recorded_at_ms
    yield (
        INSERT,
        {
            "id": event.thread_id,
            "session_id": event.session_id,
            "parent_id": event.parent_id,
            "forked_from_id": event.forked_from_id,
            "depth": event.depth,
            "ephemeral": event.ephemeral,
            "source": event.source,
            "history_mode": event.history_mode,
            "created_at_ms": at_ms,
            "updated_at_ms": at_ms,
            "recency_at_ms": at_ms,
            "archived": False,
            "listed": False,
            "memory_mode": None,
            "copying": None,
        },
    )
    yield INSERT_TEXT, {"thread_id": event.thread_id, **dict.fromkeys(CHOSEN)}


@projection.on(ThreadConfigured)
def _thread_configured(event: ThreadConfigured, fact: Recorded) -> Iterable[Write]:
    chosen = {name: getattr(event.settings, name) for name in CHOSEN}
    yield CONFIGURE, {"thread_id": thread_of(fact.stream), **chosen}
    yield from _touched(event, fact)


@projection.on(GoalSet, ItemsInjected)
def _touched(event: Event, fact: Recorded) -> Iterable[Write]:
    """The thread changed now; for imported and copied events the time of the change is unknown."""
    if not (is_imported(fact.meta) or is_inherited(fact)):
        yield TOUCH, {"id": thread_of(fact.stream), "updated_at_ms": fact.meta.recorded_at_ms}


@projection.on(ThreadRenamed)
def _thread_renamed(event: ThreadRenamed, fact: Recorded) -> Iterable[Write]:
    yield (
        RENAME,
        {
            "thread_id": thread_of(fact.stream),
            "name": event.name,
            "name_folded": folded((event.name or "")[:SEARCHED_CHARS_MAX]),
        },
    )


@projection.on(TurnStarted)
def _turn_started(event: TurnStarted, fact: Recorded) -> Iterable[Write]:
    if not is_inherited(fact):  # `ThreadCopied` covers these
        at_ms = event.started_at_ms
        yield BEGIN_TURN, {"id": thread_of(fact.stream), "listed": True, **_changed(at_ms)}


@projection.on(ItemRecorded)
def _item_recorded(event: ItemRecorded, fact: Recorded) -> Iterable[Write]:
    if preview := first_words(event):
        texts = {"preview": preview, "preview_folded": folded(preview)}
        place = {"thread_id": thread_of(fact.stream), "preview_version": fact.version}
        yield PREVIEW, {**place, **texts}


@projection.on(TurnCompleted)
def _turn_completed(event: TurnCompleted, fact: Recorded) -> Iterable[Write]:
    if not is_inherited(fact):
        yield TOUCH, {"id": thread_of(fact.stream), "updated_at_ms": event.completed_at_ms}


@projection.on(ThreadArchived)
def _thread_archived(event: ThreadArchived, fact: Recorded) -> Iterable[Write]:
    yield ARCHIVE, {"id": thread_of(fact.stream), "archived": True}


@projection.on(ThreadUnarchived)
def _thread_unarchived(event: ThreadUnarchived, fact: Recorded) -> Iterable[Write]:
    yield ARCHIVE, {"id": thread_of(fact.stream), "archived": False}


@projection.on(ThreadReverted)
def _thread_reverted(event: ThreadReverted, fact: Recorded) -> Iterable[Write]:
    thread_id = thread_of(fact.stream)
    if event.from_version:  # the event's first version names only a turn
        nothing = dict.fromkeys(SAID_FIRST)
        yield UNSAY, {"thread_id": thread_id, **nothing, "preview_version": event.from_version}
    yield from _touched(event, fact)


@projection.on(ThreadCopyBegun)
def _copy_begun(event: ThreadCopyBegun, fact: Recorded) -> Iterable[Write]:
    yield BEGIN_COPYING, {"id": thread_of(fact.stream), "copying": True}


@projection.on(ThreadCopied)
def _copied(event: ThreadCopied, fact: Recorded) -> Iterable[Write]:
    values = {"id": thread_of(fact.stream), "copying": None, "listed": event.turns > 0}
    yield COPIED, {**values, **_changed(fact.meta.recorded_at_ms)}


def _changed(at_ms: int) -> dict[str, int]:
    return {"updated_at_ms": at_ms, "recency_at_ms": at_ms}


async def unfinished_copies(reads: Reads) -> Sequence[str]:
    """Return forks whose copying no process continues, because a host died."""
    return [row[0] for row in await reads.rows(_COPYING)]


def rows_of_new_threads(recorded: Sequence[Recorded]) -> dict[str, ThreadRow]:
    """Return the rows of threads that began in a commit, if its events alone give the row."""
    return {row.id: row for row in _rows(recorded)}


def _rows(recorded: Sequence[Recorded]) -> Iterator[ThreadRow]:
    for at, fact in enumerate(recorded):
        if isinstance(fact.event, ThreadActivated):
            facts = recorded[max(0, at + 1 - len(FIRST)) : at + 1]
            types = tuple(type(r.event) for r in facts)
            if types == FIRST and facts[0].stream == fact.stream:
                yield from _row(facts)


def _row(facts: Sequence[Recorded]) -> Iterator[ThreadRow]:
    started: ThreadStarted
    configured: ThreadConfigured
    started, configured = facts[0].event, facts[1].event  # type: ignore[assignment]
    chosen = _chosen(configured.settings)
    if chosen is None:
        return
    at_ms = facts[0].meta.recorded_at_ms
    yield ThreadRow(
        id=started.thread_id,
        session_id=started.session_id,
        parent_id=started.parent_id,
        forked_from_id=started.forked_from_id,
        depth=started.depth,
        source=started.source,
        history_mode=started.history_mode,
        created_at_ms=at_ms,
        updated_at_ms=at_ms,
        recency_at_ms=at_ms,
        **chosen,
        name=None,
        preview=None,
        git_sha=None,
        git_branch=None,
        git_origin_url=None,
        daybreak=None,
        memory_mode=None,
        ephemeral=started.ephemeral,
        archived=False,
        listed=False,
    )


def _chosen(settings: ThreadSettings) -> dict[str, str | None] | None:
    """The view's columns of a thread's settings; None if the view would cut one of the texts."""
    chosen: dict[str, str | None] = {name: getattr(settings, name) for name in CHOSEN}
    is_cut = any(len(text) > TEXT_CHARS_MAX for text in chosen.values() if text is not None)
    return None if is_cut else chosen
