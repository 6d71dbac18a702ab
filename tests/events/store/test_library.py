"""A home's log as the eventsourcing library reads and follows it, with a host on it or without."""

import asyncio
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Event as ThreadEvent
from typing import Any

import pytest
from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import (
    InfrastructureFactory,
    InfrastructureFactoryError,
    NotSupportedError,
    ProgrammingError,
    StoredEvent,
)
from eventsourcing.utils import get_topic

from tests.events.store.sqlite.test_read_only import state_of
from tests.support.damage import BREAK, edit
from tests.support.each import each
from tests.support.golden import golden_events
from tests.support.steps import step
from tests.support.store import META, OTHER, STREAM, deleted, message, now, opened, renamed, started
from tests.support.watching import WAIT_S
from threadhost.events.base import KINDS, Damaged, Erased, Event, Recorded
from threadhost.events.fold import Thread, fold_thread
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.domain_events import (
    DomainEvent,
    as_domain_event,
    fact_of,
    more_follow,
)
from threadhost.events.store.errors import StoreMismatch
from threadhost.events.store.library import HomeFactory, HomeLog, HomeRecorder, home_env
from threadhost.events.store.sqlite import read_only
from threadhost.events.store.sqlite.library_recorder import SPAN_POSITIONS, LogSubscription
from threadhost.events.store.sqlite.read_only import ReadOnlyLog
from threadhost.events.thread import ThreadDeleted, ThreadRenamed, ThreadStarted
from threadhost.events.turn import ItemRecorded

HOST_ELSEWHERE = """
import asyncio, sys
from contextlib import closing
from pathlib import Path
from tests.support.store import META, STREAM, opened, renamed
from threadhost.events.store.committer import StreamAppend
async def main():
    async with opened(Path(sys.argv[1])) as log:
        print("open", flush=True)
        sys.stdin.readline()
        await log.append(StreamAppend(STREAM, [renamed("from elsewhere")]), meta=META)
        print("appended", flush=True)
        sys.stdin.readline()
asyncio.run(main())
"""
FOR_EVER_S = 3600


@pytest.fixture
def app(home: Path) -> Iterator[HomeLog]:
    """The log of the home as an application; to be asked for after something is in it."""
    asyncio.run(append(home, STREAM, started(), renamed("one"), message("said")))
    with HomeLog(home_env(home)) as app:
        yield app


async def append(home: Path, stream: str, *events: Event) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend(stream, events), meta=META)


def facts(app: Application[str], topics: Iterable[str] = ()) -> list[Recorded]:
    found = app.recorder.select_notifications(1, 100, topics=list(topics))
    return [fact_of(app.mapper.to_domain_event(notification)) for notification in found]


def test_every_event_is_read_as_its_own_type_with_its_position(app: HomeLog) -> None:
    found = list(app.events.get(STREAM))
    assert [type(event).__name__ for event in found] == [
        "ThreadStarted",
        "ThreadRenamed",
        "ItemRecorded",
    ]
    name = found[1]
    assert isinstance(name, ThreadRenamed)
    assert isinstance(name, DomainEvent)
    assert (name.name, name.originator_id, name.originator_version) == ("one", STREAM, 2)
    assert name.timestamp.timestamp() * 1000 == META.recorded_at_ms
    assert fact_of(name)[:5] == (2, STREAM, 2, renamed("one"), META)
    assert get_topic(type(name)) == ThreadRenamed.kind
    with closing(ReadOnlyLog.open(home_of(app))) as log:
        assert facts(app) == now(log.read(0, 10))


def home_of(app: HomeLog) -> Path:
    return Path(app.env["THREADHOST_HOME"])


@each("event", list(golden_events().values()), ids=lambda e: e.kind)
def test_no_event_type_loses_a_field_as_a_domain_event(event: Event) -> None:
    fact = Recorded(7, STREAM, 3, event, META)
    made = as_domain_event(fact)
    assert isinstance(made, type(event))
    assert made.model_dump() == event.model_dump()
    assert fact_of(made) is fact
    assert not set(vars(DomainEvent)) & set(type(event).model_fields)


def test_an_event_that_was_not_read_from_a_log_has_no_position() -> None:
    with pytest.raises(TypeError, match="ThreadRenamed was not read from a log"):
        fact_of(renamed())


async def test_an_event_erased_while_it_is_followed_is_returned_as_erased(home: Path) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, [started(), renamed(), message()]), meta=META)
        with HomeLog(home_env(home)) as app, app.recorder.subscribe() as subscription:
            assert next(subscription).topic == ThreadStarted.kind
            await log.append(StreamAppend(STREAM, [deleted()]), meta=META)
            await log.destroy_keys([STREAM])
            rest = [next(subscription) for _ in range(3)]
            assert [n.state for n in rest[:2]] == [b"", b""]
            events = [app.mapper.to_domain_event(n) for n in rest]
            assert [isinstance(event, Erased) for event in events] == [True, True, False]
            assert [n.topic for n in rest] == [
                ThreadRenamed.kind,
                ItemRecorded.kind,
                ThreadDeleted.kind,
            ]
            assert isinstance(events[2], ThreadDeleted)


def test_a_damaged_event_is_named_and_hides_no_other(home: Path) -> None:
    asyncio.run(append(home, STREAM, started(), renamed(), deleted()))
    for position in (2, 3):
        edit(home, BREAK, position)
    with HomeLog(home_env(home)) as app:
        first, second, third = app.events.get(STREAM)
        assert isinstance(first, ThreadStarted)
        assert isinstance(second, Damaged)
        assert second.reason == "its seal is broken"
        assert fact_of(second).position == 2
        # Of a tombstone its stream says all that matters.
        assert isinstance(third, ThreadDeleted)
        assert third.thread_id == "a"


def test_a_thread_with_a_damaged_start_gets_a_repaired_one(home: Path) -> None:
    asyncio.run(append(home, STREAM, started(), renamed()))
    edit(home, BREAK, 1)
    with HomeLog(home_env(home)) as app:
        start = next(app.events.get(STREAM))
    assert isinstance(start, ThreadStarted)
    assert (start.thread_id, start.source) == ("a", "unknown")


def test_topics_are_names_of_types_and_name_older_versions_too(app: HomeLog) -> None:
    assert [fact.kind for fact in facts(app, [ThreadRenamed.kind])] == [ThreadRenamed.kind]
    edit(home_of(app), "UPDATE events SET type = 'turn.item_recorded.v1' WHERE position = 3")
    found = app.recorder.select_notifications(1, 9, topics=[ItemRecorded.kind])
    assert [(one.id, one.topic) for one in found] == [(3, ItemRecorded.kind)]
    for wrong in ("thread.renamed.v9", get_topic(ThreadRenamed)):
        with pytest.raises(ProgrammingError, match=r"is the topic of no event; .*thread\.renamed"):
            app.recorder.subscribe(topics=[wrong])


@pytest.mark.slices
async def test_a_subscription_to_few_types_skips_all_other_events(home: Path) -> None:
    async with opened(home) as log:
        many = [message()] * (SPAN_POSITIONS // 4)
        for _ in range(9):
            await log.append(StreamAppend(OTHER, many), meta=META)
        await log.append(StreamAppend(STREAM, [started(), renamed(), message()]), meta=META)
    with HomeLog(home_env(home)) as app:
        topics = [ThreadRenamed.kind]
        with app.recorder.subscribe(topics=topics) as subscription:
            notification = next(subscription)
        recorder = app.recorder
        assert isinstance(recorder, HomeRecorder)
        assert notification.id == recorder.newest_of(topics) == 9 * len(many) + 2
        assert recorder.max_notification_id() == notification.id + 1
        found = recorder.select_notifications(1, 10, topics=topics)
        assert [one.id for one in found] == [notification.id]


def test_a_reader_of_a_page_knows_if_more_events_follow(app: HomeLog) -> None:
    with app.recorder.subscribe() as subscription:
        events = [app.mapper.to_domain_event(next(subscription)) for _ in range(3)]
    assert list(map(more_follow, events)) == [True, True, False]


async def test_commits_of_this_process_wake_waiting_subscriptions(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("threadhost.events.store.sqlite.library_recorder.POLL_S", FOR_EVER_S)
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, [started()]), meta=META)
        link = home.with_name("link")
        link.symlink_to(home)
        with HomeLog(home_env(link)) as app, app.recorder.subscribe(gt=1) as subscription:
            assert isinstance(subscription, LogSubscription)
            waits = ThreadEvent()
            news = step(subscription, "_news")
            wait = news.wait

            def noted(timeout_s: float) -> Any:
                waits.set()
                return wait(timeout_s)

            monkeypatch.setattr(news, "wait", noted)
            waiting = asyncio.create_task(asyncio.to_thread(next, subscription))
            assert await asyncio.to_thread(waits.wait, WAIT_S)
            await log.append(StreamAppend(STREAM, [renamed()]), meta=META)
            assert (await asyncio.wait_for(waiting, WAIT_S)).id == 2


@pytest.mark.slices
def test_commits_of_other_processes_are_seen_within_a_few_polls(home: Path) -> None:
    asyncio.run(append(home, STREAM, started()))
    assert read_only.POLL_S == 0.2
    command = [sys.executable, "-c", HOST_ELSEWHERE, str(home)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with (
        subprocess.Popen(command, **pipes) as host,  # type: ignore[call-overload]
        HomeLog(home_env(home)) as app,
        app.recorder.subscribe(gt=1) as subscription,
    ):
        assert host.stdout.readline() == "open\n"
        host.stdin.write("go\n")
        host.stdin.flush()
        event = app.mapper.to_domain_event(next(subscription))
        assert fact_of(event).event == renamed("from elsewhere")
        host.stdin.write("end\n")


def test_a_subscription_that_waits_is_stopped_from_elsewhere(app: HomeLog) -> None:
    subscription = app.recorder.subscribe(gt=3)
    with subscription:
        ended = asyncio.run(stopped_meanwhile(subscription))
    assert ended == []


async def stopped_meanwhile(subscription: Iterator[object]) -> list[object]:
    waiting = asyncio.create_task(asyncio.to_thread(list, subscription))
    await asyncio.sleep(0)
    subscription.stop()  # type: ignore[attr-defined]
    return await asyncio.wait_for(waiting, WAIT_S)


def test_streams_are_aggregates_at_any_of_their_versions(app: HomeLog) -> None:
    def fold(state: Thread | None, events: Iterable[DomainEvent]) -> Thread | None:
        return fold_thread(map(fact_of, events), state)

    now = app.repository.get(STREAM, projector_func=fold)
    before = app.repository.get(STREAM, version=1, projector_func=fold)
    assert (now.name, now.version) == ("one", 3)
    assert (before.name, before.version) == (None, 1)


def test_nothing_can_be_written_through_the_library(app: HomeLog) -> None:
    before = state_of(home_of(app))
    assert app.recorder.insert_events([]) is None
    with pytest.raises(NotSupportedError, match="the log of a host is only read here"):
        app.recorder.insert_events([StoredEvent(STREAM, 4, "topic", b"")])
    with pytest.raises(NotSupportedError, match="the log of a host is only read here"):
        app.save(Aggregate())  # type: ignore[arg-type]
    with pytest.raises(ProgrammingError, match="only what was read from the log of a home"):
        app.mapper.to_domain_event(StoredEvent(STREAM, 4, "topic", b""))
    factory = InfrastructureFactory.construct(app.env)
    assert isinstance(factory, HomeFactory)
    for refused in (
        factory.tracking_recorder,
        factory.process_recorder,
        lambda: factory.aggregate_recorder(purpose="snapshots"),
    ):
        with pytest.raises(InfrastructureFactoryError, match="a persistence module of its own"):
            refused()  # type: ignore[no-untyped-call]
    assert state_of(home_of(app)) == before


def test_a_missing_or_unnamed_home_is_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("THREADHOST_HOME", raising=False)
    with pytest.raises(InfrastructureFactoryError, match="THREADHOST_HOME does not say"):
        HomeLog()
    with pytest.raises(StoreMismatch, match="is missing; name a home, or the file of a log"):
        HomeLog(home_env(tmp_path))


def test_a_home_whose_key_lies_elsewhere_is_read_with_it(home: Path, tmp_path: Path) -> None:
    asyncio.run(append(home, STREAM, started(), renamed("sealed")))
    key = tmp_path / "key"
    (home / "host.key").rename(key)
    with HomeLog(home_env(home, key)) as app:
        assert facts(app)[1].event == renamed("sealed")


def test_an_unknown_stream_is_no_aggregate(app: HomeLog) -> None:
    assert list(app.events.get("thread-unknown")) == []
    with pytest.raises(AggregateNotFoundError):
        app.repository.get("thread-unknown")


@pytest.mark.slices
def test_importing_the_library_module_alone_registers_all_event_types() -> None:
    program = (
        "from threadhost.events.store import library\n"
        "from threadhost.events.base import KINDS; print(len(KINDS))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=WAIT_S
    )
    assert int(done.stdout) >= len(golden_events())
    assert int(done.stdout) == len(KINDS)
