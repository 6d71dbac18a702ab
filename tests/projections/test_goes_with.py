"""No row of a view outlives the thread that it is about, whichever table it is in."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.support import in_clear
from tests.support.each import each
from tests.support.store import META, deleted, opened, started
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.home import prepare_home
from threadhost.events.store.log import Log
from threadhost.events.store.port import Tx
from threadhost.events.tree import TreeTargetsReleased
from threadhost.projections import all_views
from threadhost.projections.table import Table

GONE, KEPT = "the-thread-that-goes", "the-thread-that-stays"
OF_NO_THREAD = {
    "open_deletions": "goes when the deletion is over",
    "pending_erasures": "goes when the erasure is confirmed",
    "agent_jobs": "goes when the job is deleted",
    "agent_job_items": "goes when the job is deleted",
    "memory_erasures": "goes when the key of the text is destroyed",
}
"""Tables whose rows go with no thread, and what they go with."""
RELEASED = TreeTargetsReleased(deletion_id="d", root_id=GONE, thread_ids=["another", GONE])
ENDS = {"deleted": ("thread-" + GONE, deleted(GONE)), "missing": ("tree-t", RELEASED)}
TABLES = {table.name: table for table in all_views().described}


@pytest.fixture(params=["memory", "file"])
async def log(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Log]:
    async with AsyncExitStack() as stack:
        if request.param == "file":
            yield await stack.enter_async_context(opened(prepare_home(tmp_path), all_views()))
        else:
            log = Log.in_memory(all_views())
            stack.push_async_callback(log.close)
            yield log


def fill(tx: Tx, table: Table) -> None:
    """A row for each column by which one goes, and one that stays."""
    for number, column in enumerate((*table.goes_with, "")):
        row: dict[str, object] = {}
        for other in table.columns:
            is_text = other.kind in ("text", "key")
            row[other.name] = f"{other.name}-{number}" if is_text else number
        if column:
            row[column] = GONE
        else:
            row |= dict.fromkeys(table.goes_with, KEPT)
        tx.write(table.insert().text, [row])


def fill_all(tx: Tx) -> None:
    for table in TABLES.values():
        fill(tx, table)


async def rows_with(log: Log, thread_id: str) -> dict[str, int]:
    """How many rows name a thread, in whichever column, by table."""
    found = {}
    for name in TABLES:
        rows = await log.reads.rows(f"SELECT * FROM {name}")
        found[name] = sum(thread_id in row for row in rows)
    return found


@pytest.mark.parametrize("end", ENDS)
async def test_no_row_is_left_that_names_a_deleted_or_missing_thread(log: Log, end: str) -> None:
    """What hung on a thread without a stream goes in the same way as that of others."""
    stream, event = ENDS[end]
    if end == "deleted":
        await log.append(StreamAppend(stream, [started(GONE)]), meta=META)
    await log.transact(all_views().clear)
    await log.transact(fill_all)
    about = await rows_with(log, GONE)
    assert about == {name: len(table.goes_with) for name, table in TABLES.items()}
    appended = await log.append(StreamAppend(stream, [event]), meta=META)
    assert appended.removed_rows == {name: n for name, n in about.items() if n}
    assert set((await rows_with(log, GONE)).values()) == {0}
    kept = await rows_with(log, KEPT)
    assert kept == {name: int(bool(table.goes_with)) for name, table in TABLES.items()}


def test_every_table_declares_with_which_threads_its_rows_are_deleted() -> None:
    """Who adds one says so in `goes_with`, or here what else its rows go with."""
    assert {name for name, table in TABLES.items() if not table.goes_with} == set(OF_NO_THREAD)


@each("table", TABLES.values(), ids=lambda table: table.name)
def test_a_column_by_which_rows_are_deleted_exists_and_has_an_index(table: Table) -> None:
    """Without one a deletion would read the whole table for each thread."""
    indexed = {table.key[0], *(index.columns[0] for index in table.indices)}
    assert set(table.goes_with) <= {column.name for column in table.columns} & indexed


def test_the_page_on_clear_text_and_the_tables_agree_on_how_long_rows_stay() -> None:
    while_it_lives = {n for n in TABLES if in_clear.LASTS[n].startswith(in_clear.WHILE_IT_LIVES)}
    assert while_it_lives == {name for name, table in TABLES.items() if table.goes_with}
