"""A replay that cannot go on gives its connection back to the log."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.support.hosts import eventually
from threadhost.adapters.jsonrpc.notice import Notice
from threadhost.adapters.jsonrpc.replay import Replay
from threadhost.events.base import Recorded
from threadhost.events.store.errors import StoreFailed
from threadhost.events.store.feed import Feed
from threadhost.events.store.seal import End


class Listening:
    """A session that is told by a replay, and what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.hears_directly = False
        hub = SimpleNamespace(position=9, tell_all_running=lambda _: None)
        self.app = SimpleNamespace(hub=hub, cursors=None, clock=SimpleNamespace(now_ms=lambda: 1))

    def stop_replay(self) -> None:
        self.hears_directly = True

    def pass_on(self, notice: Notice) -> None:
        self.told.append(notice.method)


@pytest.mark.parametrize("error", [StoreFailed("the disk is gone"), KeyError("a fault of ours")])
async def test_a_replay_that_fails_says_so_and_lets_news_through_again(error: Exception) -> None:
    session = Listening()

    async def fails(*_: object) -> list[Recorded]:
        raise error

    log = cast("Any", SimpleNamespace(stored=fails, feed=Feed(fails, End(9, b""))))
    replay = Replay(log, cast("Any", None), cast("Any", session), 3)
    replay.begin()
    await eventually(lambda: session.hears_directly)
    assert session.told == ["warning"]
