"""The log of a home as the eventsourcing library sees logs: for reading and following.

`PERSISTENCE_MODULE` of an application of that library may name this module. The server never
imports it: the library would take a tenth of a cold start.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Never
from uuid import UUID

from eventsourcing.persistence import (
    InfrastructureFactory,
    InfrastructureFactoryError,
    Mapper,
    Notification,
    NotSupportedError,
    ProgrammingError,
    StoredEvent,
    TrackingRecorder,
    Transcoder,
)
from eventsourcing.system import Leader, RecordingEvent
from pydantic_core import to_json

from threadhost.events.base import Event, Recorded, names_of, newest_name
from threadhost.events.catalogue import KINDS
from threadhost.events.gap_repair import repair_start, repair_tombstone, start_repair_positions
from threadhost.events.store.domain_events import DomainEvent, as_domain_event
from threadhost.events.store.rows import LogRow
from threadhost.events.store.sqlite.engine import run_sync
from threadhost.events.store.sqlite.library_recorder import LogFollowing
from threadhost.events.store.sqlite.read_only import ReadOnlyLog

APPLICATION = "threadhost"
HOME, KEY_FILE = "THREADHOST_HOME", "THREADHOST_KEY_FILE"
READ_ONLY = (
    "the log of a host is only read here: {} is kept elsewhere,"
    " with a persistence module of its own"
)


@dataclass(frozen=True)
class LogNotification(Notification):
    """An event of a home's log; its state is the event's JSON, empty once erased."""

    fact: Recorded
    more_follow: bool


class HomeRecorder(LogFollowing):
    """The log of a home, with or without a running host; opens sealed events with the keys.

    An event whose key is destroyed is `Erased`, an unreadable one `Damaged`, except the start and
    the end of a thread, which are rebuilt from what is beside them. Topics are the names of event
    types; old versions of a type have the topic of the newest.
    """

    def __init__(self, log: ReadOnlyLog) -> None:
        self.log = log
        self.rows = log.rows

    @property
    def place(self) -> Path | object:
        """The path of the log's database."""
        return self.log.database.path

    def insert_events(self, stored_events: Sequence[StoredEvent], **_options: object) -> None:
        """Refuse: only the host writes its log. Raises the library's NotSupportedError."""
        if stored_events:
            raise NotSupportedError(READ_ONLY.format("what an application records"))

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Return the events of a stream, such as `thread-<id>`, by version."""
        rows = self.rows.of_stream(str(originator_id), gt, limit, lte, newest_first=desc)
        return [self.notification(row) for row in rows]

    def kinds_of(self, topics: Sequence[str]) -> Sequence[str]:
        """Return the stored types of these topics. Raises ProgrammingError for unknown topics."""
        types = [newest_name(topic) for topic in topics]
        for topic, kind in zip(topics, types, strict=True):
            if kind not in KINDS:
                raise ProgrammingError(
                    f"{topic!r} is the topic of no event; give the type's `kind`,"
                    " such as 'thread.renamed.v1'"
                )
        return names_of(KINDS[kind] for kind in dict.fromkeys(types))

    def notification(self, row: LogRow, *, more_follow: bool = False) -> LogNotification:
        """Open the event in a row."""
        [opened] = self.log.opened([row])
        if positions := start_repair_positions(opened):
            opened = repair_start(opened, run_sync(self.log.read_at(positions)))
        fact = repair_tombstone(opened, lambda stream: run_sync(self.log.is_closed(stream)))
        state = to_json(fact.event) if isinstance(fact.event, Event) else b""
        place = fact.stream, fact.version, newest_name(fact.kind), state, fact.position
        return LogNotification(*place, fact, more_follow)


class HomeMapper(Mapper[str]):
    """Makes domain events of what a `HomeRecorder` read."""

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEvent:
        """Return the event as an instance of its own type that also knows its place in the log."""
        if not isinstance(stored_event, LogNotification):
            raise ProgrammingError("only what was read from the log of a home can be mapped")
        return as_domain_event(stored_event.fact, more_follow=stored_event.more_follow)

    def to_stored_event(self, domain_event: object) -> Never:
        """Refuse: only the host writes its log. Raises the library's NotSupportedError."""
        raise NotSupportedError(READ_ONLY.format("what an application records"))


class HomeFactory(InfrastructureFactory[TrackingRecorder]):
    """The infrastructure of applications on the home that `THREADHOST_HOME` names.

    `THREADHOST_KEY_FILE` names the host key if it is not in the home.
    """

    def __init__(self, env: Any) -> None:  # noqa: ANN401  (the library's own type is not exported)
        super().__init__(env)
        self._recorders: list[HomeRecorder] = []

    def mapper(
        self,
        transcoder: Transcoder | None = None,
        mapper_class: type[Mapper[Any]] | None = None,
    ) -> Mapper[Any]:
        """Return the only mapper for these events, whichever one is asked for."""
        return HomeMapper(transcoder or self.transcoder())

    def application_recorder(self) -> HomeRecorder:
        """Open the log. Raises StoreMismatch, or InfrastructureFactoryError if no home is named."""
        home = self.env.get(HOME)
        if not home:
            raise InfrastructureFactoryError(f"{HOME} does not say whose log is to be read")
        key_file = self.env.get(KEY_FILE)
        log = ReadOnlyLog.open(Path(home).absolute(), Path(key_file) if key_file else None)
        self._recorders.append(HomeRecorder(log))
        return self._recorders[-1]

    def aggregate_recorder(self, purpose: str = "events") -> HomeRecorder:
        """Return the log, by streams; snapshots are refused."""
        if purpose != "events":
            raise InfrastructureFactoryError(READ_ONLY.format(purpose))
        return self.application_recorder()

    def tracking_recorder(self, tracking_recorder_class: object = None) -> Never:
        """Refuse. Raises InfrastructureFactoryError."""
        raise InfrastructureFactoryError(READ_ONLY.format("how far somebody is"))

    def process_recorder(self) -> Never:
        """Refuse. Raises InfrastructureFactoryError."""
        raise InfrastructureFactoryError(READ_ONLY.format("what a process records"))

    def close(self) -> None:
        """Close the log; idempotent."""
        while self._recorders:
            self._recorders.pop().log.close()


class HomeLog(Leader[str]):
    """A home's log as an application: for runners of projections, and as a leader in systems.

    Nothing is saved through it, so only `prompt` tells its followers of news.
    """

    name = APPLICATION
    env = {f"{APPLICATION.upper()}_{InfrastructureFactory.PERSISTENCE_MODULE}": __name__}  # noqa: RUF012

    def prompt(self) -> None:
        """Have followers read what is new."""
        for follower in self.followers:
            follower.receive_recording_event(RecordingEvent(self.name, [], None))


def home_env(home: Path | str, key_file: Path | str | None = None) -> dict[str, str]:
    """Return the environment that applications, runners and followers need for a home."""
    env = {**HomeLog.env, HOME: str(home)}
    return env if key_file is None else {**env, KEY_FILE: str(key_file)}
