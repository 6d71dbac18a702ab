"""What an event is: its type, its seal, its causation and its effect on the fence of a stream."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from threadhost.events.ids import StreamKind
from threadhost.events.lazy_model import LazyModel
from threadhost.events.named_tuple import NamedTuple


class StreamState(StrEnum):
    """What a stream admits.

    `OPEN`: all events. `DRAINING` and `FENCED`: only the end of what runs, because the actor shuts
    down or the tree is being deleted. `CLOSED`: nothing any more.
    """

    OPEN = "open"
    DRAINING = "draining"
    FENCED = "fenced"
    CLOSED = "closed"


Cause = Literal[
    "asked",
    "start",
    "timer",
    "plan",
    "deletion",
    "request",
    "call",
    "item",
    "heard",
    "end",
    "named",
]
"""What leads to the events of a type.

For some types it is the reason for the whole append: a command (`asked`), the `start` of a process,
a `timer`, the `plan` of a deletion, or the end of the `deletion`. For others it follows from the
state of their turn: the `request` to a model that they answer; their `call`; for an `item`, by its
type, the request, the call or the command; the newest event that a request answers (`heard`); or
what brought the `end`. For a `named` cause it is the request whose version the event holds.
"""

WHILE_OPEN = frozenset({StreamState.OPEN})
UNTIL_CLOSED = frozenset({StreamState.OPEN, StreamState.DRAINING, StreamState.FENCED})


class Event(BaseModel, metaclass=LazyModel):
    """A fact, in the past tense.

    A *structural* event holds ids, edges, counts and times and stays readable for ever; a *sealed*
    one is encrypted under the key of its stream and becomes `Erased` when that key is destroyed.
    """

    # Numbers that JSON lacks are written as constants and then refused, not changed to null.
    model_config = ConfigDict(
        frozen=True, extra="ignore", defer_build=True, ser_json_inf_nan="constants"
    )

    if TYPE_CHECKING:  # set by `event`; pydantic would inspect each of them for every type
        kind: ClassVar[str]
        since: ClassVar[str]
        """The first release that may write it."""
        stream: ClassVar[StreamKind]
        """The kind of its stream, whose key seals it."""
        cause: ClassVar[Cause]
        """What leads to it."""
        inherited: ClassVar[bool]
        """Whether a fork of the thread copies it."""
        sealed: ClassVar[bool]
        """Whether it is erased with its stream's key; otherwise it stays readable for ever."""
        admitted: ClassVar[frozenset[StreamState]]

    activates: ClassVar[bool] = False
    """Begins the next incarnation of its stream; the event holds its number."""
    supersedes: ClassVar[bool] = False
    """Ends the incarnation of its stream from outside: later writes under that incarnation are
    refused."""
    moves_fences: ClassVar[bool] = False
    moves_to: ClassVar[StreamState] = StreamState.OPEN
    """The state of its own stream after it, if it moves that stream's fence."""
    closes: ClassVar[bool] = False
    """Is the tombstone of its stream, which then admits nothing; the stream's key is destroyed."""

    def fences(self, stream: str) -> Mapping[str, StreamState]:
        """Return the streams whose state this event changes; only called if `moves_fences`."""
        return {stream: self.moves_to}


E = TypeVar("E", bound=type[Event])
KINDS: dict[str, type[Event]] = {}


def event(
    kind: str,
    *,
    since: str,
    stream: StreamKind,
    cause: Cause,
    sealed: bool = False,
    inherited: bool = False,
    admitted: frozenset[StreamState] = WHILE_OPEN,
) -> Callable[[E], E]:
    """Declare an event type under a stable name, `noun.verb.vN`; never reused, never a class path.

    Raises ValueError for a name that is taken.
    """

    def declare(cls: E) -> E:
        if kind in KINDS:
            raise ValueError(f"event type {kind} is declared twice")
        cls.kind = kind
        cls.since = since
        cls.stream = stream
        cls.cause = cause
        cls.inherited = inherited
        cls.sealed = sealed
        cls.admitted = admitted
        KINDS[kind] = cls
        return cls

    return declare


def history_event(
    kind: str, *, since: str, cause: Cause, admitted: frozenset[StreamState] = WHILE_OPEN
) -> Callable[[E], E]:
    """Declare an event type of a thread's history: sealed under its key, inherited by its forks."""
    return event(
        kind,
        since=since,
        stream="thread",
        cause=cause,
        sealed=True,
        inherited=True,
        admitted=admitted,
    )


class Erased(NamedTuple):
    """A sealed event whose key is destroyed: only its type and its place in the log are left."""

    kind: str


class Damaged(NamedTuple):
    """An event that is in the log and cannot be read: its type as stored, and the reason.

    Readers return it in the event's place, so that one damaged event hides no other.
    """

    kind: str
    reason: str


Gap = Erased | Damaged
"""What readers return in the place of an event that they cannot read; every fold steps over it."""


UNFIT = (LookupError, TypeError, AttributeError, ValueError)
"""Errors that a fold raises for an event whose values are impossible in this state."""


class Meta(NamedTuple):
    """Principal, correlation, causation and time (milliseconds since the epoch) of an event."""

    principal: str
    correlation_id: str
    causation_id: str
    recorded_at_ms: int


class Recorded(NamedTuple):
    """An event with its place in the log.

    `decision` is the first position of the append that it belongs to: no state ever existed between
    the events of one append. `chain` is the value of the hash chain at its position. Both are empty
    for an event that is in no log. `is_small` says that nothing in it can be large.
    """

    position: int
    stream: str
    version: int
    event: Event | Gap
    meta: Meta
    decision: int = 0
    chain: bytes = b""
    is_small: bool = False

    @property
    def kind(self) -> str:
        """The event's stable type name."""
        return self.event.kind


class Upcaster(NamedTuple):
    """A step from an old version of a type to the next: the next name, and the function."""

    newer: str
    step: Callable[[dict[str, Any]], dict[str, Any]]


UPCASTERS: dict[str, Upcaster] = {}
"""Upcasters by the name of the old version."""


def upcast(kind: str, body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Bring a stored body to the newest version of its type, one step of `UPCASTERS` at a time."""
    while upcaster := UPCASTERS.get(kind):
        kind, body = upcaster.newer, upcaster.step(body)
    return kind, body


def newest_name(kind: str) -> str:
    """Return the name that this type has now."""
    while upcaster := UPCASTERS.get(kind):
        kind = upcaster.newer
    return kind


def names_of(types: Iterable[type[Event]]) -> tuple[str, ...]:
    """Return the stored names of events of these types, including those of older versions."""
    names = [type_.kind for type_ in types]
    for name in names:
        names += [older for older, upcaster in UPCASTERS.items() if upcaster.newer == name]
    return tuple(names)
