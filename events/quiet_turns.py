"""Drops from a fork the requests, responses and counts of finished turns that it can spare."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol, Self, TypeVar

from pydantic_core import from_json

from threadhost.events.compaction import CompactionRequested
from threadhost.events.host_tool import HostToolAnswered, HostToolCalled
from threadhost.events.imported import ThreadImported
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.tool import ToolCalled, UserAnswered, UserAsked
from threadhost.events.turn import (
    USER_ITEM,
    ItemRecorded,
    ModelRequested,
    ModelResponded,
    OutputRecorded,
    TurnCompleted,
    TurnStarted,
    UsageRecorded,
    noteworthy,
)

STARTED, COMPLETED, ITEM = TurnStarted.kind, TurnCompleted.kind, ItemRecorded.kind
REQUESTED, COUNTED, IMPORTED = ModelRequested.kind, UsageRecorded.kind, ThreadImported.kind
ASKING = frozenset((REQUESTED, ModelResponded.kind))
UNSETTLING = frozenset((REQUESTED, CompactionRequested.kind))
"""After these, input from outside may have another place in the history than in the stream."""
CALLS = frozenset((ToolCalled.kind, UserAsked.kind, HostToolCalled.kind))
ANSWERS = frozenset((OutputRecorded.kind, UserAnswered.kind, HostToolAnswered.kind))
PLAIN = ASKING | CALLS | ANSWERS | {ITEM, COUNTED}
"""All types of events in a quiet turn."""
SHAPES_MAX = 64


class Copied(Protocol):
    """An event on its way into a fork, read as far as needed."""

    @property
    def kind(self) -> str:
        """Its type."""

    @property
    def event(self) -> Any:  # noqa: ANN401  (whatever was read)
        """The event; for a request a `RequestHead` is enough, for an item its type."""


C = TypeVar("C", bound=Copied)


class RequestHead(NamedTuple):
    """What outlives a request's turn: its provider, and what had to be mended for it."""

    provider: str
    mended: Mapping[str, int]

    @classmethod
    def of(cls, body: bytes) -> Self | None:
        """Read it from the JSON of a ModelRequested; None if the whole event has to be read."""
        try:
            request = from_json(body)
            provider, mended = request.get("provider", ""), request.get("mended", {})
        except (AttributeError, ValueError):
            return None
        is_well_formed = type(provider) is str and type(mended) is dict
        return cls(provider, mended) if is_well_formed else None


class _Shape(NamedTuple):
    """The places, in a turn of these types, of the events that decide whether it is quiet."""

    is_plain: bool
    requests: Sequence[int]
    asking: Sequence[int]
    counts: Sequence[int]
    items: Sequence[int]
    """The items after the first request."""

    @classmethod
    def of(cls, kinds: Sequence[str]) -> Self:
        """Find the places in a turn, given its types from its start to its end."""

        def places(*any_of: str) -> Sequence[int]:
            return [at for at, kind in enumerate(kinds) if kind in any_of]

        requests = places(REQUESTED)
        items = [at for at in places(ITEM) if requests and at > requests[0]]
        is_plain = PLAIN.issuperset(kinds[1:-1])
        return cls(is_plain, requests, places(*ASKING), places(COUNTED), items)


_shape = lru_cache(SHAPES_MAX)(_Shape.of)


class QuietTurns:
    """Goes through copies in their order; a turn is judged only if all of it is in one call.

    A turn is quiet if it was completed and nothing came from outside after a model was first asked:
    its history is the same without requests and responses. All of these are kept if one request
    names another provider than the newest kept request, or mended something else. Counts of tokens
    are dropped if a later quiet turn has one that, by `counts`, counts anything.
    """

    def __init__(self, counts: Callable[[Any], bool]) -> None:
        self._counts = counts
        self._newest_request: tuple[object, object] | None = None
        """Provider and mendings of the newest request; None if there is none, or an import came
        later."""
        self._is_settled = True
        """Whether no request is open, so that a history has nothing to add later."""

    def copies_to_keep(self, copies: Sequence[C]) -> list[C]:
        """Return the copies that the fork keeps."""
        kinds = [copy.kind for copy in copies]
        quiet: list[tuple[int, _Shape]] = []
        at = 0
        for begin, end in _turns(kinds):
            self._pass(copies[at:begin])
            at = end + 1
            turn, shape = copies[begin:at], _shape(tuple(kinds[begin:at]))
            if not self._is_quiet(turn, shape):
                self._pass(turn)
            elif self._says_nothing_new(turn, shape):
                quiet.append((begin, shape))
        self._pass(copies[at:])
        dropped = self._dropped(copies, quiet)
        return [copy for at, copy in enumerate(copies) if at not in dropped]

    def _pass(self, copies: Sequence[Copied]) -> None:
        """Note what these kept copies change."""
        for copy in copies:
            kind = copy.kind
            if kind in UNSETTLING:
                self._is_settled = False
            elif kind == COMPLETED:
                self._is_settled = True
            if kind == REQUESTED:
                self._newest_request = _outliving(copy.event)
            elif kind == IMPORTED:
                self._newest_request = None

    def _is_quiet(self, turn: Sequence[Copied], shape: _Shape) -> bool:
        started, ended = turn[0].event, turn[-1].event
        return (
            self._is_settled
            and shape.is_plain
            and (started.turn_id, started.purpose, ended.outcome)
            == (ended.turn_id, "regular", "completed")
            and not any(turn[at].event.type == USER_ITEM for at in shape.items)
        )

    def _says_nothing_new(self, turn: Sequence[Copied], shape: _Shape) -> bool:
        """Whether its requests have the provider and the mendings of the newest request."""
        requests = [_outliving(turn[at].event) for at in shape.requests]
        before = self._newest_request
        if requests:
            self._newest_request = requests[-1]
        return all(request == before for request in requests)

    def _dropped(self, copies: Sequence[Copied], quiet: Sequence[tuple[int, _Shape]]) -> set[int]:
        dropped: set[int] = set()
        is_counted = False
        for begin, shape in reversed(quiet):
            dropped.update(begin + at for at in shape.asking)
            if is_counted:
                dropped.update(begin + at for at in shape.counts)
            else:
                is_counted = any(self._counts(copies[begin + at]) for at in shape.counts)
        return dropped


def _outliving(request: RequestHead | ModelRequested) -> tuple[object, object]:
    return request.provider, noteworthy(request.mended)


def _turns(kinds: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Yield the indices where turns begin and end."""
    begin = None
    for at, kind in enumerate(kinds):
        if kind == STARTED:
            begin = at
        elif kind == COMPLETED and begin is not None:
            yield begin, at
            begin = None
