"""Applying the rules of retention: finds due threads, and deletes them one after the other."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from threadhost.actors.errors import DeletionHalted, Refusal, ThreadNotFound
from threadhost.actors.hold import ThreadHeld
from threadhost.actors.host import Host
from threadhost.actors.origin import Origin
from threadhost.actors.ports import Clock, Ids
from threadhost.actors.retention import DueThreads, RetentionPolicy, Rule, ThreadFacts, due
from threadhost.actors.runtime.tasks import Closable
from threadhost.actors.tree import DeletionTerms, holds_against
from threadhost.events.base import Event
from threadhost.events.bounds import batches
from threadhost.events.causes import by_timer
from threadhost.events.ids import thread_stream
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.operator_log import (
    RETENTION_FAILED,
    RETENTION_HALTED,
    RETENTION_NOT_RECORDED,
)
from threadhost.events.retention import RetentionApplied
from threadhost.events.store.errors import StoreError
from threadhost.events.words import RETENTION

HELD, BUSY, FOLLOWED, IN_A_JOB = "under legal hold", "busy", "followed by a client", "part of a job"
ACTIVE = "active since"
AT_ONCE_MAX = 256
REST_MAX_S = 1.0
"""It rests as long as each deletion took, at most this long, so that others have the store."""
Record = Callable[[Event, Origin], Awaitable[None]]


class RetentionViews(Protocol):
    """The views of threads that the rules need, and who follows them."""

    async def facts(self) -> Sequence[ThreadFacts]:
        """The facts of all stored threads."""

    async def facts_in_memory(self) -> Sequence[ThreadFacts]:
        """The facts of all threads that live only in memory."""

    async def facts_of(self, thread_ids: Sequence[str]) -> Sequence[ThreadFacts]:
        """The facts of these stored threads; threads that do not exist are left out."""

    async def sizes(self, thread_ids: Sequence[str] | None = None) -> Mapping[str, int]:
        """The sizes of these threads, or of all stored ones, in bytes of payloads and files."""

    async def going_on(self) -> Sequence[str]:
        """Threads that may have work due as soon as they are live."""

    async def held_sessions(self) -> frozenset[str]:
        """Trees with a legal hold."""

    def is_followed(self, thread_id: str) -> bool:
        """Whether a client follows the thread."""


class RetentionCandidate(NamedTuple):
    """A due group with its size, and why it stays nevertheless; "" if it goes."""

    due: DueThreads
    bytes: int = 0
    stays: str = ""


class Applied(NamedTuple):
    """The outcome for a group: how many threads were deleted, or why they stay."""

    weighed: RetentionCandidate
    threads: int = 0
    stays: str = ""


class Retention(Closable):
    """Applies the rules of a host; one run at a time."""

    def __init__(
        self,
        host: Host,
        look: RetentionViews,
        behaviour: RetentionPolicy,
        outside: tuple[Clock, Ids],
        record: Record,
    ) -> None:
        super().__init__()
        self.policy = behaviour
        self._host = host
        self._logs = host.logs
        self._look = look
        self._clock, self._ids = outside
        self._record = record
        self._turn = asyncio.Lock()
        self._last: dict[str, RetentionApplied] = {}
        """The last record of each rule: an unchanged outcome is not recorded again."""
        self._going_on = frozenset[str]()
        """Trees with work due, maybe in threads that are not live, as of the last look."""

    async def preview(self) -> list[RetentionCandidate]:
        """The due groups, and which of them would stay; changes nothing."""
        groups = await self._due()
        sizes = await self._look.sizes([t for group in groups for t in group.thread_ids])
        self._going_on = await self._host.sessions_with_work(await self._look.going_on())
        held_sessions, busy_sessions = await self._look.held_sessions(), self._busy()
        weighed: list[RetentionCandidate] = []
        for group in groups:
            await asyncio.sleep(0)  # the reads may never suspend, and there may be many groups
            size = sum(sizes.get(thread_id, 0) for thread_id in group.thread_ids)
            weighed.append(
                RetentionCandidate(
                    group, size, await self._why_not(group, held_sessions, busy_sessions)
                )
            )
        return weighed

    async def run(self, cause: str = "") -> list[Applied]:
        """Delete all due groups, one after the other with rests; returns the outcome of each.

        The cause is a request's causation, or else the timer of the rules. Raises StoreError.
        """
        async with self._turn:
            cause = cause or by_timer(RETENTION, self._clock.now_ms())
            outcomes: list[Applied] = []
            try:
                for weighed in await self.preview():
                    if self.is_closed:
                        break
                    began_s = self._clock.monotonic()
                    outcomes.append(await self._apply(weighed, cause))
                    if outcomes[-1].threads:
                        took_s = self._clock.monotonic() - began_s
                        await self.closes_within(min(REST_MAX_S, took_s))
            finally:
                await self._record_all(outcomes, cause)
            return outcomes

    async def run_now_and_then(self, first_after_s: float) -> None:
        """Run once after a while, then at the policy's intervals, until closed."""
        wait_s = min(first_after_s, self.policy.every_ms / 1000)
        while self.policy.every_ms and not await self.closes_within(wait_s):
            wait_s = self.policy.every_ms / 1000
            try:
                await self.run()
            except Exception as error:  # noqa: BLE001  (the next run may succeed)
                RETENTION_FAILED.emit(error, kind=type(error).__name__)

    async def _due(self) -> list[DueThreads]:
        """The groups that the rules select by the views; the newest events are checked later."""
        rules = self.policy.rules
        stored = [rule for rule in rules if rule.of != "ephemeral"]
        in_memory = [rule for rule in rules if rule.of == "ephemeral"]
        now_ms, groups = self._clock.now_ms(), list[DueThreads]()
        if stored:
            sizes: Mapping[str, int] = {}
            if any(rule.keep_bytes is not None for rule in stored):
                sizes = await self._look.sizes()
            facts = await self._look.facts()
            groups = await asyncio.to_thread(due, stored, facts, now_ms, sizes)
        if in_memory:
            groups += due(in_memory, await self._look.facts_in_memory(), now_ms)
        return groups

    def _busy(self) -> frozenset[str]:
        """Trees in which a thread works, or has work due."""
        actors = self._host.live.actors()
        live = frozenset(actor.state.session_id for actor in actors if not actor.is_quiet)
        return live | self._going_on

    async def _why_not(
        self, group: DueThreads, held_sessions: frozenset[str], busy_sessions: frozenset[str]
    ) -> str:
        """Why a due group stays; "" if it may go."""
        if group.session_id in held_sessions and await self._is_held(group):
            return HELD
        if group.session_id in busy_sessions:
            return BUSY
        if not group.rule.followed and any(map(self._look.is_followed, group.thread_ids)):
            return FOLLOWED
        if group.rule.of == "ephemeral":
            return ""
        if await self._is_in_a_job(group.thread_ids):
            return IN_A_JOB
        return ACTIVE if await self._was_active(group) else ""

    async def _is_held(self, group: DueThreads) -> bool:
        tree = await self._host.trees.actors.get(group.session_id)
        targets = await tree.targets_below(group.root_id)
        return bool(holds_against(group.root_id, targets, tree.tree))

    async def _is_in_a_job(self, thread_ids: Sequence[str]) -> bool:
        ties = self._logs.ties() if self._logs.ties is not None else None
        for batch in batches(thread_ids, AT_ONCE_MAX):
            if ties and (await ties.run_by(batch) or await ties.pages_of(batch)):
                return True
        return False

    async def _was_active(self, group: DueThreads) -> bool:
        """Whether the log has newer events of them, which views do not count as activity."""
        idle_ms = group.rule.idle_ms
        if idle_ms is None:
            return False
        log, since_ms = self._logs.durable, self._clock.now_ms() - idle_ms
        for batch in batches(group.thread_ids, AT_ONCE_MAX):
            heads = await log.stream_heads([thread_stream(t) for t in batch])
            for stream, head in heads.items():
                newest = await log.fact_at(stream, head.version)
                if newest is not None and newest.meta.recorded_at_ms > since_ms:
                    return True
        return False

    async def _apply(self, weighed: RetentionCandidate, cause: str) -> Applied:
        group = weighed.due
        stays = await self._why_not(group, await self._look.held_sessions(), self._busy())
        if not stays:
            try:
                return await self._delete(weighed, self._origin(group.rule, cause))
            except ThreadHeld:  # since the check; the tree has recorded the attempt
                stays = HELD
            except ThreadNotFound:
                stays = "deleted already"
            except DeletionHalted as error:
                RETENTION_HALTED.emit(rule=group.rule.name, what=error)
                stays = str(error)
            except Refusal as error:
                stays = str(error)
        return Applied(weighed, 0, stays)

    async def _delete(self, weighed: RetentionCandidate, origin: Origin) -> Applied:
        group, live = weighed.due, self._host.live
        await self._host.life.unload(group.thread_ids, RETENTION, origin, only_if_idle=True)
        if group.rule.of == "ephemeral":
            stays = BUSY if live.get(group.root_id) is not None else ""
            return Applied(weighed, 0 if stays else 1, stays)
        with live.without_activations(group.thread_ids):
            terms = DeletionTerms(RETENTION, await self._versions(group.thread_ids))
            if await live.settled(group.thread_ids) or await self._has_changed(group):
                return Applied(weighed, 0, BUSY)
            receipt = await self._host.trees.delete_on_terms(
                group.session_id, group.root_id, origin, terms
            )
        return Applied(weighed, receipt.threads)

    async def _versions(self, thread_ids: Sequence[str]) -> Mapping[str, int]:
        """The versions of the streams of these threads."""
        versions: dict[str, int] = {}
        for batch in batches(thread_ids, AT_ONCE_MAX):
            streams = {thread_stream(thread_id): thread_id for thread_id in batch}
            heads = await self._logs.durable.stream_heads(list(streams))
            versions |= {streams[stream]: head.version for stream, head in heads.items()}
        return dict.fromkeys(thread_ids, 0) | versions

    async def _has_changed(self, group: DueThreads) -> bool:
        """Whether the views have changed since the group was found due."""
        facts = await self._look.facts_of(group.thread_ids)
        newest = max((fact.active_at_ms for fact in facts), default=0)
        is_put_elsewhere = any(group.rule.archived not in (None, fact.archived) for fact in facts)
        return newest > group.active_at_ms or (is_put_elsewhere and group.rule.archived is True)

    def _origin(self, rule: Rule, cause: str) -> Origin:
        return Origin(rule.principal, self._ids.new(), cause)

    async def _record_all(self, outcomes: Sequence[Applied], cause: str) -> None:
        """Record the outcome of each rule, unless nothing was deleted and the rest is unchanged."""
        for rule in self.policy.rules:
            of_rule = [outcome for outcome in outcomes if outcome.weighed.due.rule is rule]
            went = [outcome for outcome in of_rule if outcome.threads]
            reasons = Counter(outcome.stays for outcome in of_rule if not outcome.threads)
            applied = RetentionApplied(
                rule=rule.name,
                of=rule.of,
                acts=len(went),
                threads=sum(outcome.threads for outcome in went),
                bytes=sum(outcome.weighed.bytes for outcome in went),
                refused=reasons[HELD],
                left=reasons.total() - reasons[HELD],
            )
            is_same, self._last[rule.name] = self._last.get(rule.name) == applied, applied
            if not of_rule or (is_same and not went):
                continue
            try:
                await self._record(applied, self._origin(rule, cause))
            except StoreError as error:
                RETENTION_NOT_RECORDED.emit(rule=rule.name, fault=error)
