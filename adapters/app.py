"""The composition root: a host with its logs, views, model, hub and methods, opened and closed."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from threadhost.actors.lifecycle import Unfinished
from threadhost.actors.models import ModelClient
from threadhost.actors.origin import policy
from threadhost.actors.runtime.logs import Logs
from threadhost.actors.runtime.tasks import begin_beside
from threadhost.actors.runtime.watchdog import Watchdog
from threadhost.adapters.clock_watch import ClockWatch
from threadhost.adapters.config import Settings
from threadhost.adapters.configuration import configuration_of, report_configuration_problems
from threadhost.adapters.configuration.record import NO_CONFIGURATION, Configuration
from threadhost.adapters.host_started import started
from threadhost.adapters.housekeeping import Housekeeping
from threadhost.adapters.jsonrpc import methods as _methods  # noqa: F401  (fills the registry)
from threadhost.adapters.jsonrpc.context import HostContext, behaviour_of
from threadhost.adapters.jsonrpc.outbox import Outbox
from threadhost.adapters.jsonrpc.session import Session
from threadhost.adapters.jsonrpc.transports.base import Health, Peer
from threadhost.adapters.models.select import model_client
from threadhost.adapters.self_check import SelfCheck
from threadhost.adapters.warm_up import WarmUp
from threadhost.events.causes import by_timer
from threadhost.events.client import ClientRefused
from threadhost.events.host import HostStopped, LoopStalled
from threadhost.events.operator_log import CLIENT_REFUSED, NOT_RECORDED, TOKEN_REFUSED
from threadhost.events.store.errors import StoreFailed, StoreUnavailable
from threadhost.events.store.lock import HomeLock, acquire_home_lock
from threadhost.events.store.log import Log
from threadhost.events.store.port import Ownership
from threadhost.projections import all_views
from threadhost.projections.agent_mail import waiting_mail
from threadhost.projections.base import Views
from threadhost.projections.goal import covering_goals, threads_with_work
from threadhost.projections.goal_cover import spenders
from threadhost.projections.jobs import unfinished_jobs
from threadhost.projections.memory import has_dropped_texts
from threadhost.projections.rules import are_current
from threadhost.projections.threads import unfinished_copies
from threadhost.projections.tree import unconfirmed_erasures, unfinished_deletions
from threadhost.projections.turns import threads_with_running_turns

if TYPE_CHECKING:
    from threadhost.actors.runtime.memories import Memories
    from threadhost.adapters.jsonrpc.models.host_stats import StatsReadResponse

JOBS_AFTER_S = 0.2
"""How long after the start the host imports what jobs need, and reads their streams."""
UNAUTHORIZED = 401
"""The HTTP status for a client without a token, or with a wrong one."""


class App(HostContext):
    """One open host. Made by `open_app`, ended by `close`."""

    def __init__(
        self,
        settings: Settings,
        logs: Logs,
        model: ModelClient,
        lock: Ownership | None,
        check: SelfCheck,
        configuration: Configuration = NO_CONFIGURATION,
    ) -> None:
        super().__init__(settings, configuration, logs, model)
        self.failed = asyncio.Event()
        """Set when the store failed; the host must then stop."""
        self._lock = lock
        self._check = check
        self._sessions: set[Session] = set()
        self._clock_watch = ClockWatch(self.clock, self.facts)
        self._housekeeping = Housekeeping(self.host, self.hub, self.clock, settings.idle_unload_ms)
        self._watchdog = Watchdog(self.clock, self.loop_stalled)
        self._background: set[asyncio.Task[None]] = set()
        self.followers.append(self._follow)
        self.memories: Memories | None = None
        self.before_release: Callable[[], None] = lambda: None
        """Called when everything is closed, while this host still owns the home."""
        self.predecessor: tuple[int, int] | None = None
        """The process that left the home without closing it, and its last event's time in ms."""
        self.warming: asyncio.Task[None] | None = None

    @property
    def sessions(self) -> tuple[Session, ...]:
        """The connections that are open now, in no order."""
        return tuple(self._sessions)

    def stats(self) -> "StatsReadResponse":
        """The host's statistics now; costs a step for each connection and live thread."""
        from threadhost.adapters.host_stats import stats_of

        return stats_of(self)

    def accept(self, outbox: Outbox, peer: Peer) -> Session:
        """Make the session of a new connection."""
        outbox.share(self.waiting)
        session = Session(self, outbox, peer, self._sessions.discard)
        self._sessions.add(session)
        return session

    def refused(self, peer: Peer, status: int, reason: str) -> None:
        """Log and record that a connection was refused before it became a client."""
        name = peer.whose or peer.address
        event = ClientRefused(
            transport=peer.transport, peer=name, status=int(status), reason=reason
        )
        line = TOKEN_REFUSED if status == UNAUTHORIZED else CLIENT_REFUSED
        line.emit(peer=peer.where, status=event.status, said=event.reason)
        self.facts.note(event, self.facts.start)

    @property
    def health(self) -> Health:
        """The health answers at an HTTP port."""
        return Health(lambda: self.logs.durable.shortage, self._detail)

    def _detail(self) -> "Mapping[str, object]":
        from threadhost.adapters.host_stats import health_of

        return health_of(self)

    def note_addresses(self, addresses: list[str]) -> None:
        """Write into the lock where this host listens, for programs that find the home in use."""
        if self._lock is not None:
            self._lock.note({"pid": os.getpid(), "listen": addresses})

    async def start(self) -> None:
        """Record the start, finish an earlier process's work, and begin the background work."""
        newest_ms = self.logs.durable.newest_at_ms
        threads = behaviour_of(self.settings, self.configuration).threads
        start = started(self.settings, self.model, threads)
        cause = await self.facts.record_start(start)
        await self.facts.record_rotation()
        self._clock_watch.compare(newest_ms)
        reads = self.logs.durable.reads
        await self.host.life.resume(
            Unfinished(
                await unfinished_deletions(reads),
                await threads_with_running_turns(reads),
                await unconfirmed_erasures(reads),
                await unfinished_copies(reads),
            ),
            cause,
        )
        await self._follow_with_rollouts()
        self._watchdog.start()
        self.host.resume_budgets(await covering_goals(reads), await spenders(reads))
        check = self._check
        watching = check.watch_files(), self._clock_watch.run()
        noting = self.program_log.run()
        for work in (self._housekeeping.run(), check.in_quiet(), *watching, noting):
            self._in_background(work)
        await self._start_memories()
        if self.settings.takes_up:
            await self._resume_work(cause)
        warm_up = WarmUp(self.registry, self.model, lambda: self.logs.durable.position)
        self.warming = asyncio.get_running_loop().create_task(warm_up.run())
        self.warming.add_done_callback(self._on_warmed_up)

    async def _resume_work(self, cause: str) -> None:
        """Resume what runs without a client: agents, jobs, retention, goals and queues."""
        reads, is_closing = self.logs.durable.reads, lambda: self.is_closing
        if any(waiting := await waiting_mail(reads)):
            self._in_background(self.host.resume_agents(waiting, cause, is_closing))
        if unfinished := await unfinished_jobs(reads):
            self._in_background(self._go_on_with_jobs(unfinished, cause))
        self._start_retention()
        if due := await threads_with_work(reads):
            from threadhost.actors.runtime.submissions import begin_due

            activate = self.host.threads.activate
            self._in_background(begin_due(due, self.logs, activate, is_closing))

    async def _go_on_with_jobs(self, unfinished: Sequence[str], cause: str) -> None:
        """Resume jobs after the first clients were served."""
        await asyncio.sleep(JOBS_AFTER_S)
        if not self.is_closing:
            await self.host.jobs.resume(unfinished, cause)

    async def _follow_with_rollouts(self) -> None:
        """Write rollout files if a setting asks for it, or if the home has some."""
        mode, rollouts = self.settings.rollouts, self.rollouts
        if rollouts is not None and mode != "off" and (mode or rollouts.are_there):
            await rollouts.follow(self.logs.durable)

    def _start_retention(self) -> None:
        if self.retention is not None:
            from threadhost.adapters.retention import FIRST_AFTER_S

            self._in_background(self.retention.run_now_and_then(FIRST_AFTER_S))

    def _follow(self) -> None:
        """Apply the present settings and configuration to housekeeping and retention."""
        self._housekeeping.unload_after(self.settings.idle_unload_ms)
        if self.renew_retention():
            self._start_retention()

    async def _start_memories(self) -> None:
        """Begin to make notes where configured; else only finish erasing forgotten texts."""
        if (behaviour := self.configuration.memories) is not None:
            from threadhost.adapters.memory import begin

            self.memories = begin(self.host, self.outside, behaviour, self.facts.epoch)
            if self.settings.takes_up:
                self._in_background(self.memories.run())
        elif await has_dropped_texts(self.logs.durable.reads):
            await self.logs.memory(self.clock).destroy_keys()

    def _on_warmed_up(self, warming: asyncio.Task[None]) -> None:
        if not warming.cancelled():
            self.servers.start()

    async def close(self, reason: str = "closed") -> None:
        """Refuse new work, shut every thread down, flush and release the home; idempotent."""
        if self.is_closing:
            return
        self.is_closing = True
        try:
            async with self.reloading:  # what a reload starts is closed with the rest
                await self._wind_up(reason)
        finally:
            await self._close_logs()

    async def _wind_up(self, reason: str) -> None:
        self._housekeeping.close()
        self._check.close()
        self._clock_watch.close()
        self.program_log.close()
        for part in (self.memories, self.retention):
            if part is not None:
                part.close()
        if self.warming is not None:
            self.warming.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        shutdown = by_timer("shutdown", self.clock.now_ms())
        with suppress(StoreFailed):
            await self.host.life.drain(policy("shutdown", self.ids.new(), shutdown))
        await self.servers.close()
        await asyncio.gather(*map(_end_session, self._sessions))
        await self.facts.close()
        await self.program_log.flush()
        with suppress(StoreFailed):
            await self._record_end(reason, shutdown)
        if self.rollouts is not None:
            await self.rollouts.close()
        self._watchdog.close()
        await self.model.close()

    async def _close_logs(self) -> None:
        """Close the logs and release the home, even if an earlier step failed."""
        try:
            await self.logs.durable.close()
            await self.logs.ephemeral.close()
        finally:
            if self._lock is not None:
                self.before_release()
                self._lock.release()

    async def _record_end(self, reason: str, cause: str) -> None:
        try:
            if self.facts.start:  # else no start was recorded
                await self.facts.record(HostStopped(reason=reason), cause)
        except StoreUnavailable as error:
            NOT_RECORDED.emit(what="the end of this host", fault=error)

    def _in_background(self, work: Coroutine[None, None, None]) -> None:
        begin_beside(work, self._background)

    def loop_stalled(self, stalled_ms: int) -> None:
        """Record that the loop was blocked for this time."""
        due_ms = self.clock.now_ms() - stalled_ms
        self.facts.note(LoopStalled(stalled_ms=stalled_ms), by_timer("watchdog", due_ms))


async def _end_session(session: Session) -> None:
    """Answer a client's open requests, as far as that is soon, and end the session."""
    await session.finish()
    await session.close()


async def _nothing(_app: App) -> None:
    """The default for `before_start`."""


Undo = Callable[[], None]
OpenLog = Callable[[Views, Callable[[StoreFailed], None]], Log]
"""Opens a log with these views; calls the function when the store fails for good."""


def _not_noted(_home: Path) -> Undo:
    """The default for `once_owned`."""
    return lambda: None


async def open_app(
    settings: Settings,
    env: Mapping[str, str] | None = None,
    model: ModelClient | None = None,
    configuration: Configuration | None = None,
    before_start: Callable[[App], Awaitable[None]] = _nothing,
    once_owned: Callable[[Path], Undo] = _not_noted,
    open_log: OpenLog | None = None,
) -> App:
    """Open the home (created 0700 if it is new) and start a host on it.

    Without a configuration, the host uses that of the file which the settings name, or of the home.
    `once_owned` is called when this host owns the home, before it is opened; the function that it
    returns is called before the home is released. The log records the start unless `before_start`
    raises. Raises what these two raise, HomeLocked, another StoreError, OSError, or ValueError for
    settings, a model or a configuration that cannot be used. `open_log` opens another store than a
    home's; the host then leaves nothing on disk, as with the store `memory`.
    """
    if open_log is not None:
        settings = settings._replace(store="memory")
    settings.checked()
    env = os.environ if env is None else env
    read_again = None
    if configuration is None:
        read_again = partial(configuration_of, settings, env)
        configuration = read_again()
    report_configuration_problems(configuration)
    spec, url, limits = settings.model, settings.model_url, settings.call_limits
    client = model or model_client(spec, url, env, limits, configuration)
    stops: list[Callable[[], None]] = []

    def on_failure(failure: StoreFailed) -> None:
        for stop in stops:
            stop()

    views = all_views()
    lock = None if settings.store == "memory" else await acquire_home_lock(settings.home)
    give_back: Undo = lambda: None  # noqa: E731
    try:
        if lock is not None:
            give_back = once_owned(settings.home)
        durable = (open_log or partial(_open_log, settings))(views, on_failure)
        check = await _checked(durable, views, settings.home)
    except BaseException:
        if lock is not None:
            give_back()
            lock.release()
        raise
    logs = Logs(durable, Log.in_memory(all_views(), settings.limits.ephemeral_bytes_max))
    app = App(settings, logs, client, lock, check, configuration)
    app.env, app.read_again, app.made_model = env, read_again, model is None
    app.before_release = give_back
    app.predecessor = _predecessor(lock, durable)
    stops.append(app.failed.set)
    try:
        await before_start(app)
        await app.start()
    except BaseException:
        await app.close("start failed")
        raise
    return app


def _predecessor(lock: HomeLock | None, log: Log) -> tuple[int, int] | None:
    if lock is None or lock.predecessor is None or not log.newest_at_ms:
        return None
    return lock.predecessor, log.newest_at_ms


def _open_log(settings: Settings, views: Views, on_failure: Callable[[StoreFailed], None]) -> Log:
    if settings.store == "memory":
        return Log.in_memory(views)
    lost_keys = settings.allow_missing_keys
    return Log.open(settings.home, views, settings.key_file, on_failure, lost_keys=lost_keys)


async def _checked(log: Log, views: Views, home: Path) -> SelfCheck:
    """Check the log, and bring its views up to date; it is closed if that fails."""
    check = SelfCheck(log, views, home)
    try:
        await check.before_serving()
        await _bring_up_to_date(log, views)
    except BaseException:
        check.close()
        await log.close()
        raise
    return check


async def _bring_up_to_date(log: Log, views: Views) -> None:
    if not await are_current(log.reads, views.rules):
        from threadhost.projections.rebuild import bring_up_to_date

        await bring_up_to_date(log, views)
