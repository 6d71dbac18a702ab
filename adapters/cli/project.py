"""`threadhost project`: keeps views of a log in the user's own database."""

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from threadhost.adapters.cli.home_store import require_home
from threadhost.adapters.cli.output import Failure, console, note, print_json
from threadhost.events.damage import DamageReport
from threadhost.events.store.errors import StoreError

if TYPE_CHECKING:
    from threadhost.events.store.following import ViewFollower, ViewSpec

VIEWS = "views"
REPORT_S = 1.0


def project(
    *,
    to: str,
    home: Path,
    key_file: Path | None,
    projection: str | None,
    until_head: bool,
    rebuild: bool,
    json: bool,
) -> None:
    """Keep the views of a log in an SQL database, for reports and audit, and follow the log.

    Each event counts once, whenever the command is interrupted: it resumes at the database's
    position. Deletions are applied, too. Never writes into the home; a host may run on it. Ends at
    a signal.
    """
    folder = require_home(home)
    try:
        # Imported here alone: SQLAlchemy and the library take half a second.
        from threadhost.events.store.following import follow_view, installed_projection

        spec = _our_views() if projection is None else installed_projection(projection)
        with (
            _Signals() as signals,
            follow_view(folder, key_file, to, spec, rebuild=rebuild) as copy,
        ):
            signals.only_note()
            _watch(copy, signals, until_head=until_head, json=json)
    except KeyboardInterrupt:
        note("stopped")
    except StoreError as error:
        raise Failure.of(error) from None


def _our_views() -> "ViewSpec":
    from threadhost.events.store.following import PagedProjection, ViewSpec
    from threadhost.projections import all_views
    from threadhost.projections.sql_views import SqlViews

    views = SqlViews(all_views())
    return ViewSpec(
        VIEWS,
        views.metadata,
        views.rules,
        lambda view: PagedProjection(view, views.kinds, views.apply, _report_damages),
    )


def _report_damages(damages: DamageReport) -> None:
    note(f"omitted because it is unreadable: {damages}")


def _watch(copy: "ViewFollower", signals: "_Signals", *, until_head: bool, json: bool) -> None:
    """Report the position whenever it changes, until the end position is reached.

    Raises KeyboardInterrupt after a signal.
    """
    end = copy.head if until_head else None
    reported: dict[str, Any] = {}
    is_there = False
    while not is_there:
        is_there = copy.wait(REPORT_S, end)
        signals.end_if_any()
        position, head = copy.position, copy.head
        now = {"position": position, "head": head, "lag": max(0, head - position)}
        if now != reported or is_there:
            _tell(now, json=json)
        reported = now


def _tell(now: dict[str, Any], *, json: bool) -> None:
    if json:
        print_json(now, line=True)
        return
    lag = f"{now['lag']:,} behind" if now["lag"] else "up to date"
    console().print(f"at position {now['position']:,} of {now['head']:,}: {lag}")


class _Signals:
    """SIGTERM ends the command like ctrl-c: at first immediately, later between two reports.

    A library might take an exception in the midst of its work for a failure of its own.
    """

    def __init__(self) -> None:
        self._earlier_handlers: dict[int, Any] = {}
        self._is_noted = self._only_notes = False

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._earlier_handlers[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._earlier_handlers.items():
            signal.signal(number, handler)

    def only_note(self) -> None:
        """From now on only note a signal."""
        self._only_notes = True

    def end_if_any(self) -> None:
        """Raise KeyboardInterrupt after a signal."""
        if self._is_noted:
            raise KeyboardInterrupt

    def _on_signal(self, number: int, frame: object) -> None:
        self._is_noted = True
        if not self._only_notes:
            raise KeyboardInterrupt
