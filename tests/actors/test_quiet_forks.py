"""What forks do without: that models were asked, answered and counted in turns that are over."""

from collections import Counter
from pathlib import Path

import pytest

from tests.actors.test_fork import forked
from tests.actors.test_long_forks import TURNS, lines_of, talked
from tests.support.hosts import open_rig
from tests.support.log_database import editable
from tests.support.store import database_of
from threadhost.actors.runtime import copying, forking
from threadhost.events.ids import thread_stream
from threadhost.events.store.chain import digest_of
from threadhost.events.turn import ItemRecorded, ModelRequested, ModelResponded, UsageRecorded


@pytest.mark.parametrize("long", [True, False])
async def test_a_fork_omits_the_model_requests_of_turns_that_ended(
    *, long: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BESIDE_EVENTS_MIN", "SLICE_EVENTS"):
        monkeypatch.setattr(copying, name, 20)  # not a number of whole turns
    monkeypatch.setattr(forking, "AT_ONCE_EVENTS_MAX", 0 if long else 400)
    async with open_rig(tmp_path) as rig:
        source = await talked(rig)
        fork = await forked(rig, source)
        log = rig.logs.durable
        sides = [await log.read_stream(thread_stream(side)) for side in (source, fork)]
        kept, copied = (Counter(fact.kind for fact in facts) for facts in sides)
        assert kept[ModelRequested.kind] == TURNS
        assert (copied[ModelRequested.kind], copied[ModelResponded.kind]) == (1, 1)
        assert copied[ItemRecorded.kind] == kept[ItemRecorded.kind]
        assert await lines_of(rig, fork) == await lines_of(rig, source)
        places = "SELECT turn_id, item_id, type FROM items WHERE thread_id = ? ORDER BY position"
        shown = [await log.reads.rows(places, (side,)) for side in (source, fork)]
        assert shown[0] == shown[1] != []
        state, of_source = (rig.host.threads.loaded(side) for side in (fork, source))
        assert state is not None
        assert of_source is not None
        assert (state.usage, state.last_usage) == (of_source.usage, of_source.last_usage)


async def test_an_unreadable_usage_record_is_copied_unchanged_into_a_fork(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forking, "AT_ONCE_EVENTS_MAX", 0)
    body = b'{"turn_id":"t","last":"much"}'
    change = "UPDATE events SET payload = ?, digest = ? WHERE type = ?"
    async with open_rig(tmp_path) as rig:
        source = await talked(rig)
        changed = (body, digest_of(body), UsageRecorded.kind)
        editable(database_of(rig.logs.durable).writer)
        await rig.logs.durable.transact(lambda tx: tx.run(change, changed))
        fork = await forked(rig, source)
        assert await lines_of(rig, fork) == await lines_of(rig, source)
        facts = await rig.logs.durable.read_stream(thread_stream(fork))
        assert len([fact for fact in facts if fact.kind == UsageRecorded.kind]) == TURNS
