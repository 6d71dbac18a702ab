"""A log in memory takes nothing before it is used, and is whole from then on."""

import pytest

from tests.support.store import META, STREAM, NoViews, database_of, events_of, message, started
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.log import Log
from threadhost.events.store.port import Tx
from threadhost.projections import all_views

SENT = [started(), message()]


class Hesitant(NoViews):
    """Views whose tables cannot be made at first."""

    made = 0

    def create(self, tx: Tx) -> None:
        tx.run("CREATE TABLE hesitant (made INTEGER)")
        self.made += 1
        if self.made == 1:
            raise ArithmeticError


async def test_a_log_in_memory_has_no_tables_before_it_is_used() -> None:
    log = Log.in_memory(all_views())
    assert (log.is_blank, log.position, log.stats().memory_bytes) == (True, 0, 0)
    assert database_of(log).is_unused
    assert await log.read(0, 10) == []
    assert not database_of(log).is_unused
    assert log.stats().memory_bytes > 0
    await log.close()


async def test_the_first_append_to_a_log_in_memory_creates_all_tables() -> None:
    log = Log.in_memory(all_views())
    await log.append(StreamAppend(STREAM, SENT), meta=META)
    assert not log.is_blank
    assert events_of(await log.read_stream(STREAM)) == SENT
    assert [row[0] for row in await log.reads.rows("SELECT id FROM threads")] == ["a"]
    assert [row[0] for row in database_of(log).rows("SELECT value FROM store")][1] == log.log_id
    await log.close()


async def test_tables_that_could_not_be_made_are_made_at_the_next_use() -> None:
    log = Log.in_memory(views := Hesitant())
    with pytest.raises(ArithmeticError):
        await log.read(0, 10)
    assert database_of(log).is_unused
    await log.append(StreamAppend(STREAM, SENT), meta=META)
    assert events_of(await log.read_stream(STREAM)) == SENT
    assert views.made == 2
    await log.close()


async def test_an_unused_log_in_memory_is_closed_like_any_other() -> None:
    log = Log.in_memory(all_views())
    await log.close()
    assert log.stats().memory_bytes == 0
