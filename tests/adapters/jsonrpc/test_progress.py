"""The progress of a long request: sent at a limited rate, and always at the end."""

from types import SimpleNamespace
from typing import Any, cast

from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.models.notices import WarningNotification
from threadhost.adapters.jsonrpc.notice import Notice
from threadhost.adapters.jsonrpc.progress import PACE_MS, Progress


def test_progress_is_sent_at_a_limited_rate_and_always_at_the_end() -> None:
    now_ms, notices, made = PACE_MS, list[Notice](), list[int]()
    clock = SimpleNamespace(now_ms=lambda: now_ms)
    hub = SimpleNamespace(notice=lambda params: Notice(params, now_ms, 7))
    app = SimpleNamespace(clock=clock, hub=hub)
    delivery = SimpleNamespace(deliver_now=notices.append)
    call: Any = SimpleNamespace(app=app, session=SimpleNamespace(delivery=delivery))
    progress = Progress(cast(Call, call))

    def tell(number: int, *, is_over: bool = False) -> None:
        def notification() -> WarningNotification:
            made.append(number)
            return WarningNotification(message=str(number))

        progress.tell(notification, is_over=is_over)

    tell(1)
    tell(2)
    now_ms += PACE_MS
    tell(3)
    tell(4, is_over=True)
    assert made == [1, 3, 4]
    assert [notice.position for notice in notices] == [7, 7, 7]
