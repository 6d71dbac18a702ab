"""`threadhost log verify`: whether a log is what was written, told in words and in exit codes."""

import sqlite3
from typing import Annotated, Any

import typer

from threadhost.adapters.cli.flags import DEFAULT_HOME, AsJson, Home, KeyFile
from threadhost.adapters.cli.inspection import Place, Wanted, inspect
from threadhost.adapters.cli.output import Failure, console, print_json
from threadhost.adapters.cli.stored import key_path
from threadhost.events.store.errors import StoreError
from threadhost.events.store.findings import Verdict, Verification
from threadhost.events.store.seal import End

CODES = {
    Verdict.SOUND: 0,
    Verdict.NOT_SOUND: 1,
    Verdict.KEY_MISSING: 3,
    Verdict.NOT_SEEN: 4,
    Verdict.BESIDE: 5,
}
"""The exit code that each verdict has; 2 is for words that make no sense."""

Log = Annotated[
    str | None,
    typer.Argument(metavar="[LOG]", help="A home, or the file of a log by itself; not --home."),
]
At = Annotated[
    list[int] | None,
    typer.Option("--at", metavar="POSITION", min=1, help="Print the chain there, too."),
]
Expect = Annotated[
    list[str] | None,
    typer.Option("--expect", metavar="POSITION:CHAIN", help="What was printed before, to compare."),
]
LogOnly = Annotated[
    bool, typer.Option("--log-only", help="Leave out what the views say, which takes longest.")
]


def verify(
    log: Log = None,
    *,
    home: Home = DEFAULT_HOME,
    key_file: KeyFile = None,
    at: At = None,
    expect: Expect = None,
    log_only: LogOnly = False,
    json: AsJson = False,
) -> None:
    """Check a whole log against its hash chain, and what lies beside it against the log.

    Needs no key and changes nothing. Exit codes: 0 sound, 1 not sound, 2 usage, 3 keys are missing,
    4 could not look, 5 sound, but something beside the log is not what it says.
    """
    wanted = Wanted(key_path(key_file), at or (), _ends(expect or ()), log_only)
    try:
        seen = inspect(_place(log if log is not None else home), wanted)
    except (StoreError, sqlite3.Error, OSError) as error:
        raise _not_seen(error, json=json) from None
    seen = seen._replace(chains={p: c for p, c in seen.chains.items() if p in wanted.at})
    if json:
        print_json(as_json(seen))
    else:
        _print(seen)
    lacking = [position for position in wanted.at if position not in seen.chains]
    if CODES[seen.verdict] or lacking:
        raise typer.Exit(CODES[seen.verdict] or CODES[Verdict.NOT_SEEN])


def as_json(seen: Verification) -> dict[str, Any]:
    """A verification as `--json` shows it."""
    faults = [
        {"position": f.position, "stream": f.stream, "about": f.about.value, "reason": f.reason}
        for f in seen.findings
    ]
    return {
        "verdict": seen.verdict.value,
        "sound": seen.is_sound,
        "events": seen.events,
        "purged": seen.purged,
        "head": {"position": seen.end.position, "chain": seen.end.chain.hex()},
        "at": {str(position): chain.hex() for position, chain in seen.chains.items()},
        "found": seen.found,
        "faults": faults,
        "notLookedAt": list(seen.not_looked),
    }


def _print(seen: Verification) -> None:
    out = console()
    for finding in seen.findings:
        out.print(str(finding))
    if seen.found > len(seen.findings):
        out.print(f"... and {seen.found - len(seen.findings)} more")
    for what in seen.not_looked:
        out.print(f"not looked at: {what}")
    for position, chain in seen.chains.items():
        out.print(f"at {End(position, chain)}")
    verdict = seen.verdict.upper() if seen.verdict is not Verdict.SOUND else seen.verdict
    out.print(f"{verdict}: {seen.events} events, head {seen.end}")


def _place(text: str) -> Place:
    try:
        return Place.of(text)
    except ValueError as error:
        raise Failure(str(error), code=2) from None


def _ends(texts: list[str] | tuple[()]) -> list[End]:
    try:
        return [End.parse(text) for text in texts]
    except ValueError as error:
        raise Failure(f"--expect: {error}", code=2) from None


def _not_seen(error: Exception, *, json: bool) -> Exception:
    reason = getattr(error, "strerror", None) or str(error)
    if json:
        print_json({"verdict": Verdict.NOT_SEEN.value, "sound": None, "reason": reason})
        return typer.Exit(CODES[Verdict.NOT_SEEN])
    return Failure(f"could not look: {reason}", CODES[Verdict.NOT_SEEN])
