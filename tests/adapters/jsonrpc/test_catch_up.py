"""A catch-up reads no more than it sends; after a failure, live notifications go on."""

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

import threadhost
from tests.support.hosts import eventually
from tests.support.operator_lines import logged_line
from threadhost.adapters.jsonrpc.catch_up import CatchUp
from threadhost.adapters.jsonrpc.log_pages import LogPages
from threadhost.adapters.jsonrpc.notice import Notice
from threadhost.events.base import Recorded
from threadhost.events.ids import thread_stream
from threadhost.events.store.errors import StoreFailed
from threadhost.events.store.feed import Feed
from threadhost.events.store.rows import LogRow
from threadhost.events.store.seal import End
from threadhost.events.thread import ThreadDeleted
from threadhost.events.turn import TurnCompleted


class RecordingSession:
    """A session that records the notifications of a catch-up."""

    def __init__(self) -> None:
        self.id = "c7"
        self.told: list[str] = []
        self.hears_directly = False

    def stop_catch_up(self) -> None:
        self.hears_directly = True

    def pass_on(self, notice: Notice) -> None:
        self.told.append(notice.method)


@pytest.mark.parametrize("error", [StoreFailed("the disk is gone"), KeyError("a fault of ours")])
async def test_a_catch_up_that_fails_warns_the_client_and_live_notifications_continue(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    session = RecordingSession()

    async def fails(*_: object) -> list[Recorded]:
        raise error

    durable = SimpleNamespace(stored=fails, feed=Feed(fails, End(9, b"")))
    app = SimpleNamespace(
        hub=SimpleNamespace(position=9, send_running_items=lambda _: None),
        clock=SimpleNamespace(now_ms=lambda: 1),
        logs=SimpleNamespace(durable=durable),
        notifier=lambda: None,
    )
    hub, cursors = cast("Any", app.hub), cast("Any", None)
    app.log_pages = LogPages(cast("Any", durable), hub, cursors, cast("Any", None), 0)
    catch_up = CatchUp(cast("Any", app), cast("Any", session), 3)
    catch_up.begin()
    await eventually(lambda: session.hears_directly)
    assert session.told == ["warning"]
    line = logged_line(caplog, "client.misses")
    assert (line["peer"], line["position"]) == ("c7", 3)
    assert line["fault"] in ("the disk is gone", "KeyError")


async def test_a_catch_up_decrypts_only_the_tombstone_of_a_deleted_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with threadhost.open(tmp_path / "home") as host, host.connect() as client:
        gone, there = [(await client.start_thread()).id for _ in range(2)]
        for thread_id in (gone, there):
            await client.run_turn(thread_id, "hello")
        await client.delete_thread(gone)
        log, opened = host.app.logs.durable, list[tuple[str, str]]()
        open_rows = log.opened

        def counted(rows: Sequence[LogRow]) -> list[Recorded]:
            opened.extend((row.stream, row.kind) for row in rows)
            return open_rows(rows)

        monkeypatch.setattr(log, "opened", counted)
        async with host.connect() as late:
            notes = late.notifications("thread/deleted", "turn/completed")
            await late.subscribe_events(0)
            heard = [
                (note.method, note.params["threadId"])
                for note in [await anext(notes), await anext(notes)]
            ]
    assert heard == [("turn/completed", there), ("thread/deleted", gone)]
    assert {kind for stream, kind in opened if stream == thread_stream(gone)} == {
        ThreadDeleted.kind
    }
    assert TurnCompleted.kind in {kind for stream, kind in opened if stream == thread_stream(there)}
