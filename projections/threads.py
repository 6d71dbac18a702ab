"""The view of threads: what lists and single reads show of them."""

from collections.abc import Iterable

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    Table,
    Text,
    bindparam,
    delete,
    insert,
    update,
)

from threadhost.events.base import Recorded
from threadhost.events.ids import thread_of
from threadhost.events.thread import (
    ThreadConfigured,
    ThreadDeleted,
    ThreadRenamed,
    ThreadStarted,
)
from threadhost.events.turn import ItemRecorded, TurnCompleted, TurnStarted
from threadhost.projections.base import Projection, Write, metadata

PREVIEW_CHARS_MAX = 2000

threads = Table(
    "threads",
    metadata,
    Column("id", Text, primary_key=True),
    Column("session_id", Text, nullable=False),
    Column("parent_id", Text),
    Column("forked_from_id", Text),
    Column("depth", Integer, nullable=False),
    Column("ephemeral", Boolean, nullable=False),
    Column("source", Text, nullable=False),
    Column("history_mode", Text, nullable=False),
    Column("created_at_ms", Integer, nullable=False),
    Column("updated_at_ms", Integer, nullable=False),
    Column("recency_at_ms", Integer, nullable=False),
    Column("archived", Boolean, nullable=False),
    Column("listed", Boolean, nullable=False),
    Index("threads_parent", "parent_id"),
    Index("threads_by_created", "archived", "listed", "created_at_ms", "id"),
    Index("threads_by_updated", "archived", "listed", "updated_at_ms", "id"),
    Index("threads_by_recency", "archived", "listed", "recency_at_ms", "id"),
    sqlite_with_rowid=False,
)

texts = Table(
    "thread_texts",
    metadata,
    Column("thread_id", Text, primary_key=True),
    Column("name", Text),
    Column("preview", Text),
    Column("model", Text),
    Column("model_provider", Text),
    Column("cwd", Text),
    Column("originator", Text),
    Column("thread_source", Text),
    Column("agent_nickname", Text),
    Column("agent_role", Text),
    sqlite_with_rowid=False,
)
"""All that sealed events say and a list shows, in one narrow table that can be scrubbed."""

CHOSEN = (
    "model",
    "model_provider",
    "cwd",
    "originator",
    "thread_source",
    "agent_nickname",
    "agent_role",
)
"""What a thread's settings tell of it."""

projection = Projection(threads, texts, private=(texts,))

_THREAD = threads.c.id == bindparam("of")
_TEXT = texts.c.thread_id == bindparam("of")
INSERT = insert(threads)
INSERT_TEXT = insert(texts)
CONFIGURE = update(texts).where(_TEXT).values({n: bindparam(f"new_{n}") for n in CHOSEN})
RENAME = update(texts).where(_TEXT).values(name=bindparam("new_name"))
PREVIEW = update(texts).where(_TEXT, texts.c.preview.is_(None)).values(preview=bindparam("text"))
BEGIN_TURN = (
    update(threads)
    .where(_THREAD)
    .values(updated_at_ms=bindparam("at_ms"), recency_at_ms=bindparam("at_ms"), listed=True)
)
END_TURN = update(threads).where(_THREAD).values(updated_at_ms=bindparam("at_ms"))
DELETE = delete(threads).where(_THREAD)
DELETE_TEXT = delete(texts).where(_TEXT)


@projection.on(ThreadStarted)
def _(event: ThreadStarted, fact: Recorded) -> Iterable[Write]:
    at_ms = fact.meta.recorded_at_ms
    yield (
        INSERT,
        {
            "id": event.thread_id,
            "session_id": event.session_id,
            "parent_id": event.parent_id,
            "forked_from_id": None,
            "depth": event.depth,
            "ephemeral": event.ephemeral,
            "source": event.source,
            "history_mode": event.history_mode,
            "created_at_ms": at_ms,
            "updated_at_ms": at_ms,
            "recency_at_ms": at_ms,
            "archived": False,
            "listed": False,
        },
    )
    yield INSERT_TEXT, {"thread_id": event.thread_id}


@projection.on(ThreadConfigured)
def _(event: ThreadConfigured, fact: Recorded) -> Iterable[Write]:
    chosen = {f"new_{name}": getattr(event.settings, name) for name in CHOSEN}
    yield CONFIGURE, {"of": thread_of(fact.stream), **chosen}


@projection.on(ThreadRenamed)
def _(event: ThreadRenamed, fact: Recorded) -> Iterable[Write]:
    yield RENAME, {"of": thread_of(fact.stream), "new_name": event.name}


@projection.on(TurnStarted)
def _(event: TurnStarted, fact: Recorded) -> Iterable[Write]:
    yield BEGIN_TURN, {"of": thread_of(fact.stream), "at_ms": event.started_at_ms}


@projection.on(ItemRecorded)
def _(event: ItemRecorded, fact: Recorded) -> Iterable[Write]:
    if event.type != "userMessage":
        return ()
    parts = [part.get("text", "") for part in event.item["content"] if part["type"] == "text"]
    preview = "\n".join(parts)[:PREVIEW_CHARS_MAX]
    return ((PREVIEW, {"of": thread_of(fact.stream), "text": preview}),)


@projection.on(TurnCompleted)
def _(event: TurnCompleted, fact: Recorded) -> Iterable[Write]:
    yield END_TURN, {"of": thread_of(fact.stream), "at_ms": event.completed_at_ms}


@projection.on(ThreadDeleted)
def _(event: ThreadDeleted, fact: Recorded) -> Iterable[Write]:
    del fact
    yield DELETE, {"of": event.thread_id}
    yield DELETE_TEXT, {"of": event.thread_id}
