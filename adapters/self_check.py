"""The host's checks of its own home: of the log, before serving or when idle, and of its files."""

import asyncio
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from threadhost.actors.runtime.tasks import Closable
from threadhost.events.operator_log import GOES_WITHOUT
from threadhost.events.operator_log_store import (
    DAMAGE_BESIDE,
    FILES_CHANGED,
    LOG_CHECKED,
    LOG_DAMAGED,
)
from threadhost.events.store.errors import CorruptEvent, StoreError, StoreUnreadable
from threadhost.events.store.home import verify_command
from threadhost.events.store.log import Log
from threadhost.events.store.recorder import ShutdownState
from threadhost.events.words import pluralize
from threadhost.projections.base import Views

if TYPE_CHECKING:
    from threadhost.events.store.findings import Verification
    from threadhost.events.store.sqlite.tables import Made

SMALL_EVENTS = 2_000
"""The longest log that is checked before serving if it was not closed."""
QUIET_AFTER_S = 30.0
"""The host counts as idle when nothing was recorded for this time."""
LONG_EVENTS = 500_000
"""A longer log is not checked when idle: each of its threads would take 400 bytes meanwhile."""
QUIET_ROWS = 100
"""How many rows a step of the idle check reads: about a millisecond's work."""
REST = 4
"""How many times as long as it works the idle check rests."""
FILES_EVERY_S = 2.0
SAID_MAX = 20


class SelfCheck(Closable):
    """Checks the durable log of a host; skips one in memory."""

    def __init__(self, log: Log, views: Views, home: Path) -> None:
        super().__init__()
        self._log = log
        self._views = views
        self._home = home

    async def before_serving(self) -> None:
        """Check a log that another program wrote, or a short one that was not closed.

        Heads that differ from the events are rebuilt, and so are the views of a log that another
        program wrote. Faults of the events are reported, and the host runs.
        """
        log, is_changed = self._log, self._log.shutdown_state is ShutdownState.CHANGED
        if is_changed:
            FILES_CHANGED.emit()
        elif log.shutdown_state is ShutdownState.CLEAN or log.position > SMALL_EVENTS:
            return
        from threadhost.events.store.findings import About

        verified = await self._verify(0)
        if any(finding.about is About.HEAD for finding in verified.findings):
            await log.repair_heads(verified.heads)
            streams = pluralize(len(verified.heads), "stream")
            DAMAGE_BESIDE.emit(finding=f"rebuilt the heads of {streams} from the log")
        if is_changed:
            await self._rebuild_views(verified.beside)
            LOG_CHECKED.emit(finding=_verdict(verified))

    async def in_quiet(self) -> None:
        """Check the whole log once, after nothing was recorded for some time, with rests.

        Skips a log so long that the check would take memory which is needed elsewhere.
        """
        log, before = self._log, -1
        while log.is_durable and log.position != before:
            before = log.position
            if await self.closes_within(QUIET_AFTER_S):
                return
        if not log.is_durable or log.position > LONG_EVENTS:
            return
        with suppress(_Closed, StoreError):
            verified = await self._verify(REST)
            if not verified.findings:
                await log.record_end()
            elif not verified.is_sound:
                log.check_at_next_start()

    async def watch_files(self) -> None:
        """Check at intervals that the files of the home are still the ones that were opened."""
        while self._log.is_durable and not await self.closes_within(FILES_EVERY_S):
            with suppress(StoreError):
                await self._log.check_files()

    async def _verify(self, rest_factor: float) -> "Verification":
        """Verify the log and report findings; rests this many times as long as each step took."""
        from threadhost.events.store.findings import OF_THE_LOG
        from threadhost.events.store.sqlite.raw import PAGE_ROWS

        with self._log.verifying() as steps:
            rows, has_more = QUIET_ROWS if rest_factor else PAGE_ROWS, True
            while has_more:
                began_s = monotonic()
                has_more = await asyncio.to_thread(steps.step, rows)
                if rest_factor and await self.closes_within(rest_factor * (monotonic() - began_s)):
                    raise _Closed
            verified = await asyncio.to_thread(steps.end)
        for finding in verified.findings[:SAID_MAX]:
            line = LOG_DAMAGED if finding.about in OF_THE_LOG else DAMAGE_BESIDE
            line.emit(finding=finding)
        if verified.finding_count > SAID_MAX:
            verify = verify_command(self._home)
            LOG_DAMAGED.emit(
                finding=f"{verified.finding_count} findings in all; {verify} names them"
            )
        return verified

    async def _rebuild_views(self, schema: "Made") -> None:
        from threadhost.projections.parity import made_otherwise
        from threadhost.projections.rebuild import rebuild

        try:
            if any(made_otherwise(schema, self._views)):
                await self._log.transact(self._views.recreate)
            await rebuild(self._log, self._views)
        except (CorruptEvent, StoreUnreadable) as error:
            GOES_WITHOUT.emit(what="the views could not be rebuilt", fault=error)


def _verdict(verified: "Verification") -> str:
    """The result for a log that another program changed."""
    if verified.is_sound:
        return f"nothing in the log was changed, which has {pluralize(verified.events, 'event')}"
    return "the log was changed, as named above"


class _Closed(Exception):
    """The host closes: the check is abandoned."""
