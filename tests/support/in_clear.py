"""What of a home can be read without its keys: every column of its databases, every clear text."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing

from tests.support.clear_fields import clear_texts
from threadhost.events.store.sqlite import keys, schema
from threadhost.projections import all_views, rules

FOR_EVER, WHILE_IT_LIVES, WEEK = "for ever", "until the thread is deleted", "seven days"
OF_THE_LOG: Sequence[str] = schema.STATEMENTS
OF_THE_VIEWS: Sequence[str] = (
    *(s for table in sorted(all_views().described) for s in table.statements),
    rules.TABLE,
)
OF_THE_KEYS: Sequence[str] = keys.SCHEMA
"""What makes the tables of each kind."""
NOT_CLEAR = {"event_rows.payload", "snapshots.payload", "keys.wrapped"}
"""Columns that are ciphertext; of structural events, `payload` is the clear texts below."""
LASTS = {
    "event_rows": FOR_EVER,
    "names": FOR_EVER,
    "stream_state": FOR_EVER,
    "idempotency": WEEK,
    "snapshots": WHILE_IT_LIVES,
    "store": FOR_EVER,
    "sealed_end": FOR_EVER,
    "threads": WHILE_IT_LIVES,
    "thread_texts": WHILE_IT_LIVES,
    "turns": WHILE_IT_LIVES,
    "items": WHILE_IT_LIVES,
    "spawn_edges": WHILE_IT_LIVES,
    "open_deletions": "until the deletion is over",
    "pending_erasures": "until the erasure is confirmed",
    "thread_holds": f"{WHILE_IT_LIVES}, or the hold is released",
    "memory_notes": WHILE_IT_LIVES,
    "memory_erasures": "until the key of the text is destroyed",
    "agent_mail": WHILE_IT_LIVES,
    "thread_queue": WHILE_IT_LIVES,
    "thread_goals": WHILE_IT_LIVES,
    "goal_spendings": f"{WHILE_IT_LIVES} that is the root, or it is charged",
    "thread_log": f"{WHILE_IT_LIVES}, ten days at most",
    "agent_jobs": "until the job is deleted",
    "agent_job_items": "until the job is deleted",
    "view_rules": FOR_EVER,
    "keys": "until the thread, or the job, is deleted",
    "destroyed": FOR_EVER,
    "ring": FOR_EVER,
    "seen": FOR_EVER,
}
"""How long the rows of a table stay; a table that is not named here has not been thought of."""
WORDS = {
    "names.name": "of the principals among them: the client's stored name (at most 64 printable"
    " characters, else a digest), its transport and connection; or a policy of the host",
    "event_rows.causation_id": "the cause: a request (its id, or a digest of a text id), an event,"
    " a start or a timer",
    "event_rows.payload": "of structural events, which are listed below: a client's name, version"
    " and address, and the subject of its token",
    "thread_holds.set_by": "the principal that set the hold, as in `names.name`",
    "thread_holds.matter": "the matter, an identifier that a client chose",
    "idempotency.key": "a digest of the key and of its client",
    "idempotency.digest": "a digest of the request",
    "thread_texts.name": "a name that a person chose",
    "thread_texts.preview": "the first words of the user, at most 2,000 characters",
    "thread_texts.name_folded": "the same without case and accents, for searches",
    "thread_texts.preview_folded": "the same without case and accents, for searches",
    "thread_texts.model": "the value that a client gave",
    "thread_texts.model_provider": "the name in the configuration",
    "thread_texts.cwd": "a folder of the user",
    "thread_texts.originator": "the client's stored name",
    "thread_texts.thread_source": "the value that a client gave",
    "thread_texts.agent_nickname": "the value that a client or a model gave",
    "thread_texts.agent_role": "the value that a client or a model gave",
    "thread_texts.effort": "the value that a client or a model gave",
    "thread_texts.git_sha": "the value that a client gave",
    "thread_texts.git_branch": "the value that a client gave",
    "thread_texts.git_origin_url": "the value that a client gave",
}
"""Columns that hold what others chose, in words; all else is ids, numbers, times and kinds."""


def rows() -> Iterator[str]:
    """The page's tables."""
    for title, statements in (
        ("`threadhost.db`: the log", OF_THE_LOG),
        ("`threadhost.db`: the views", OF_THE_VIEWS),
        ("`keys.db`", OF_THE_KEYS),
    ):
        yield f"## {title}"
        yield ""
        yield "| table | stays | columns in clear | of these, what others chose |"
        yield "| --- | --- | --- | --- |"
        for table, columns in tables(statements).items():
            clear = [name for name in columns if f"{table}.{name}" not in NOT_CLEAR]
            chosen = [name for name in clear if f"{table}.{name}" in WORDS]
            words = [f"`{name}`: {WORDS[f'{table}.{name}']}" for name in chosen]
            shown = ", ".join(f"`{name}`" for name in clear)
            yield f"| `{table}` | {LASTS[table]} | {shown} | {'; '.join(words) or 'nothing'} |"
        yield ""
    yield "## Structural events"
    yield ""
    yield "| event | text | what it may be |"
    yield "| --- | --- | --- |"
    for text in clear_texts():
        yield f"| `{text.kind}` | `{text.path}` | {text.in_words} |"


def tables(statements: Sequence[str]) -> dict[str, list[str]]:
    """The columns of each table that these statements make."""
    with closing(sqlite3.connect(":memory:")) as database:
        for statement in statements:
            database.execute(statement)
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        names = [name for (name,) in database.execute(query)]
        return {
            name: [row[1] for row in database.execute(f"PRAGMA table_info({name})")]
            for name in names
        }
