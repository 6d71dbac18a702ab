"""Turns a history into a request that providers accept: the rules between items."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from hashlib import sha256
from itertools import chain
from typing import Self, TypeVar

from threadhost.events.input_items import Line, output_line, with_call_id
from threadhost.events.named_tuple import NamedTuple

T = TypeVar("T")
UNANSWERED = "aborted: this call was never answered"
ROUTINE = frozenset(
    {
        "messages without text",
        "reasoning of another provider",
        "reasoning without its encrypted content",
        "reasoning without what came of it",
    }
)
"""Rules that leave something out of requests as a matter of course."""
MODEL_SAID = frozenset({"assistant", "call"})


class Acceptable(NamedTuple):
    """The items of a request, how often each rule changed or omitted one, and their SHA-256."""

    lines: list[bytes]
    mended: Mapping[str, int]
    digest: str


def noteworthy(mended: Mapping[str, int]) -> dict[str, int]:
    """The rules that changed or omitted something and are not routine, with their counts."""
    return {rule: count for rule, count in mended.items() if rule not in ROUTINE}


class _Completed:
    """Digests lines with inserted outputs; hashes only the lines that were added since last time.

    Renderings copied from one another share it. It continues the last digest if the last line that
    was hashed is still the same object at the same place.
    """

    __slots__ = ("_count", "_last", "_sha256", "_unanswered")

    def __init__(self) -> None:
        self._unanswered: list[tuple[int, str]] = []
        self._count = 0
        self._last = b""
        self._sha256 = sha256()

    def digest(self, unanswered: list[tuple[int, str]], lines: list[bytes]) -> str:
        """Return the digest of these lines, which include the outputs inserted for these calls."""
        is_continuation = (
            unanswered == self._unanswered
            and len(lines) >= self._count > 0
            and lines[self._count - 1] is self._last
        )
        if not is_continuation:
            self._unanswered, self._count, self._sha256 = unanswered, 0, sha256()
        for line in lines[self._count :]:
            self._sha256.update(line)
        self._count, self._last = len(lines), lines[-1]
        return self._sha256.hexdigest()


def shallow_copy(value: T) -> T:
    """Return a copy that shares its contents: like `copy.copy`, in a tenth of the time."""
    copy = object.__new__(type(value))
    vars(copy).update(vars(value))
    return copy


class Rendering:
    """Takes the lines of a history one by one and renders them as a provider accepts them.

    Every call has its own id and one output, which follows it; every output follows its call. A
    provider gets only its own reasoning, and only if what the model said next follows it.
    """

    def __init__(self, provider: str = "", lines: Iterable[Line] = ()) -> None:
        self._provider = provider
        self._lines: list[bytes] = []
        self._mended: defaultdict[str, int] = defaultdict(int)
        self._sha256 = sha256()
        self._held_back: list[Line] = []
        self.used_ids: set[str] = set()
        self._waiting: dict[str, list[tuple[int, str]]] = {}
        self._numbers: dict[str, int] = {}
        self._completed = _Completed()
        for line in lines:
            self.take(line)

    @property
    def provider(self) -> str:
        """The provider that this is rendered for."""
        return self._provider

    def fork(self) -> Self:
        """Return a copy that grows independently."""
        copy = shallow_copy(self)
        copy.own()
        return copy

    def own(self) -> None:
        """Replace the mutable parts that this shares with the rendering it was copied from."""
        self._lines = list(self._lines)
        self._mended = self._mended.copy()
        self._sha256 = self._sha256.copy()
        self._held_back = list(self._held_back)
        self.used_ids = set(self.used_ids)
        self._numbers = dict(self._numbers)
        self._waiting = {call_id: list(places) for call_id, places in self._waiting.items()}

    def take(self, line: Line) -> None:
        """Take the next line of the history."""
        for rule in line.mended:
            self._mended[rule] += 1
        if line.kind == "nothing":
            return
        if line.kind == "reasoning":
            self._hold(line)
            return
        if self._held_back:
            self._settle_held_back(is_followed=line.kind in MODEL_SAID)
        if line.kind == "call":
            self._call(line)
        elif line.kind == "output":
            self._output(line)
        else:
            self._add(line)

    def result(self) -> Acceptable:
        """Return what a request would hold now."""
        mended = self._mended.copy()
        if self._held_back:
            mended["reasoning without what came of it"] += len(self._held_back)
        unanswered = sorted(chain.from_iterable(self._waiting.values()))
        if not unanswered:
            return Acceptable(list(self._lines), dict(mended), self._sha256.hexdigest())
        mended["calls without an output"] += len(unanswered)
        lines, begun = list[bytes](), 0
        for at, call_id in unanswered:
            lines += (*self._lines[begun : at + 1], output_line(call_id, UNANSWERED).json)
            begun = at + 1
        lines += self._lines[begun:]
        return Acceptable(lines, dict(mended), self._completed.digest(unanswered, lines))

    def _hold(self, line: Line) -> None:
        if line.provider and self._provider and line.provider != self._provider:
            self._mended["reasoning of another provider"] += 1
        else:
            self._held_back.append(line)

    def _settle_held_back(self, *, is_followed: bool) -> None:
        lines, self._held_back = self._held_back, []
        if not is_followed:
            self._mended["reasoning without what came of it"] += len(lines)
            return
        for line in lines:
            self._add(line)

    def _call(self, line: Line) -> None:
        call_id = line.call_id
        if call_id in self.used_ids:
            self._mended["ids of calls that stood there before"] += 1
            call_id = self._unused(call_id)
        self.used_ids.add(call_id)
        self._waiting.setdefault(line.call_id, []).append((len(self._lines), call_id))
        self._add(line if call_id == line.call_id else with_call_id(line, call_id))

    def _output(self, line: Line) -> None:
        places = self._waiting.get(line.call_id)
        if not places:
            self._mended["outputs without a call"] += 1
            return
        _, call_id = places.pop(0)
        if not places:
            del self._waiting[line.call_id]
        self._add(line if call_id == line.call_id else with_call_id(line, call_id))

    def _add(self, line: Line) -> None:
        self._lines.append(line.json)
        self._sha256.update(line.json)

    def _unused(self, call_id: str) -> str:
        begins = call_id[:56]
        number = self._numbers.get(begins, 2)
        while (candidate := f"{begins}-{number}") in self.used_ids:
            number += 1
        self._numbers[begins] = number + 1
        return candidate
