"""Deliberate faults that only a disk in trouble shows."""

import sqlite3
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any
from weakref import WeakKeyDictionary

from threadhost.actors.runtime import deletion
from threadhost.events.store.errors import StoreFailed, StoreUnavailable
from threadhost.events.store.sqlite import database, engine, faults
from threadhost.events.store.writer import Writer


def swallows_what_the_driver_says() -> None:
    """An OperationalError is nobody's business: all that was tried counts as done."""
    carried_out, abandon = Writer._carried_out, Writer._abandon
    outcomes: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()

    def remembered(self: Any, tx: Any, entries: Any) -> Any:
        done = carried_out(self, tx, entries)
        outcomes.update(zip((entry.future for entry in entries), done, strict=True))
        return done

    def swallowed(self: Any, entries: Any, before: Any, failure: Exception) -> Any:
        answers = abandon(self, entries, before, failure)
        known = all(entry.future in outcomes for entry in entries)
        if known and isinstance(failure.__cause__, sqlite3.OperationalError):
            self._failed = None
            return [self._settled(entry, outcomes[entry.future]) for entry in entries]
        return answers

    Writer._carried_out = remembered  # type: ignore[method-assign]
    Writer._abandon = swallowed  # type: ignore[method-assign]


def goes_on_after_a_failed_sync() -> None:
    """What could not be synced is refused like a full disk: try again."""

    def later(error: Exception, **more: Any) -> Exception:
        found = faults.classify(error, **more)
        return StoreUnavailable(str(found)) if isinstance(found, StoreFailed) else found

    for module in (database, engine):
        vars(module)["classify"] = later


def takes_a_shortage_for_a_broken_store() -> None:
    """What is merely scarce is a failure like any other."""
    vars(faults)["shortage"] = lambda _: None


def halts_for_want_of_a_thread() -> None:
    """A deletion takes what it cannot begin for an error of its own."""
    vars(deletion)["translate_shortage"] = nullcontext


FAULTY: dict[str, Callable[[], None]] = {
    fault.__name__: fault
    for fault in (
        swallows_what_the_driver_says,
        goes_on_after_a_failed_sync,
        takes_a_shortage_for_a_broken_store,
        halts_for_want_of_a_thread,
    )
}
