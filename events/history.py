"""What a model sees of a thread: the lines that its events add, in the order of a conversation."""

from collections.abc import Iterable, Sequence
from typing import Self

from threadhost.events.acceptable import Acceptable, Rendering, shallow_copy
from threadhost.events.agent import AgentContextGiven
from threadhost.events.base import UNFIT, Event, Gap, Recorded
from threadhost.events.compaction import CompactionFailed, CompactionRequested, HistoryCompacted
from threadhost.events.goal import GoalContextGiven
from threadhost.events.imported import ThreadImported
from threadhost.events.injection import ItemsInjected
from threadhost.events.input_items import Line, line_of, message_line
from threadhost.events.model_input import encoded, is_incomplete, local_pictures
from threadhost.events.picture import PicturesRead
from threadhost.events.revert import surviving
from threadhost.events.thread import COMPACTION
from threadhost.events.turn import (
    USER_ITEM,
    ItemRecorded,
    ModelRequested,
    TurnCompleted,
    TurnStarted,
    UsageRecorded,
)

BY_THE_USER = (
    "<turn_aborted>The user interrupted this turn. Whatever was under way then may be unfinished."
    "</turn_aborted>"
)
CUT_OFF = (
    "<turn_aborted>This turn was cut off. Whatever was under way then may be unfinished."
    "</turn_aborted>"
)


class History:
    """A thread's history, built event by event; given facts, it leaves out what was reverted.

    Input that a user or an injection adds after a model was asked comes after the model's answer
    and after the outputs of its calls, right before the next request. While the model works on a
    summary the prompt for it is the last line; the summary then replaces everything that was there
    when it was asked for.
    """

    def __init__(self, recorded: Iterable[Recorded] = ()) -> None:
        self._lines: list[Line] = []
        self._bytes = 0
        self._later: list[Line] = []
        self._prompt: list[Line] = []
        self._is_asked = self._sums_up = self._cut_off = False
        self._provider = ""
        self._measured = (0, 0)
        self._user_lines: list[Line] = []
        self._user_turn_id = self._compaction_turn = ""
        self._pictured: dict[str, tuple[Line, ItemRecorded]] = {}
        self._rendering = Rendering()
        for fact in surviving(recorded):
            self.take(fact.event)

    def request(self, provider: str = "") -> Acceptable:
        """What the next request holds."""
        rendering = self.rendered_for(provider)
        if self._later or self._prompt:
            rendering = rendering.fork()
            for line in (*self._later, *self._prompt):
                rendering.take(line)
        return rendering.result()

    def without_oldest(self, left_out: int, provider: str = "") -> Acceptable:
        """Return a request without this many of the oldest lines."""
        return Rendering(provider, self.lines[left_out:]).result()

    @property
    def lasting(self) -> Sequence[Line]:
        """The lines that stay; while a summary is being made these are only the later ones."""
        return self._later if self._sums_up else self.lines

    def asked_in(self, turn_id: str) -> list[Line]:
        """What the user said in this turn, without what came while a summary is being made."""
        if turn_id != self._user_turn_id:
            return []
        later_ids = {id(line) for line in self._later} if self._sums_up else ()
        return [line for line in self._user_lines if id(line) not in later_ids]

    def pictures_of(self, item_id: str) -> Sequence[str]:
        """Return the paths of the pictures that a message names and that are not read yet."""
        named = self._pictured.get(item_id)
        return local_pictures(named[1]) if named else ()

    @property
    def lines(self) -> list[Line]:
        """All lines, oldest first, as they came."""
        return [*self._lines, *self._later, *self._prompt]

    @property
    def size_bytes(self) -> int:
        """The size of its lines as JSON."""
        return self._bytes + _bytes_of(self._later) + _bytes_of(self._prompt)

    @property
    def tokens(self) -> int:
        """The size of the next request: the last response's count plus an estimate of new lines."""
        lines, measured = self._measured
        return measured + sum(line.tokens for line in (*self._lines[lines:], *self._later))

    def take(self, fact: Event | Gap) -> None:
        """Take one event; gaps, and events that no conversation could hold, add nothing."""
        try:
            self._take(fact)
        except UNFIT:
            return

    def _take(self, fact: Event | Gap) -> None:
        if isinstance(fact, (ModelRequested, TurnCompleted)):
            self._turn_to(fact)
        elif isinstance(fact, (CompactionRequested, HistoryCompacted, CompactionFailed)):
            self._compact(fact)
        elif isinstance(fact, UsageRecorded):
            self._measure(fact)
        elif isinstance(fact, PicturesRead):
            self._show_pictures(fact)
        elif isinstance(fact, ThreadImported):
            self._provider = fact.provider
        elif isinstance(fact, TurnStarted):
            self._compaction_turn = fact.turn_id if fact.purpose == COMPACTION else ""
        else:
            self._say(fact)

    # -- what events do --

    def _say(self, fact: Event | Gap) -> None:
        lines = encoded(fact, self._provider)
        if isinstance(fact, ItemRecorded):
            self._cut_off = self._cut_off or is_incomplete(fact)
            if local_pictures(fact):
                self._pictured[fact.item_id] = (lines[0], fact)
            if fact.type == USER_ITEM:
                earlier = self._user_lines if fact.turn_id == self._user_turn_id else []
                self._user_turn_id, self._user_lines = fact.turn_id, [*earlier, *lines]
        if (self._is_asked or self._sums_up) and _comes_from_outside(fact):
            self._later += lines
        else:
            self._add(lines)

    def _add(self, lines: Sequence[Line]) -> None:
        self._lines += lines
        self._bytes += _bytes_of(lines)
        for line in lines:
            self._rendering.take(line)

    def _add_later(self) -> None:
        later, self._later = self._later, []
        self._add(later)

    def _compact(self, fact: CompactionRequested | HistoryCompacted | CompactionFailed) -> None:
        self._prompt = []
        self._sums_up = isinstance(fact, CompactionRequested)
        if isinstance(fact, CompactionRequested):
            self._prompt = [line_of(fact.prompt)]
            self._add_later()
            return
        self._is_asked = False
        if isinstance(fact, HistoryCompacted):
            self._restart([line_of(item) for item in fact.items])
        self._add_later()

    def _turn_to(self, fact: ModelRequested | TurnCompleted) -> None:
        self._is_asked = isinstance(fact, ModelRequested)
        if isinstance(fact, TurnCompleted) or not self._sums_up:
            self._add_later()
        if isinstance(fact, ModelRequested):
            self._provider = fact.provider
        else:
            self._end(fact)

    def _end(self, fact: TurnCompleted) -> None:
        is_aborted = fact.outcome == "interrupted" or (fact.outcome == "failed" and self._cut_off)
        if is_aborted and fact.turn_id != self._compaction_turn:
            by_user = fact.reason == "interrupted"
            self._add([message_line("user", BY_THE_USER if by_user else CUT_OFF)])
        self._prompt, self._cut_off, self._sums_up = [], False, False

    def _measure(self, fact: UsageRecorded) -> None:
        if fact.last.total and not self._sums_up:  # some servers report zero usage
            self._measured = (len(self._lines), fact.last.total)

    def _show_pictures(self, fact: PicturesRead) -> None:
        """Replace a message's file names by their pictures."""
        named_line, message = self._pictured.pop(fact.item_id, (None, None))
        if named_line is None or message is None:
            return
        [shown] = encoded(message, self._provider, fact.urls)
        for lines in (self._lines, self._later):
            lines[:] = [shown if line is named_line else line for line in lines]
        self._bytes = _bytes_of(self._lines)
        self._user_lines = [shown if line is named_line else line for line in self._user_lines]
        self._rendering = Rendering(self._rendering.provider, self._lines)

    # -- inside --

    def own(self) -> None:
        """Replace the mutable parts that this shares with the history it was copied from."""
        self._lines, self._later = list(self._lines), list(self._later)
        self._pictured = dict(self._pictured)
        self._rendering = self._rendering.fork()

    def _restart(self, lines: list[Line]) -> None:
        self._lines, self._measured, self._bytes = [], (0, 0), 0
        self._rendering = Rendering(self._rendering.provider)
        self._add(lines)

    def rendered_for(self, provider: str) -> Rendering:
        """The lines as a provider accepts them; cached until another provider is asked for."""
        if self._rendering.provider != provider:
            self._rendering = Rendering(provider, self._lines)
        return self._rendering

    def foreseen(self, events: Iterable[Event]) -> Self:
        """Return the history as it will be once these events are in the log."""
        events = tuple(events)
        if not events:
            return self
        foreseen = shallow_copy(self)
        foreseen.own()
        for event in events:
            foreseen.take(event)
        return foreseen


def _bytes_of(lines: Iterable[Line]) -> int:
    return sum(len(line.json) for line in lines)


def _comes_from_outside(fact: Event | Gap) -> bool:
    if isinstance(fact, ItemRecorded):
        return fact.type == USER_ITEM
    return isinstance(fact, (ItemsInjected, GoalContextGiven, AgentContextGiven))


def begins_after(landmarks: Iterable[Recorded]) -> int:
    """Return the version up to which nothing of a stream is left in its history.

    A summary takes the place of its request for compaction, so the events from that request on make
    the whole history. A compaction that was reverted, or that failed, does not count.
    """
    version, requested = 0, dict[str, int]()
    for fact in surviving(landmarks):
        if isinstance(fact.event, CompactionRequested):
            requested[fact.event.turn_id] = fact.version
        elif isinstance(fact.event, HistoryCompacted):
            version = requested.get(fact.event.turn_id, 1) - 1
    return version
