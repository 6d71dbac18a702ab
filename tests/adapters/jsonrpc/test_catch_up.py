"""A catch-up that cannot go on gives its connection back to the log."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.support.hosts import eventually
from tests.support.told import told
from threadhost.adapters.jsonrpc.catch_up import CatchUp
from threadhost.adapters.jsonrpc.log_pages import LogPages
from threadhost.adapters.jsonrpc.notice import Notice
from threadhost.events.base import Recorded
from threadhost.events.store.errors import StoreFailed
from threadhost.events.store.feed import Feed
from threadhost.events.store.seal import End


class Listening:
    """A session that is told by a catch-up, and what it is told."""

    def __init__(self) -> None:
        self.id = "c7"
        self.told: list[str] = []
        self.hears_directly = False

    def stop_catch_up(self) -> None:
        self.hears_directly = True

    def pass_on(self, notice: Notice) -> None:
        self.told.append(notice.method)


@pytest.mark.parametrize("error", [StoreFailed("the disk is gone"), KeyError("a fault of ours")])
async def test_a_catch_up_that_fails_says_so_and_lets_news_through_again(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    session = Listening()

    async def fails(*_: object) -> list[Recorded]:
        raise error

    durable = SimpleNamespace(stored=fails, feed=Feed(fails, End(9, b"")))
    app = SimpleNamespace(
        hub=SimpleNamespace(position=9, tell_all_running=lambda _: None),
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
    line = told(caplog, "client.misses")
    assert (line["peer"], line["position"]) == ("c7", 3)
    assert line["fault"] in ("the disk is gone", "KeyError")
