"""The actor of a job: decides on its rows, over the job's stream and the streams of its pages."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

from threadhost.actors.command import Command
from threadhost.actors.job_rules import Decided, decide_job
from threadhost.actors.origin import Origin, policy
from threadhost.actors.ports import Clock
from threadhost.actors.runtime.actor import LoopActor
from threadhost.actors.runtime.actor_cache import ActorCache
from threadhost.actors.runtime.append_errors import RESUMABLE
from threadhost.actors.runtime.batching import Batcher
from threadhost.events.base import Recorded
from threadhost.events.ids import job_of, job_stream, page_of, page_stream
from threadhost.events.job_page import Page
from threadhost.events.job_state import Job, fold, foresee
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.committer import Appended, Idempotency, StreamAppend
from threadhost.events.store.errors import WrongExpectedVersion
from threadhost.events.store.log import Log

S = TypeVar("S", Job, Page)
JOBS_KEPT_MAX = 256
TOGETHER_MAX = 64
PAGES_KEPT_MAX = 8
"""Pages kept in memory beside the open ones."""


class JobCommandEnvelope(NamedTuple):
    """A command on a job and, if it concerns one, on a page of its rows."""

    command: Command
    origin: Origin
    page: int | None = None
    idempotency: Idempotency | None = None


class JobCommandBatch(NamedTuple):
    """Commands to carry out one after the other, in one append; each event keeps its cause."""

    messages: Sequence[JobCommandEnvelope]


async def job_as_recorded(log: Log, job_id: str, known_job: Job | None = None) -> Job:
    """A job folded from its stream, onto what is known already; without a status if there is none.

    A job of a million rows has some thousand events, so the loop gets a turn between slices.
    """
    job, stream, read_to = known_job or Job(job_id), job_stream(job_id), -1
    while read_to < job.version:
        read_to = job.version
        head = await log.stream_head(stream)
        async for facts in log.walk_stream(stream, read_to, head.version if head else 0):
            job = fold(job, facts)
            await asyncio.sleep(0)
    return job


async def page_as_recorded(log: Log, page: Page) -> Page:
    """A page folded from its stream, onto what is known already."""
    return fold(page, await log.read_stream(page_stream(page.job_id, page.number), page.version))


@contextmanager
def published_to(log: Log, stream: str) -> Iterator[Sequence[Recorded]]:
    """The events that are published to a stream within this context."""
    facts: list[Recorded] = []
    stop = log.feed.listen(lambda news: facts.extend(f for f in news if f.stream == stream))
    try:
        yield facts
    finally:
        stop()


class JobActor(LoopActor):
    """Follows the log: the actor sees every commit to the job or its pages, whoever wrote it."""

    def __init__(self, log: Log, clock: Clock, job: Job) -> None:
        super().__init__()
        self._log = log
        self._clock = clock
        self.job = job
        self.pages: dict[int, Page] = {}
        self.is_needed = False
        """Whether the cache has to keep this actor while its job is not over."""

    @property
    def is_working(self) -> bool:
        """Whether the actor has messages, or its job is in progress and needed."""
        return super().is_working or (self.is_needed and not self.job.is_over)

    async def receive(
        self, message: JobCommandEnvelope | JobCommandBatch
    ) -> Appended | Sequence[Appended]:
        """Decide and append; again from the start if somebody else appended first."""
        if isinstance(message, JobCommandBatch):
            return await self._carry_out(message.messages)
        [appended] = await self._carry_out([message])
        return appended

    async def _carry_out(self, messages: Sequence[JobCommandEnvelope]) -> Sequence[Appended]:
        while True:
            numbers = {message.page for message in messages if message.page is not None}
            pages = {number: await self.page(number) for number in sorted(numbers)}
            decided = list(self._decided(messages, pages))
            if not any(decision.job or decision.page for decision in decided):
                return [Appended(())] * len(messages)
            try:
                appended = await self._append(messages, decided, pages)
            except WrongExpectedVersion:
                await self._read_again()
            else:
                return [appended] if len(messages) == 1 else list(_shares(appended, decided))

    def _decided(
        self, messages: Sequence[JobCommandEnvelope], pages: Mapping[int, Page]
    ) -> Iterator[Decided]:
        """The decision for each message, on the state after those before it."""
        job, at_ms = self.job, self._clock.now_ms()
        pages = dict(pages)
        for count, message in enumerate(messages, 1):
            page = pages[message.page] if message.page is not None else Page()
            decision = decide_job(message.command, job, page)
            yield decision
            if count < len(messages):
                job = foresee(job, decision.job, at_ms)
                if message.page is not None:
                    pages[message.page] = foresee(page, decision.page, at_ms)

    def is_fatal(self, error: Exception) -> bool:
        """Whether the error leaves the state in doubt: then the job is folded anew from the log."""
        return not isinstance(error, RESUMABLE)

    async def page(self, number: int) -> Page:
        """A page of the job, in its recorded state."""
        page = self.pages.get(number)
        if page is None:
            with published_to(self._log, page_stream(self.job.id, number)) as facts:
                read = await page_as_recorded(self._log, Page(self.job.id, number))
                page = self.pages.setdefault(number, _followed(read, facts))
            self._evict()
        return page

    def apply(self, fact: Recorded) -> None:
        """Follow an event of the job or of one of its pages."""
        number = page_of(fact.stream)
        if number is None:
            self.job = _followed(self.job, [fact])
        elif (page := self.pages.get(number)) is not None:
            self.pages[number] = _followed(page, [fact])

    async def _append(
        self,
        messages: Sequence[JobCommandEnvelope],
        decided: Sequence[Decided],
        pages: Mapping[int, Page],
    ) -> Appended:
        origin, first = messages[-1].origin, messages[0]
        if len(messages) > 1:
            origin = policy("jobs", self.job.id, origin.causation_id)
        appends, meta = self._appends(messages, decided, pages), origin.at(self._clock.now_ms())
        key, asker = first.idempotency, origin.asker
        return await self._log.append(*appends, meta=meta, idempotency=key, asker=asker)

    def _appends(
        self,
        messages: Sequence[JobCommandEnvelope],
        decided: Sequence[Decided],
        pages: Mapping[int, Page],
    ) -> Iterator[StreamAppend]:
        """Each append names the job's version, even if only a page changes: the job's end wins."""
        job_id, own_stream = self.job.id, job_stream(self.job.id)
        versions = {page_stream(job_id, number): page.version for number, page in pages.items()}
        yield StreamAppend(own_stream, (), self.job.version)
        for message, decision in zip(messages, decided, strict=True):
            cause = message.origin.causation_id
            if decision.page:
                page_number = self.job.pages if message.page is None else message.page
                stream = page_stream(job_id, page_number)
                version = versions.pop(stream, 0 if message.page is None else None)
                causes = [cause] * len(decision.page)
                yield StreamAppend(stream, decision.page, version, causes=causes)
            if decision.job:
                yield StreamAppend(own_stream, decision.job, causes=[cause] * len(decision.job))

    async def _read_again(self) -> None:
        self.job = _newer(self.job, await job_as_recorded(self._log, self.job.id, self.job))
        for number, page in tuple(self.pages.items()):
            read = await page_as_recorded(self._log, page)
            self.pages[number] = _newer(self.pages[number], read)

    def _evict(self) -> None:
        closed = [number for number in self.pages if number not in self.job.open]
        for number in closed[:-PAGES_KEPT_MAX]:
            del self.pages[number]


def _followed(state: S, facts: Iterable[Recorded]) -> S:
    """The state after these events of its stream, of which it may contain the first ones."""
    for fact in facts:
        if fact.version == state.version + 1:
            state = fold(state, [fact])
    return state


def _newer(followed: S, read: S) -> S:
    """The newer of two states of a stream that was followed while it was read."""
    return read if read.version > followed.version else followed


def _shares(appended: Appended, decided: Sequence[Decided]) -> Iterator[Appended]:
    """The part of an append that belongs to each decision."""
    recorded = iter(appended.recorded)
    for decision in decided:
        yield Appended(tuple(islice(recorded, len(decision.page) + len(decision.job))))


class JobActors(ActorCache[JobActor]):
    """At most one actor a job; each follows the log."""

    def __init__(self, log: Log, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self.on_change: Callable[[str], object] = lambda _: None
        """Called with the id of a job when one of its workers is over, which no log records."""
        self._batcher: Batcher[str, JobCommandEnvelope, Appended] = Batcher(
            self._do_all, TOGETHER_MAX
        )
        super().__init__(self._launch_of, JOBS_KEPT_MAX)

    async def _launch_of(self, job_id: str) -> JobActor:
        with published_to(self._log, job_stream(job_id)) as facts:
            job = await job_as_recorded(self._log, job_id)
            return JobActor.launch(self._log, self._clock, _followed(job, facts))

    async def do(self, job_id: str, message: JobCommandEnvelope) -> Appended:
        """Carry out a command on a page, in one append with others that wait.

        Raises the errors of asking an actor.
        """
        return await self._batcher.do(job_id, message)

    async def _do_all(
        self, job_id: str, messages: Sequence[JobCommandEnvelope]
    ) -> Sequence[Appended]:
        actor = await self.get(job_id)
        appended: Sequence[Appended] = await actor.actor_ref.ask(
            JobCommandBatch(messages), block=False
        )
        return appended

    def published(self, recorded: Sequence[Recorded]) -> None:
        """Pass a commit on to the actors of its jobs."""
        for fact in recorded:
            if (job_id := job_of(fact.stream)) is not None:
                self.apply(job_id, fact)

    def apply(self, job_id: str, fact: Recorded) -> None:
        """Pass an event of a job, or of one of its pages, on to the job's actor."""
        if (actor := self._running(job_id)) is not None:
            actor.apply(fact)
