"""What a host checks of its own home: the log, before it serves or in quiet, and its files."""

import asyncio
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from threadhost.actors.runtime.tasks import Closable
from threadhost.events.operator_log import (
    DAMAGE_BESIDE,
    FILES_CHANGED,
    GOES_WITHOUT,
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
"""A log that was not closed is checked before anybody is served, if it is no longer than this."""
QUIET_AFTER_S = 30.0
"""It is quiet when nothing was recorded for so long."""
LONG_EVENTS = 500_000
"""A longer log is not looked at in quiet; each of its threads would take 400 bytes meanwhile."""
QUIET_ROWS = 100
"""In quiet so many rows are looked at in one go: about a millisecond's work."""
REST = 4
"""In quiet it rests so many times as long as it works."""
FILES_EVERY_S = 2.0
SAID_MAX = 20


class SelfCheck(Closable):
    """Checks the durable log of a host; nothing of one in memory."""

    def __init__(self, log: Log, views: Views, home: Path) -> None:
        super().__init__()
        self._log = log
        self._views = views
        self._home = home

    async def before_serving(self) -> None:
        """Look at a log that somebody wrote, or a short one that was not closed.

        Heads that are not what the events say are made anew, and so are the views of a log that
        somebody wrote. What is wrong with the events is told, and the host runs.
        """
        log, is_changed = self._log, self._log.left is ShutdownState.CHANGED
        if is_changed:
            FILES_CHANGED.emit()
        elif log.left is ShutdownState.CLEAN or log.position > SMALL_EVENTS:
            return
        from threadhost.events.store.findings import About

        verified = await self._verify(0)
        if any(finding.about is About.HEAD for finding in verified.findings):
            await log.put_right_heads(verified.heads)
            streams = pluralize(len(verified.heads), "stream")
            DAMAGE_BESIDE.emit(finding=f"made the heads of {streams} anew from the log")
        if is_changed:
            await self._make_views_anew(verified.beside)
            LOG_CHECKED.emit(finding=_verdict(verified))

    async def in_quiet(self) -> None:
        """Look at the whole log once, after nothing was recorded for some time, with rests.

        Not at one so long that what it has to remember of it would be missed elsewhere.
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
                await log.keep_end()
            elif not verified.is_sound:
                log.distrust()

    async def watch_files(self) -> None:
        """Look again and again whether the files of the home are still those that were opened."""
        while self._log.is_durable and not await self.closes_within(FILES_EVERY_S):
            with suppress(StoreError):
                await self._log.check_files()

    async def _verify(self, rest_factor: float) -> "Verification":
        """The log as it is, what is wrong with it said; resting for so many times its work."""
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

    async def _make_views_anew(self, schema: "Made") -> None:
        from threadhost.projections.parity import made_otherwise
        from threadhost.projections.rebuild import rebuild

        try:
            if any(made_otherwise(schema, self._views)):
                await self._log.transact(self._views.create_anew)
            await rebuild(self._log, self._views)
        except (CorruptEvent, StoreUnreadable) as error:
            GOES_WITHOUT.emit(what="the views could not be made anew", fault=error)


def _verdict(verified: "Verification") -> str:
    """What a log turned out to be that is not dated as a host left it."""
    if verified.is_sound:
        return f"nothing in the log was changed, which has {pluralize(verified.events, 'event')}"
    return "the log was changed, as named above"


class _Closed(Exception):
    """The host closes: what is being checked is of no interest any more."""
