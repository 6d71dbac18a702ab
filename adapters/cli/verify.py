"""`threadhost log verify`: whether a log is unchanged, in words and as an exit code."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from threadhost.adapters.cli.output import WHILE_READ, Failure, console, note, print_json
from threadhost.adapters.inspection import InspectionOptions, LogPlace, inspect
from threadhost.events.store.archive import read_member
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
"""The exit code of each verdict; 2 is the code of an invalid command line."""


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

    The exit code is that of the verdict.
    """
    options = InspectionOptions(key_file, at, expect, log_only)
    try:
        verification = inspect(LogPlace.of(log or home), options)
    except (StoreError, OSError) as error:
        return _report_unreadable(error, log or home, json=json)
    verification = verification._replace(
        chains={p: c for p, c in verification.chains.items() if p in options.at}
    )
    with WHILE_READ:
        print_json(as_json(verification)) if json else _print(verification)
    lacking = [position for position in at if position not in verification.chains]
    for position in lacking:
        end = verification.end.position
        note(f"threadhost: the log has no position {position}; it ends at {end}")
    return CODES[verification.verdict] or (CODES[Verdict.NOT_SEEN] if lacking else 0)


def as_json(verification: Verification) -> dict[str, Any]:
    """A verification as `--json` shows it."""
    faults = [
        {"position": f.position, "stream": f.stream, "about": f.about.value, "reason": f.reason}
        for f in verification.findings
    ]
    return {
        "verdict": verification.verdict.value,
        "sound": verification.is_sound,
        "events": verification.events,
        "purged": verification.purged,
        "head": {"position": verification.end.position, "chain": verification.end.chain.hex()},
        "at": {str(position): chain.hex() for position, chain in verification.chains.items()},
        "found": verification.finding_count,
        "faults": faults,
        "notLookedAt": list(verification.not_looked),
    }


def _print(verification: Verification) -> None:
    out = console()
    for finding in verification.findings:
        out.print(str(finding))
    if verification.finding_count > len(verification.findings):
        out.print(f"... and {verification.finding_count - len(verification.findings)} more")
    for part in verification.not_looked:
        out.print(f"not checked: {part}")
    for position, chain in verification.chains.items():
        out.print(f"at {End(position, chain)}")
    out.print(verdict_line(verification))


def verdict_line(verification: Verification) -> str:
    """The last line of the text. A log that cannot be read at all has no end."""
    verdict = verification.verdict
    shown_verdict = verdict if verdict is Verdict.SOUND else verdict.upper()
    summary = f"{pluralize(verification.events, 'event')}, head {verification.end}"
    return f"{shown_verdict}: {summary if verification.end.chain else 'no event of it can be read'}"


def _report_unreadable(error: Exception, place: Path, *, json: bool) -> int:
    reason = getattr(error, "strerror", None) or str(error)
    with suppress(StoreError, OSError):  # any other archive is no log, and no backup
        read_member(place, name="")
        reason = f"{place} is a backup or its keys; restore it into a folder and verify that"
    if not json:
        raise Failure(f"could not look: {reason}", CODES[Verdict.NOT_SEEN])
    print_json({"verdict": Verdict.NOT_SEEN.value, "sound": None, "reason": reason})
    return CODES[Verdict.NOT_SEEN]
