"""What all connections of a host share: its logs, threads, readers and hub."""

import asyncio
import os
from functools import cached_property, partial
from typing import TYPE_CHECKING

from threadhost.actors.goal_pacing import GoalPacing
from threadhost.actors.host import Host, HostPolicy
from threadhost.actors.model_settings import usable_tokens
from threadhost.actors.models import ModelClient
from threadhost.actors.runtime.journal import Outside
from threadhost.actors.runtime.logs import Logs
from threadhost.actors.runtime.tasks import begin
from threadhost.actors.runtime.threads import ThreadPolicy
from threadhost.actors.tree import TreeLimits
from threadhost.adapters.clock import SystemClock
from threadhost.adapters.config import Settings
from threadhost.adapters.configuration.record import TURN_TIMEOUT_MS, Configuration
from threadhost.adapters.failed_turns import warn_of_failed_turns
from threadhost.adapters.host_record import HostRecord
from threadhost.adapters.host_servers import HostServers
from threadhost.adapters.jsonrpc.client_tools import ClientTools
from threadhost.adapters.jsonrpc.hub import Hub
from threadhost.adapters.jsonrpc.lineage import Lineage
from threadhost.adapters.jsonrpc.log_cursors import LogCursors
from threadhost.adapters.jsonrpc.notify import Notifier
from threadhost.adapters.jsonrpc.registry import Registry, registry
from threadhost.adapters.jsonrpc.scopes import Scopes
from threadhost.adapters.jsonrpc.start_limiter import StartLimiter
from threadhost.adapters.models import line_cache
from threadhost.adapters.off_loop import OffLoop
from threadhost.adapters.pictures import LocalPictures
from threadhost.adapters.program_log import ProgramLog
from threadhost.adapters.resources import accounts
from threadhost.adapters.rollout_path import are_in
from threadhost.adapters.thread_presenter import ThreadPresenter
from threadhost.adapters.view_reader import ViewReader
from threadhost.events.ids import TimeOrderedIds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from threadhost.actors.job_ports import JobOutside
    from threadhost.actors.ports import JobTies
    from threadhost.actors.runtime.retention import Retention
    from threadhost.adapters.jsonrpc.log_pages import LogPages
    from threadhost.adapters.rollout_files import RolloutFiles
    from threadhost.adapters.stats import Counted


class HostContext:
    """A host as its connections and method handlers see it."""

    def __init__(
        self,
        settings: Settings,
        configuration: Configuration,
        logs: Logs,
        model: ModelClient,
    ) -> None:
        self.settings = settings
        self.env: Mapping[str, str] = os.environ
        """The environment that the configuration is read with."""
        self.configuration = configuration
        self.read_again: Callable[[], Configuration] | None = None
        """Reads the configuration again; None for a host without a configuration to read."""
        self.settings_with: Callable[[Configuration], Settings] = lambda _: settings
        """The settings that the host would have had at its start with another configuration."""
        self.made_model = False
        """Whether the model client was made from the settings and the configuration."""
        self.followers: list[Callable[[], None]] = []
        """Called after each change of the configuration or the settings."""
        self.reloading = asyncio.Lock()
        self.is_closing = False
        self.logs = logs
        self.model = model
        self.clock = SystemClock()
        self.ids = TimeOrderedIds()
        self.registry: Registry = registry
        self.scopes = Scopes()
        self.starts = StartLimiter()
        self.off_loop = OffLoop()
        self.in_flight, self.waiting = accounts(settings.limits)
        self.large_answers = asyncio.Semaphore(settings.limits.host_large_answers_max)
        logs.ties = self._job_ties
        self.program_log = logs.program = ProgramLog(logs, self.clock)
        self.facts = HostRecord(logs.durable, self.clock, self.ids)
        self.reading = ViewReader(logs, settings.limits.page_bytes_max)
        home = None if settings.store == "memory" else settings.home
        self.rollouts = _rollouts(settings)
        if self.rollouts is not None:
            logs.rollouts = self.rollouts
        self._telling = set[str]()
        """The jobs with a task that notifies their progress."""
        self.shown = ThreadPresenter(self._status, home)
        self.cursors = LogCursors(logs.durable)
        self.hub = self._new_hub()
        self._listen()
        self.servers = HostServers(configuration.servers, self.hub, logs)
        tools, pictures = ClientTools(self.hub), LocalPictures()
        self.outside = Outside(
            model,
            self.clock,
            self.ids,
            self.hub,
            tools,
            pictures,
            drop_lines=line_cache.forget,
            servers=self.servers,
            jobs=self._jobs_outside,
        )
        behaviour = behaviour_of(settings, configuration)
        self.host = Host(logs, self.outside, logs.durable.log_id, behaviour)

    @cached_property
    def retention(self) -> "Retention | None":
        """Retention, by the rules of the configuration; None if it has none."""
        behaviour = self.configuration.retention
        if behaviour is None:
            return None
        from threadhost.adapters.retention import retention_of

        is_followed = self.hub.followers.is_followed
        return retention_of(self.host, behaviour, is_followed, self.outside, self.facts.record)

    def renew_retention(self) -> bool:
        """Use the configuration's present rules; returns whether they changed and there are any."""
        previous = self.retention
        if (previous.policy if previous is not None else None) == self.configuration.retention:
            return False
        if previous is not None:
            previous.close()
        del self.retention
        return self.retention is not None

    @cached_property
    def log_pages(self) -> "LogPages":
        """The pages of the log for all catch-ups, made for the first one."""
        from threadhost.adapters.jsonrpc.log_pages import LogPages

        bytes_max = self.settings.limits.frame_bytes_max
        return LogPages(self.logs.durable, self.hub, self.cursors, self.notifier, bytes_max)

    @property
    def home(self) -> str:
        """The home folder, as clients see it."""
        return str(self.settings.home)

    @property
    def sessions(self) -> "tuple[Counted, ...]":
        """The present connections, in no order; the host that accepts them overrides this."""
        return ()

    def notifier(self) -> Notifier:
        """A new notifier with its own state."""
        return Notifier(self.reading, self.shown.after_start, self.window)

    def window(self, thread_id: str) -> int | None:
        """The usable tokens of a loaded thread's model; None if that is not known."""
        state = self.host.threads.loaded(thread_id)
        turn = state.turn if state else None
        settings = turn.settings if turn else state.settings if state else None
        if settings is None:
            return None
        return usable_tokens(settings, self.model.window(settings.model_provider, settings.model))

    def _new_hub(self) -> Hub:
        log, now_ms = self.logs.durable, self.clock.now_ms
        return Hub(self.notifier(), Lineage(log.reads), log.position, now_ms)

    def _jobs_outside(self) -> "JobOutside":
        """The ports of jobs, made for the first job."""
        from threadhost.actors.job_ports import JobOutside
        from threadhost.adapters.job_reading import answer_of
        from threadhost.adapters.tables.files import Files
        from threadhost.adapters.tables.result_schema import ResultValidator

        standing = partial(answer_of, self.logs.durable)
        return JobOutside(Files(), ResultValidator(), standing, self._begin_progress)

    def _job_ties(self) -> "JobTies":
        """The ties between jobs and threads, read from the views."""
        from threadhost.adapters.job_ties import ViewedTies

        return ViewedTies(self.logs.durable.reads)

    def _begin_progress(self, job_id: str) -> None:
        from threadhost.adapters.job_progress import ProgressNews, notify_progress

        news = ProgressNews(
            self.host.jobs, self.logs.durable.reads, self.clock, self.hub.say, self._telling
        )
        news.jobs.keep(begin(notify_progress(news, job_id)))

    def _listen(self) -> None:
        durable, ephemeral = self.logs.durable, self.logs.ephemeral
        durable.feed.listen(self.cursors.published)
        for log in (durable, ephemeral):
            log.feed.prepare_with(self.hub.ready, self.hub.prepare)
        durable.feed.listen(self.hub.published)
        ephemeral.feed.listen(self.hub.published_in_memory)
        for log in (durable, ephemeral):
            log.feed.listen(warn_of_failed_turns)
            log.feed.listen(self.program_log.published)

    def _status(self, thread_id: str) -> str:
        return self.host.threads.status(thread_id)


def behaviour_of(settings: Settings, configuration: Configuration) -> HostPolicy:
    """The policy of a host with these settings and this configuration."""
    tree = TreeLimits(settings.tree_depth_max, settings.tree_width_max, settings.tree_size_max)
    timeouts_ms = (settings.turn_timeout_ms, configuration.turn_timeout_ms, TURN_TIMEOUT_MS)
    turn_timeout_ms = next(limit for limit in timeouts_ms if limit is not None)
    threads = ThreadPolicy(
        tool_timeout_ms=settings.tool_timeout_ms,
        turn_timeout_ms=turn_timeout_ms,
        pacing=GoalPacing(settings.goal_wait_ms, settings.goal_wait_max_ms),
        agents=configuration.agents,
        memory_bytes_max=settings.limits.live_bytes_max,
        begins_unattended_turns=settings.takes_up,
    )
    return HostPolicy(settings.drain_timeout_ms, tree, threads, configuration.jobs)


def _rollouts(settings: Settings) -> "RolloutFiles | None":
    """The rollout files of the home; None unless it has some, or the settings ask for them."""
    if settings.store == "memory" or not (settings.rollouts == "codex" or are_in(settings.home)):
        return None
    from threadhost.adapters.rollout_files import RolloutFiles

    return RolloutFiles(settings.home)
