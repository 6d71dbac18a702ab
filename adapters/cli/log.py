"""`threadhost log`: reading the log itself, and checking that nobody changed it."""

import asyncio
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from threadhost.adapters.cli.flags import DEFAULT_HOME, AsJson, Home, KeyFile
from threadhost.adapters.cli.output import Failure, console, local_time, print_json
from threadhost.adapters.cli.stored import Stored, identifier, stored
from threadhost.adapters.cli.verify import verify
from threadhost.events.base import Erased, Recorded
from threadhost.events.ids import thread_stream

app = typer.Typer(help="Read and verify the log.", no_args_is_help=True)

After = Annotated[
    int, typer.Option("--after", metavar="POSITION", min=0, help="Only what follows.")
]
Limit = Annotated[int, typer.Option("--limit", "-n", metavar="N", min=1, help="How many events.")]
Thread = Annotated[
    str | None, typer.Option("--thread", metavar="THREAD", help="Only this thread's own stream.")
]
TAIL_EVENTS = 20


def as_json(fact: Recorded) -> dict[str, Any]:
    """One event as `--json` shows it; `event` is null once its key is destroyed."""
    erased = isinstance(fact.event, Erased)
    return {
        "position": fact.position,
        "stream": fact.stream,
        "version": fact.version,
        "type": fact.kind,
        "recordedAtMs": fact.meta.recorded_at_ms,
        "principal": fact.meta.principal,
        "correlationId": fact.meta.correlation_id,
        "causationId": fact.meta.causation_id,
        "erased": erased,
        "event": None if erased else fact.event,
    }


def as_line(fact: Recorded) -> str:
    """One event as people see it."""
    erased = "  (erased)" if isinstance(fact.event, Erased) else ""
    when = local_time(fact.meta.recorded_at_ms)
    return f"{fact.position:>8}  {when}  {fact.kind:<28} {fact.stream}{erased}"


def _print(facts: Iterable[Recorded], *, json: bool) -> None:
    out = console()
    for fact in facts:
        if json:
            print_json(as_json(fact), line=True)
        else:
            out.print(as_line(fact))


@app.command("tail")
def tail(
    *,
    home: Home = DEFAULT_HOME,
    key_file: KeyFile = None,
    limit: Limit = TAIL_EVENTS,
    after: Annotated[
        int | None, typer.Option("--after", metavar="POSITION", min=0, help="Begin after this.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes.")] = False,
    json: AsJson = False,
) -> None:
    """Print the newest events, one a line; with --follow, each as it is committed."""
    with stored(home, key_file) as found:
        log = found.log
        begin = max(0, log.position - limit) if after is None else after
        if not follow:
            _print(log.read(begin, limit), json=json)
            return
        asyncio.run(_follow(found, begin, json=json))


async def _follow(found: Stored, after: int, *, json: bool) -> None:
    async for fact in found.log.follow(after):
        _print([fact], json=json)


@app.command("show")
def show(
    position: Annotated[
        int | None, typer.Argument(metavar="[POSITION]", min=1, help="One event of the log.")
    ] = None,
    *,
    home: Home = DEFAULT_HOME,
    key_file: KeyFile = None,
    thread: Thread = None,
    after: After = 0,
    limit: Limit = 100,
    json: AsJson = False,
) -> None:
    """Print one event whole, or the events of a thread, or those after a position."""
    with stored(home, key_file) as found:
        if position is not None:
            _show_one(found, position, json=json)
        elif thread is not None:
            stream = thread_stream(identifier(thread))
            facts = [f for f in found.log.read_stream(stream) if f.position > after]
            _print(facts[:limit], json=json)
        else:
            _print(found.log.read(after, limit), json=json)


def _show_one(found: Stored, position: int, *, json: bool) -> None:
    facts = found.log.read_at([position])
    if not facts:
        raise Failure(f"the log ends at position {found.log.position}: there is no {position}")
    if not json:
        console().print(as_line(facts[0]))
    print_json(as_json(facts[0]))


app.command("verify")(verify)
