"""`threadhost log`: reads the log itself."""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from threadhost.adapters.cli.home_store import HomeStore, open_store
from threadhost.adapters.cli.output import USAGE, Failure, console, local_time, note, print_json
from threadhost.adapters.event_loop import run_to_end
from threadhost.events.base import Damaged, Erased, Recorded
from threadhost.events.damage import printable
from threadhost.events.ids import thread_stream, tree_stream
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.feed import PAGE_BYTES, PAGE_EVENTS
from threadhost.events.store.sqlite.engine import run_sync
from threadhost.projections.listing import threads_below

NO_END = 2**63 - 1


def as_json(fact: Recorded) -> dict[str, Any]:
    """One event as `--json` shows it; `event` is null if it is erased or damaged."""
    erased = isinstance(fact.event, Erased)
    damaged = fact.event.reason if isinstance(fact.event, Damaged) else None
    return {
        "position": fact.position,
        "decision": fact.decision,
        "stream": fact.stream,
        "version": fact.version,
        "type": fact.kind,
        "recordedAtMs": fact.meta.recorded_at_ms,
        "principal": fact.meta.principal,
        "correlationId": fact.meta.correlation_id,
        "causationId": fact.meta.causation_id,
        "erased": erased,
        "damaged": damaged,
        "event": None if erased or damaged else fact.event,
    }


def as_line(fact: Recorded) -> str:
    """One event as text: position, decision, time, type and stream."""
    gap = ""
    if isinstance(fact.event, Erased):
        gap = "  (erased)"
    elif isinstance(fact.event, Damaged):
        gap = f"  (damaged: {printable(fact.event.reason)})"
    kind, stream = printable(fact.kind), printable(fact.stream)
    place = f"{fact.position:>8}  {fact.decision:>8}  {local_time(fact.meta.recorded_at_ms)}"
    return f"{place}  {kind:<28} {stream}{gap}"


def _print(facts: Iterable[Recorded], *, json: bool) -> None:
    out = console()
    for fact in facts:
        if json:
            print_json(as_json(fact), line=True)
        else:
            out.print(as_line(fact))


def tail(
    *,
    home: Path,
    key_file: Path | None,
    limit: int,
    after: int | None,
    follow: bool,
    json: bool,
) -> None:
    """Print the newest events, one a line; with --follow, each as it is committed."""
    with open_store(home, key_file) as home_store:
        log = home_store.log
        begin = max(0, log.position - limit) if after is None else after
        if not follow:
            _print(_of_log(home_store, begin, limit), json=json)
            if begin >= log.position:
                note(
                    f"there is no event after position {begin} yet; the log ends at {log.position}"
                )
            return
        run_to_end(_follow(home_store, begin, json=json))


async def _follow(home_store: HomeStore, after: int, *, json: bool) -> None:
    async for fact in home_store.log.follow(after):
        _print([fact], json=json)


def show(  # noqa: PLR0913  (an argument for each option)
    *,
    position: int | None,
    home: Path,
    key_file: Path | None,
    thread: str | None,
    tree: str | None,
    type: list[str],
    principal: str | None,
    since: int | None,
    after: int,
    limit: int,
    json: bool,
) -> None:
    """Print one event in full, or those of a thread, a tree or a type, or all after a position.

    Raises Failure.
    """
    if position is not None and any((thread, tree, type, principal, since, after)):
        raise Failure(
            f"position {position} chooses one event; leave out the options that choose others",
            USAGE,
        )
    with open_store(home, key_file) as home_store:
        if position is not None:
            _show_one(home_store, position, json=json)
            return
        event_filter = EventFilter(
            _streams_below(home_store, tree) if tree else None, type, principal, since
        )
        facts = (
            _of_thread(home_store, thread, after) if thread else _of_log(home_store, after, NO_END)
        )
        _print_some(filter(event_filter.has, facts), limit, json=json)


def _print_some(facts: Iterator[Recorded], limit: int, *, json: bool) -> None:
    """Print up to `limit` of the facts, and note on stderr if there are more, or none at all."""
    last = 0

    def noted() -> Iterator[Recorded]:
        nonlocal last
        for fact in islice(facts, limit):
            last = fact.position
            yield fact

    _print(noted(), json=json)
    if not last:
        note("no such event is in the log")
    elif next(facts, None) is not None:
        note(f"... there is more; --limit {limit} ended here, --after {last} goes on")


class EventFilter(NamedTuple):
    """The events that are requested; a field that is None or empty matches all."""

    streams: frozenset[str] | None
    types: Sequence[str]
    principal: str | None
    since_ms: int | None

    def has(self, fact: Recorded) -> bool:
        """Whether this event matches."""
        return (
            (self.streams is None or fact.stream in self.streams)
            and (not self.types or fact.kind.startswith(tuple(self.types)))
            and (self.principal is None or self.principal in fact.meta.principal)
            and (self.since_ms is None or fact.meta.recorded_at_ms >= self.since_ms)
        )


def _streams_below(home_store: HomeStore, root: str) -> frozenset[str]:
    """The streams of a thread, of all threads below it, and of its tree."""
    root_id = home_store.whole(root)
    row = home_store.row(root_id)
    below = run_sync(threads_below(home_store.log.reads, root_id))
    return frozenset((*map(thread_stream, (root_id, *below)), tree_stream(row.session_id)))


def _of_log(home_store: HomeStore, after: int, limit: int) -> Iterator[Recorded]:
    """Up to `limit` events after a position, with one page of them in memory at a time."""
    while limit > 0 and (
        page := run_sync(home_store.log.read(after, min(limit, PAGE_EVENTS), PAGE_BYTES))
    ):
        yield from page
        after, limit = page[-1].position, limit - len(page)


def _of_thread(home_store: HomeStore, thread: str, after: int) -> Iterator[Recorded]:
    stream = thread_stream(home_store.whole(thread))
    head = run_sync(home_store.log.stream_head(stream))
    pages = home_store.log.walk_stream(stream, 0, head.version if head else 0)
    while page := run_sync(_next(pages)):
        yield from (fact for fact in page if fact.position > after)


async def _next(pages: AsyncIterator[list[Recorded]]) -> list[Recorded]:
    return await anext(pages, [])


def _show_one(home_store: HomeStore, position: int, *, json: bool) -> None:
    facts = run_sync(home_store.log.read_at([position]))
    if not facts:
        raise Failure(f"there is no position {position}; the log ends at {home_store.log.position}")
    if not json:
        console().print(as_line(facts[0]))
    print_json(as_json(facts[0]))
