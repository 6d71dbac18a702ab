"""How many threads and turns are being started at a time, and whose is next."""

from typing import Protocol

from threadhost.events.contention import Contention

UNDER_WAY_MAX = 8
"""Each costs the loop some half a millisecond, and leads to more: others wait for all of these."""
ALONE_MAX = 32
"""Of a client beside which none has asked lately: many at a time cost less each."""


class Starter(Protocol):
    """A client with starts that wait."""

    def start_next(self) -> bool:
        """Begin the oldest of them that may be; whether another one waits."""


class StartLimiter:
    """So many are under way for all clients together, and one of each client in any case.

    Clients with more take turns: nobody waits for all that another one has asked. One that is alone
    has more under way.
    """

    def __init__(self, contention: Contention | None = None) -> None:
        self._contention = contention or Contention()
        self._under_way: dict[Starter, int] = {}
        self._total = 0
        self._line: dict[Starter, None] = {}

    def __len__(self) -> int:
        return self._total

    def note(self, starter: Starter) -> None:
        """A client asks for something, a start or not."""
        self._contention.note(id(starter))  # it is not kept

    def _starts_max(self) -> int:
        return UNDER_WAY_MAX if self._contention.is_contended else ALONE_MAX

    def has_room(self, starter: Starter) -> bool:
        """Whether a client may begin one now."""
        return self._total < self._starts_max() or starter not in self._under_way

    def begun(self, starter: Starter) -> None:
        """A client has begun one."""
        self._under_way[starter] = self._under_way.get(starter, 0) + 1
        self._total += 1

    def over(self, starter: Starter) -> None:
        """One of a client's is answered: the next is begun, its own or that of who waits first."""
        self._total -= 1
        remaining = self._under_way.pop(starter) - 1
        if remaining:
            self._under_way[starter] = remaining
        if self._line:
            self._serve(starter)

    def wait(self, starter: Starter) -> None:
        """Let a client begin what it has waiting, in its turn."""
        self._line.setdefault(starter)
        self._serve(starter)

    def leave(self, starter: Starter) -> None:
        """A client begins nothing more."""
        self._line.pop(starter, None)

    def _serve(self, starter: Starter) -> None:
        if starter in self._line and starter not in self._under_way:
            self._start(starter)
        while self._line and self._total < self._starts_max():
            self._start(next(iter(self._line)))

    def _start(self, starter: Starter) -> None:
        del self._line[starter]
        if starter.start_next():
            self._line[starter] = None
