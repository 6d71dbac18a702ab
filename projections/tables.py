"""The tables of all views as SQLAlchemy describes them: what `schema.py` is written from.

Nothing imports this to serve, which would double the time to the first reply; it is for whoever
changes a table (then `make docs`), checks the statements against them, reads a home with Core, or
keeps the views in another database.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable, DDLElement

metadata = MetaData()
Long = BigInteger().with_variant(Integer(), "sqlite")
"""Positions and milliseconds: 64 bits everywhere."""
Key = Text().with_variant(String(255), "mysql", "mariadb", "mssql", "oracle")
"""Texts that an index holds, which has to know their length in some databases."""

threads = Table(
    "threads",
    metadata,
    Column("id", Key, primary_key=True),
    Column("session_id", Text, nullable=False),
    Column("parent_id", Key),
    Column("forked_from_id", Text),
    Column("depth", Integer, nullable=False),
    Column("ephemeral", Boolean, nullable=False),
    Column("source", Text, nullable=False),
    Column("history_mode", Text, nullable=False),
    Column("created_at_ms", Long, nullable=False),
    Column("updated_at_ms", Long, nullable=False),
    Column("recency_at_ms", Long, nullable=False),
    Column("archived", Boolean, nullable=False),
    Column("listed", Boolean, nullable=False),
    Column("memory_mode", Text),
    Index("threads_parent", "parent_id"),
    Index("threads_by_created", "archived", "listed", "created_at_ms", "id"),
    Index("threads_by_updated", "archived", "listed", "updated_at_ms", "id"),
    Index("threads_by_recency", "archived", "listed", "recency_at_ms", "id"),
    sqlite_with_rowid=False,
)

texts = Table(
    "thread_texts",
    metadata,
    Column("thread_id", Key, primary_key=True),
    Column("name", Text),
    Column("preview", Text),
    Column("name_folded", Text),
    Column("preview_folded", Text),
    Column("model", Text),
    Column("model_provider", Text),
    Column("cwd", Text),
    Column("originator", Text),
    Column("thread_source", Text),
    Column("agent_nickname", Text),
    Column("agent_role", Text),
    Column("git_sha", Text),
    Column("git_branch", Text),
    Column("git_origin_url", Text),
    Column("daybreak", Boolean),
    sqlite_with_rowid=False,
)
"""All that sealed events say and a list shows, in one narrow table that can be scrubbed."""

turns = Table(
    "turns",
    metadata,
    Column("position", Long, nullable=False),
    Column("version", Long, nullable=False),
    Column("thread_id", Key, nullable=False),
    Column("turn_id", Key, nullable=False),
    Column("status", Text, nullable=False),
    Column("started_at_ms", Long, nullable=False),
    Column("completed_at_ms", Long),
    Column("end_position", Long),
    Column("error_position", Long),
    PrimaryKeyConstraint("thread_id", "position"),
    Index("turns_by_id", "turn_id", "thread_id", unique=True),
    Index("turns_running", "thread_id", sqlite_where=text("status = 'inProgress'")),
    sqlite_with_rowid=False,
)

items = Table(
    "items",
    metadata,
    Column("position", Long, nullable=False),
    Column("version", Long, nullable=False),
    Column("thread_id", Key, nullable=False),
    Column("turn_id", Text, nullable=False),
    Column("item_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    PrimaryKeyConstraint("thread_id", "position"),
    sqlite_with_rowid=False,
)

edges = Table(
    "spawn_edges",
    metadata,
    Column("child_id", Key, primary_key=True),
    Column("parent_id", Key, nullable=False),
    Column("depth", Integer, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Index("spawn_edges_parent", "parent_id", "child_id"),
    sqlite_with_rowid=False,
)

deletions = Table(
    "open_deletions",
    metadata,
    Column("deletion_id", Key, primary_key=True),
    Column("stream", Text, nullable=False),
    Column("root_id", Text, nullable=False),
    sqlite_with_rowid=False,
)

erasures = Table(
    "pending_erasures",
    metadata,
    Column("deletion_id", Key, primary_key=True),
    sqlite_with_rowid=False,
)


queue = Table(
    "thread_queue",
    metadata,
    Column("submission_id", Key, primary_key=True),
    Column("thread_id", Key, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("position", Long, nullable=False),
    Index("thread_queue_order", "thread_id", "rank"),
    sqlite_with_rowid=False,
)


goals = Table(
    "thread_goals",
    metadata,
    Column("thread_id", Key, primary_key=True),
    Column("goal_id", Text, nullable=False),
    Column("objective_version", Long, nullable=False),
    Column("status", Key, nullable=False),
    Column("token_budget", Long),
    Column("tokens_used", Long, nullable=False),
    Column("time_used_ms", Long, nullable=False),
    Column("created_at_ms", Long, nullable=False),
    Column("updated_at_ms", Long, nullable=False),
    Index("thread_goals_by_status", "status", "thread_id"),
    sqlite_with_rowid=False,
)


def ddl(table: Table) -> list[str]:
    """The statements that make a table and its indices where they are missing."""
    made: list[DDLElement] = [CreateTable(table, if_not_exists=True)]
    made += [
        CreateIndex(index, if_not_exists=True)
        for index in sorted(table.indexes, key=lambda index: str(index.name))
    ]
    return [_tidy(str(one.compile(dialect=sqlite.dialect()))) for one in made]


def _tidy(statement: str) -> str:
    lines = [line.rstrip() for line in statement.strip().splitlines()]
    return "\n".join(line for line in lines if line).expandtabs(4).replace(" ON ", "\n    ON ")
