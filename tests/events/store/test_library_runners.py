"""Stock runners of the eventsourcing library on the log of a home, beside a host or without."""

import asyncio
from pathlib import Path

import pytest
from eventsourcing.application import ProcessingEvent
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.persistence import Tracking
from eventsourcing.popo import POPOTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.system import Follower, MultiThreadedRunner, SingleThreadedRunner, System

from tests.support.store import META, STREAM, deleted, message, opened, renamed, started
from tests.support.watching import WAIT_S, until
from threadhost.events.base import Event
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.domain_events import fact_of
from threadhost.events.store.library import HomeLog, home_env
from threadhost.events.thread import ThreadDeleted, ThreadRenamed


async def append(home: Path, stream: str, *events: Event) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend(stream, events), meta=META)


class Names(POPOTrackingRecorder):
    """The names of threads, in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str, str | None] = {}

    def put(self, stream: str, name: str | None, tracking: Tracking) -> None:
        with self._database_lock:
            self.insert_tracking(tracking)
            self.names[stream] = name


class NamesOfThreads(Projection[Names]):
    """Keeps the names of threads until they are deleted."""

    topics = (ThreadRenamed.kind, ThreadDeleted.kind)

    @singledispatchmethod
    def process_event(self, event: object, tracking: Tracking) -> None:
        self.view.insert_tracking(tracking)

    @process_event.register
    def renamed(self, event: ThreadRenamed, tracking: Tracking) -> None:
        self.view.put(fact_of(event).stream, event.name, tracking)

    @process_event.register
    def deleted(self, event: ThreadDeleted, tracking: Tracking) -> None:
        self.view.put(fact_of(event).stream, None, tracking)


@pytest.mark.slices
async def test_a_stock_projection_runs_beside_a_running_host(home: Path) -> None:
    async with opened(home) as log:
        await log.append(StreamAppend(STREAM, [started(), renamed("one")]), meta=META)
        runner = ProjectionRunner(
            application_class=HomeLog,
            projection_class=NamesOfThreads,
            view_class=Names,
            env=home_env(home),
        )
        with runner:
            await asyncio.to_thread(runner.wait, 2, WAIT_S)
            assert runner.view.names == {STREAM: "one"}
            await log.append(StreamAppend(STREAM, [renamed("two"), message()]), meta=META)
            await asyncio.to_thread(runner.wait, 3, WAIT_S)
            assert runner.view.names == {STREAM: "two"}
            await log.append(StreamAppend(STREAM, [deleted()]), meta=META)
            await asyncio.to_thread(runner.wait, 5, WAIT_S)
            assert runner.view.names == {STREAM: None}


class Renames(Follower[str]):
    """Counts what it is told of."""

    topics = (ThreadRenamed.kind,)

    def __init__(self, env: dict[str, str] | None = None) -> None:
        super().__init__(env)
        self.taken: list[str] = []

    @singledispatchmethod
    def policy(self, domain_event: object, processing_event: ProcessingEvent[str]) -> None:
        raise AssertionError(domain_event)

    @policy.register
    def _(self, domain_event: ThreadRenamed, processing_event: ProcessingEvent[str]) -> None:
        self.taken.append(domain_event.name or "")


@pytest.mark.slices
@pytest.mark.parametrize("kind", [SingleThreadedRunner, MultiThreadedRunner])
def test_a_stock_system_follows_a_log_when_it_is_prompted(
    home: Path, kind: type[SingleThreadedRunner[str]]
) -> None:
    asyncio.run(append(home, STREAM, started(), renamed("one"), message()))
    with kind(System([[HomeLog, Renames]]), env=home_env(home)) as runner:
        follower = runner.get(Renames)
        runner.get(HomeLog).prompt()
        until(lambda: follower.taken == ["one"])
        asyncio.run(append(home, STREAM, renamed("two")))
        runner.get(HomeLog).prompt()
        until(lambda: follower.taken == ["one", "two"])
        assert follower.recorder.max_tracking_id("threadhost") == 4
