"""A host's life: starts, stops, its clock, and what it confirms about erasure."""

from typing import Any

from pydantic import Field

from threadhost.events.base import UPCASTERS, Event, Upcaster, event
from threadhost.events.empty import no_dict, no_list
from threadhost.events.words import HostStopReason, Id, SystemLine


@event("host.started.v2", since="0.1", stream="host", cause="start")
class HostStarted(Event):
    """A process took the home: its code, its platform, and its settings.

    `build` is a commit, `rules` a digest of the sources of events and folds. `settings` has numbers
    and words of closed sets, by name, never a path, a name or a secret. Fields that the first
    version did not record are empty, as is the endpoint of a provider that has none. `epoch` is
    greater than that of any earlier start of this log, 0 if it was not recorded.
    """

    version: Id
    pid: int
    build: Id = ""
    protocol: Id = ""
    python: Id = ""
    platform: SystemLine = ""
    rules: Id = ""
    settings: dict[Id, int | bool | Id] = Field(default_factory=no_dict)
    provider: Id = ""
    endpoint_host: Id = ""
    epoch: int = 0


def _started_v1(body: dict[str, Any]) -> dict[str, Any]:
    """The first version recorded fewer fields."""
    return body


UPCASTERS["host.started.v1"] = Upcaster(HostStarted.kind, _started_v1)


@event("host.reconfigured.v1", since="0.1", stream="host", cause="asked")
class HostReconfigured(Event):
    """The configuration file was read again, and these keys have new values.

    NAME stands in keys for names of providers, servers and profiles; the event holds no values.
    `changed` holds from here on, `at_start` from the next start on. The rest is as in the start:
    the `settings` that changed, and the default `provider` with its `endpoint_host`.
    """

    changed: list[Id] = Field(default_factory=no_list)
    at_start: list[Id] = Field(default_factory=no_list)
    settings: dict[Id, int | bool | Id] = Field(default_factory=no_dict)
    provider: Id = ""
    endpoint_host: Id = ""


@event("host.stopped.v1", since="0.1", stream="host", cause="timer")
class HostStopped(Event):
    """The process released the home after flushing everything."""

    reason: HostStopReason


@event("host.erasure_confirmed.v2", since="0.1", stream="host", cause="deletion")
class ErasureConfirmed(Event):
    """The database files have no bytes of these deletions any more: they were checkpointed.

    Its causation names the end of the deletion.
    """

    deletion_ids: list[Id] = Field(default_factory=no_list)


def _confirmed_v1(body: dict[str, Any]) -> dict[str, Any]:
    """The first version also named a position, which means nothing in another log."""
    return {name: value for name, value in body.items() if name != "up_to_position"}


UPCASTERS["host.erasure_confirmed.v1"] = Upcaster(ErasureConfirmed.kind, _confirmed_v1)


@event("host.space_reclaimed.v1", since="0.1", stream="host", cause="asked")
class SpaceReclaimed(Event):
    """Payloads of deleted threads were removed from the log, and free pages from its file.

    `payloads`: how many sealed events lost their content; the rest of these events stays. `pages`:
    how many pages of the database were freed.
    """

    payloads: int
    payload_bytes: int
    pages: int


@event("host.keys_rotated.v1", since="0.1", stream="host", cause="start")
class KeysRotated(Event):
    """All keys are wrapped by a new host key; its number `wrapping` only grows.

    The first start after it records it: `keys` were wrapped again, `left` could not be opened.
    """

    wrapping: int
    keys: int
    left: int = 0


@event("host.restored.v1", since="0.1", stream="host", cause="timer")
class HostRestored(Event):
    """A backup was restored: later positions of the earlier log belong to another history.

    Starts are numbered from `epoch` on. `deleted_again` counts the threads and jobs that the
    replaced log had as deleted, and that the restore deleted once more.
    """

    backup: Id
    taken_at_ms: int
    epoch: int
    deleted_again: int = 0


@event("host.loop_stalled.v1", since="0.1", stream="host", cause="timer")
class LoopStalled(Event):
    """The watchdog found that the event loop did not run for `stalled_ms`."""

    stalled_ms: int


@event("host.notes_left_out.v1", since="0.1", stream="host", cause="timer")
class NotesLeftOut(Event):
    """Too many events of these types came at once; `counts` of each were not recorded."""

    counts: dict[Id, int] = Field(default_factory=no_dict)


@event("host.clock_stepped.v1", since="0.1", stream="host", cause="asked")
class ClockStepped(Event):
    """The wall clock and the monotonic clock disagree: one was set, or the machine slept.

    Time is what the monotonic clock says, and that clock may be the one that jumped, for example in
    a virtual machine that was restored. `before_ms` is the expected time, `after_ms` what the wall
    clock says. While that is less than the newest time of the log, events get that newest time.
    """

    before_ms: int
    after_ms: int
