"""Cursors of the log: opaque texts for a position and the history of the log up to it."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from threadhost.adapters.jsonrpc.cursor import invalid
from threadhost.events.base import Recorded
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.chain import genesis
from threadhost.events.store.errors import StoreError
from threadhost.events.store.log import Log

if TYPE_CHECKING:
    from threadhost.events.store.rows import LogRow

TAG_BYTES: Final = 8
KEPT_MAX: Final = 1_024
"""The positions whose chain values are kept; other values are read from the log."""
_WRITTEN = r"([^.]{1,128})\.([0-9]{1,18})\.((?:[0-9a-f]{16})?)"


class Resumed(NamedTuple):
    """The position that a client's cursor names, and why the client cannot resume there, if so."""

    position: int
    fault: str | None


class LogCursors:
    """Makes and reads cursors `log.position.tag`; the tag is the first bytes of the chain there.

    A log from a restored backup is called `log~epoch`, so that no older cursor resumes in it.

    The newest positions were noted when they were committed, and cost no read.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._called = f"{log.log_id}~{log.epoch}" if log.epoch else log.log_id
        self._begins = f"{self._called}."
        self._chains: dict[int, bytes] = {}
        self._newest, self._newest_chain = log.end
        self._last = -1, ""
        """The last cursor made: many notifications share one position."""

    def note(self, recorded: "Sequence[Recorded] | Sequence[LogRow]") -> None:
        """Keep the chain values of events that are published or read again."""
        chains = self._chains
        for fact in recorded:
            chains[fact.position] = fact.chain
        while len(chains) > KEPT_MAX:
            del chains[next(iter(chains))]

    def published(self, recorded: Sequence[Recorded]) -> None:
        """Keep the chain values and the end of the log, from committed events."""
        self.note(recorded)
        self._newest, self._newest_chain = recorded[-1].position, recorded[-1].chain

    def at(self, position: int) -> str:
        """The cursor of a client that has everything up to a position; never raises.

        Without the chain value of the position the tag is empty: see `fetch`.
        """
        last_position, text = self._last
        if position != last_position:
            tag = self._tag_at(position)
            text = f"{self._begins}{position}.{tag}"
            if tag:
                self._last = position, text
        return text

    async def fetch(self, position: int) -> None:
        """Load the chain value for `at`, which has it until the next await; never raises."""
        if position in self._chains or not 0 < position < self._newest:
            return
        try:
            chain = await self._log.reads.link_at(position)
        except StoreError:
            return
        if chain is not None:
            self._keep(position, chain)

    async def resume(self, text: str) -> Resumed:
        """The meaning of a cursor in this log. Raises RpcError for a text that is no cursor."""
        match = re.fullmatch(_WRITTEN, text)
        if match is None:
            raise invalid(text)
        log_id, position, tag = match[1], int(match[2]), match[3]
        await self.fetch(position)
        return Resumed(position, self._fault(log_id, position, tag))

    def _fault(self, log_id: str, position: int, tag: str) -> str | None:
        if log_id.partition("~")[0] != self._log.log_id:
            return f"the cursor belongs to log {log_id}, and this is log {self._log.log_id}"
        if log_id != self._called:
            return "the cursor belongs to an earlier epoch of this log: a backup was restored since"
        if fault := self.ahead(position):
            return fault
        if tag in ("", self._tag_at(position)):
            return None
        return (
            f"at position {position} the history of this log differs from that of the cursor:"
            " one of the two comes from a copy, or from before a backup was restored"
        )

    def ahead(self, position: int) -> str | None:
        """The fault of a position beyond the end of the log; None for others."""
        if position <= self._newest:
            return None
        return f"position {position} is ahead of this log, which ends at {self._newest}"

    def _tag_at(self, position: int) -> str:
        chain = self._newest_chain if position == self._newest else self._chains.get(position)
        if chain is None:
            chain = genesis(self._log.log_id) if position == 0 else b""
        return chain[:TAG_BYTES].hex()

    def _keep(self, position: int, chain: bytes) -> None:
        self._chains[position] = chain
        if len(self._chains) > KEPT_MAX:
            del self._chains[next(iter(self._chains))]
