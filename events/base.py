"""What an event is: its type, its seal, who caused it, what it does to the fence of a stream."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from threadhost.events.ids import StreamKind
from threadhost.events.lazy_model import LazyModel
from threadhost.events.named_tuple import NamedTuple


class StreamState(StrEnum):
    """What a stream admits.

    Anything; only the end of what runs, because its actor shuts down or because its tree is being
    deleted; or nothing any more.
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

Of some it is what the whole append is for: whatever `asked` for it, the `start` of a process, a
`timer`, the `plan` of a deletion, or the end of the `deletion`. Of others it follows from the state
of their turn: the `request` of a model that they answer, their `call`, either of these or who asked
by the type of an `item`, the newest of what a request was `heard` after, or what brought the `end`.
A `named` one is that of the request whose version the event itself names.
"""

WHILE_OPEN = frozenset({StreamState.OPEN})
UNTIL_CLOSED = frozenset({StreamState.OPEN, StreamState.DRAINING, StreamState.FENCED})


class Event(BaseModel, metaclass=LazyModel):
    """A fact, in the past tense.

    A *structural* event holds ids, edges, counts and times and stays readable for ever; a *sealed*
    one is encrypted under the key of its stream and becomes `Erased` when that key is destroyed.
    """

    # What JSON has no number for is written as it is, and refused, rather than changed to null.
    model_config = ConfigDict(
        frozen=True, extra="ignore", defer_build=True, ser_json_inf_nan="constants"
    )

    if TYPE_CHECKING:  # set by `event`; pydantic would look at each of them for every type
        kind: ClassVar[str]
        since: ClassVar[str]
        """The first release that may write it."""
        stream: ClassVar[StreamKind]
        """What its stream is of, which owns the key that it is sealed under."""
        cause: ClassVar[Cause]
        """What leads to it."""
        inherited: ClassVar[bool]
        """Whether a fork of the thread takes it over."""
        sealed: ClassVar[bool]
        """Whether it is erased with its stream's key; else it stays readable for ever."""
        admitted: ClassVar[frozenset[StreamState]]

    activates: ClassVar[bool] = False
    """Takes the next incarnation of its stream, which the event names."""
    supersedes: ClassVar[bool] = False
    """Ends the incarnation of its stream from outside: nothing written under it is admitted."""
    moves_fences: ClassVar[bool] = False
    moves_to: ClassVar[StreamState] = StreamState.OPEN
    """Where its own stream is from here on, if it is this one's fence that it moves."""
    closes: ClassVar[bool] = False
    """Is the tombstone of its stream, which admits nothing any more and whose key is destroyed."""

    def fences(self, stream: str) -> Mapping[str, StreamState]:
        """The streams whose state this event changes; only asked if `moves_fences`."""
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
    """Declare a type of what is said in a thread: sealed under its key, inherited by its forks."""
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
    """A sealed event whose key is destroyed: its type and place in the log are all that is left."""

    kind: str


class Damaged(NamedTuple):
    """An event that is in the log and cannot be read: its type as it stands there, and why.

    Readers return it in the event's place, so that one that is damaged hides no other.
    """

    kind: str
    reason: str


Gap = Erased | Damaged
"""What readers find in the place of an event; every fold steps over it."""


UNFIT = (LookupError, TypeError, AttributeError, ValueError)
"""What a fold trips over where an event says something that it could not have said."""


class Meta(NamedTuple):
    """Who asked, what belongs together, what led here, and when (milliseconds since the epoch)."""

    principal: str
    correlation_id: str
    causation_id: str
    recorded_at_ms: int


class Recorded(NamedTuple):
    """An event in its place in the log, and what places it there for good.

    `decision` is the first position of the append that it belongs to: between the events of one
    append there never was a state. `chain` is the value of the hash chain at its position. Both
    are empty for an event that is in no log. `is_small` says that nothing in it can be large.
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
    """How a body of an old version becomes one of the next, and what that is called."""

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
    """The name that events of this type are written under now."""
    while upcaster := UPCASTERS.get(kind):
        kind = upcaster.newer
    return kind


def names_of(types: Iterable[type[Event]]) -> tuple[str, ...]:
    """The names that events of these types are stored under, older versions' among them."""
    names = [type_.kind for type_ in types]
    for name in names:
        names += [older for older, upcaster in UPCASTERS.items() if upcaster.newer == name]
    return tuple(names)
