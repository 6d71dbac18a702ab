"""`threadhost log verify`: whether a log is what was written, told in words and in exit codes."""

from pathlib import Path
from typing import Any

from threadhost.adapters.cli.output import WHILE_READ, Failure, console, note, print_json
from threadhost.adapters.inspection import InspectionOptions, LogPlace, inspect
from threadhost.events.store.errors import StoreError
from threadhost.events.store.findings import Verdict, Verification
from threadhost.events.store.seal import End
from threadhost.events.words import pluralize

CODES = {
    Verdict.SOUND: 0,
    Verdict.NOT_SOUND: 1,
    Verdict.KEY_MISSING: 3,
    Verdict.NOT_SEEN: 4,
    Verdict.BESIDE: 5,
}
"""The exit code that each verdict has; 2 is for words that make no sense."""


def verify(
    *,
    log: Path | None,
    home: Path,
    key_file: Path | None,
    at: list[int],
    expect: list[End],
    log_only: bool,
    json: bool,
) -> int:
    """Check a whole log against its hash chain, and what lies beside it against the log.

    Its exit code is that of the verdict.
    """
    wanted = InspectionOptions(key_file, at, expect, log_only)
    try:
        seen = inspect(LogPlace.of(log or home), wanted)
    except (StoreError, OSError) as error:
        return _not_seen(error, json=json)
    seen = seen._replace(chains={p: c for p, c in seen.chains.items() if p in wanted.at})
    with WHILE_READ:
        print_json(as_json(seen)) if json else _print(seen)
    lacking = [position for position in at if position not in seen.chains]
    for position in lacking:
        note(f"threadhost: the log has no position {position}; it ends at {seen.end.position}")
    return CODES[seen.verdict] or (CODES[Verdict.NOT_SEEN] if lacking else 0)


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
        "found": seen.finding_count,
        "faults": faults,
        "notLookedAt": list(seen.not_looked),
    }


def _print(seen: Verification) -> None:
    out = console()
    for finding in seen.findings:
        out.print(str(finding))
    if seen.finding_count > len(seen.findings):
        out.print(f"... and {seen.finding_count - len(seen.findings)} more")
    for what in seen.not_looked:
        out.print(f"not looked at: {what}")
    for position, chain in seen.chains.items():
        out.print(f"at {End(position, chain)}")
    out.print(verdict_line(seen))


def verdict_line(seen: Verification) -> str:
    """The last line for people. A log of which nothing can be read has no end."""
    verdict = seen.verdict.upper() if seen.verdict is not Verdict.SOUND else seen.verdict
    summary = f"{pluralize(seen.events, 'event')}, head {seen.end}"
    return f"{verdict}: {summary if seen.end.chain else 'no event of it can be read'}"


def _not_seen(error: Exception, *, json: bool) -> int:
    reason = getattr(error, "strerror", None) or str(error)
    if not json:
        raise Failure(f"could not look: {reason}", CODES[Verdict.NOT_SEEN])
    print_json({"verdict": Verdict.NOT_SEEN.value, "sound": None, "reason": reason})
    return CODES[Verdict.NOT_SEEN]
