"""Idempotency keys: the same request twice happens once, for seven days."""

import asyncio
from hashlib import sha256
from pathlib import Path

import pytest

from tests.support.store import META, STREAM, at, database_of, opened, renamed, started
from threadhost.events.store.committer import (
    IDEMPOTENCY_TTL_MS,
    Appended,
    Idempotency,
    StreamAppend,
)
from threadhost.events.store.errors import CorruptEvent, IdempotencyKeyReused, WrongExpectedVersion
from threadhost.events.store.log import Log

KEY = Idempotency.of("key", b"request")
RENAME = StreamAppend(STREAM, [renamed("x")])


async def test_a_repeated_request_returns_its_first_result(log: Log) -> None:
    await log.append(StreamAppend(STREAM, [started()]), meta=META)
    first = await log.append(RENAME, meta=META, idempotency=KEY)
    await log.append(RENAME, meta=META)
    again = await log.append(RENAME, meta=at(META.recorded_at_ms + 5), idempotency=KEY)
    assert again.replayed
    assert not first.replayed
    assert again.recorded == first.recorded
    assert len(await log.read(0, 10)) == 3


async def test_the_same_request_twice_in_one_group_happens_once(log: Log) -> None:
    appends = [log.append(RENAME, meta=META, idempotency=KEY) for _ in range(3)]
    outcomes = await asyncio.gather(*appends)
    assert [o.replayed for o in outcomes] == [False, True, True]
    assert [o.recorded for o in outcomes] == [outcomes[0].recorded] * 3
    assert len(await log.read(0, 10)) == 1


async def test_the_same_key_for_another_request_is_refused(log: Log) -> None:
    await log.append(RENAME, meta=META, idempotency=KEY)
    with pytest.raises(IdempotencyKeyReused, match="'key' was used for a different request"):
        await log.append(RENAME, meta=META, idempotency=Idempotency.of("key", b"other"))
    assert len(await log.read(0, 10)) == 1


async def test_a_refused_key_in_a_group_does_not_affect_the_requests_with_the_right_one(
    log: Log,
) -> None:
    first = await log.append(RENAME, meta=META, idempotency=KEY)
    other = Idempotency.of("key", b"other")
    appends = [log.append(RENAME, meta=META, idempotency=key) for key in (KEY, other, KEY)]
    known, refused, again = await asyncio.gather(*appends, return_exceptions=True)
    assert isinstance(refused, IdempotencyKeyReused)
    assert known == again == first._replace(replayed=True)
    assert len(await log.read(0, 10)) == 1


async def test_a_key_of_a_request_that_failed_in_a_group_is_free_for_the_next(log: Log) -> None:
    late = StreamAppend(STREAM, [renamed("x")], expected_version=7)
    appends = [log.append(append, meta=META, idempotency=KEY) for append in (late, RENAME, RENAME)]
    failed, done, again = await asyncio.gather(*appends, return_exceptions=True)
    assert isinstance(failed, WrongExpectedVersion)
    assert isinstance(done, Appended)
    assert isinstance(again, Appended)
    assert (done.replayed, again.replayed) == (False, True)


async def test_the_same_key_of_another_owner_is_another_key(log: Log) -> None:
    one, other = (Idempotency.of("key", b"request", owner) for owner in ("one", "other"))
    for owned in (KEY, one, other):
        assert not (await log.append(RENAME, meta=META, idempotency=owned)).replayed
        assert (await log.append(RENAME, meta=META, idempotency=owned)).replayed
    assert len(await log.read(0, 10)) == 3


async def test_a_key_is_known_after_a_restart(home: Path) -> None:
    async with opened(home) as log:
        first = await log.append(RENAME, meta=META, idempotency=KEY)
    async with opened(home) as log:
        again = await log.append(RENAME, meta=META, idempotency=KEY)
        assert again.replayed
        assert again.recorded == first.recorded


async def test_a_request_that_failed_is_tried_again_under_its_key(log: Log) -> None:
    wrong = StreamAppend(STREAM, [renamed()], 9)
    for _ in range(2):
        with pytest.raises(Exception, match="expected 9"):
            await log.append(wrong, meta=META, idempotency=KEY)
    assert not (await log.append(RENAME, meta=META, idempotency=KEY)).replayed


@pytest.mark.parametrize(("age_ms", "replayed"), [(0, True), (1, False)])
async def test_a_key_is_kept_for_seven_days(log: Log, age_ms: int, *, replayed: bool) -> None:
    await log.append(RENAME, meta=META, idempotency=KEY)
    later = at(META.recorded_at_ms + IDEMPOTENCY_TTL_MS + age_ms)
    again = await log.append(RENAME, meta=later, idempotency=KEY)
    assert again.replayed is replayed
    assert IDEMPOTENCY_TTL_MS == 7 * 24 * 3600 * 1000


async def test_expired_keys_leave_the_table(log: Log) -> None:
    await log.append(RENAME, meta=META, idempotency=KEY)
    later = at(META.recorded_at_ms + IDEMPOTENCY_TTL_MS + 1)
    await log.append(RENAME, meta=later, idempotency=Idempotency.of("new", b""))
    kept = database_of(log).rows("SELECT key FROM idempotency")
    assert kept == [(sha256(b"\0new").hexdigest(),)]


def test_a_repeated_request_whose_events_are_gone_is_refused_as_unreadable() -> None:
    with pytest.raises(CorruptEvent, match="what this request did before cannot be read any more"):
        _ = Appended([], replayed=True).thread_id
