"""`threadhost doctor`: a full diagnosis of a home, and repairs of what can be repaired."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from threadhost.adapters.cli.held_home import held
from threadhost.adapters.cli.output import WHILE_READ, Failure, console, print_json
from threadhost.adapters.clock import SystemClock
from threadhost.adapters.diagnosis import Diagnosis, Finding, Severity, diagnose, private_modes
from threadhost.adapters.event_loop import run_to_end
from threadhost.adapters.inspection import InspectionOptions, LogPlace, inspect
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.blobs import Blobs
from threadhost.events.store.errors import StoreError
from threadhost.events.store.findings import OF_THE_LOG, About, Verification
from threadhost.events.store.findings import Finding as Fault
from threadhost.events.store.home import BLOBS, DATABASE, HOST_KEY, KEYS, RESTORED, RESTORING
from threadhost.events.store.log import Log
from threadhost.events.words import pluralize
from threadhost.projections import all_views
from threadhost.projections.rebuild import rebuild

HEALTHY, ERRORS, NOT_SEEN, WARNINGS = 0, 1, 4, 5
SIGNS = (DATABASE, KEYS, HOST_KEY, RESTORING, RESTORED)
"""A folder with one of these is a host's home: nothing is repaired in any other folder."""
CODES = {None: HEALTHY, Severity.ERROR: ERRORS, Severity.WARNING: WARNINGS}


class Kind(NamedTuple):
    """What a finding of the log's check means for the operator."""

    severity: Severity
    cause: str
    remedy: str
    fix: str = ""


HEADS_KNOW_MORE = "restore a backup first: heads and views may contain what the log has lost"
BACKUP = "restore a backup; until then the host serves what it can read"
REMAKE = "the host rebuilds them from the log, without loss"
DAMAGE = OF_THE_LOG - {About.HEAD}
KINDS = {
    About.EVENT: Kind(
        Severity.ERROR, "the disk has a fault, or another program changed the log", BACKUP
    ),
    About.BLOB: Kind(Severity.ERROR, "a payload file was changed or removed", BACKUP),
    About.TABLE: Kind(
        Severity.ERROR, "the disk has a fault, or another program changed the database", BACKUP
    ),
    About.SEAL: Kind(
        Severity.ERROR,
        "a program without the host key changed the log, or its files are of different times",
        "restore all files from the same time",
    ),
    About.KEY: Kind(
        Severity.ERROR,
        "an older keys.db was restored, or a newer one was lost",
        "restore the newest keys.db, or start without it: `serve --allow-missing-keys`",
    ),
    About.HEAD: Kind(Severity.ERROR, "another program changed the database", REMAKE, "views"),
    About.ERASED: Kind(
        Severity.WARNING,
        "a host died before it destroyed the key, or an older keys.db was restored",
        "the next start destroys the key",
        "keys",
    ),
    About.VIEW: Kind(
        Severity.WARNING, "another program changed them, or threadhost has a fault", REMAKE, "views"
    ),
    About.COPY: Kind(
        Severity.WARNING, "a derived record was changed", "none: the host writes it again by itself"
    ),
    About.UNSEEN: Kind(
        Severity.ERROR,
        "the entry cannot be read, or a newer version wrote it",
        "use the version that wrote it",
    ),
}


def doctor(*, home: Path, key_file: Path | None, quick: bool, fix: bool, json: bool) -> int:
    """Examine all of a home; the exit code is that of the worst finding. Raises Failure."""
    if not any(os.path.lexists(home / name) for name in SIGNS):
        raise Failure(f"{home} is not a host's home; give another --home", NOT_SEEN)
    health, verification = _examine(home, key_file, quick=quick)
    fixed: list[str] = []
    if fix and (fixes := {finding.fix for finding in health.findings if finding.fix}):
        fixed = [*_apply_fixes(home, key_file, fixes, verification)]
        health, verification = _examine(home, key_file, quick=quick)
    with WHILE_READ:
        if json:
            print_json(_as_json(health, verification, fixed))
        else:
            _print(health, ["nothing"] if fix and not fixed else fixed)
    if health.worst is None and health.not_looked and verification is None and not quick:
        return NOT_SEEN
    return CODES[health.worst]


def _examine(
    home: Path, key_file: Path | None, *, quick: bool
) -> tuple[Diagnosis, Verification | None]:
    health = diagnose(home, key_file, SystemClock().now_ms(), by_table=not quick)
    if quick:
        return health._replace(not_looked=[*health.not_looked, "the log, keys and views"]), None
    try:
        verification = inspect(LogPlace(home / DATABASE, home), InspectionOptions(key_file))
    except (StoreError, OSError) as error:
        reason = f"the log, keys and views: {getattr(error, 'strerror', None) or error}"
        finding = Finding(
            "log", Severity.ERROR, reason, "see above", "see `threadhost log verify --help`"
        )
        return health._replace(findings=[*health.findings, finding]), None
    is_damaged = any(fault.about in DAMAGE for fault in verification.findings)
    log_findings = [_finding_of(fault, is_damaged=is_damaged) for fault in verification.findings]
    not_looked = [*health.not_looked, *verification.not_looked]
    health = health._replace(findings=[*health.findings, *log_findings], not_looked=not_looked)
    return health, verification


def _finding_of(fault: Fault, *, is_damaged: bool) -> Finding:
    """The finding of a fault; no views are rebuilt from a damaged log, which may lack data."""
    kind = KINDS[fault.about]
    if is_damaged and kind.fix == "views":
        kind = kind._replace(remedy=HEADS_KNOW_MORE, fix="")
    what = str(fault).removeprefix(f"{fault.about}: ")  # the area is shown ahead of it
    return Finding(fault.about.value, kind.severity, what, kind.cause, kind.remedy, kind.fix)


def _apply_fixes(
    home: Path, key_file: Path | None, fixes: set[str], verification: Verification | None
) -> Iterator[str]:
    """Repair what can be repaired without loss; yields the repairs. Raises Failure."""
    with held(home):
        if "mode" in fixes:
            _restrict_modes(home, key_file)
            yield "permissions"
        if "new_key" in fixes:
            (home / f"{HOST_KEY}.new").unlink(missing_ok=True)
            yield f"{HOST_KEY}.new"
        if verification is not None and verification.is_sound and "orphans" in fixes:
            yield from _remove_orphans(home, key_file)
        if verification is not None and fixes & {"views", "keys"}:
            run_to_end(_recreate(home, key_file, verification, views="views" in fixes))
            yield from sorted(fixes & {"views", "keys"})


def _restrict_modes(home: Path, key_file: Path | None) -> None:
    for path, mode in private_modes(home, key_file).items():
        if path.exists() and not path.is_symlink():
            path.chmod(mode)


def _remove_orphans(home: Path, key_file: Path | None) -> Iterator[str]:
    from threadhost.events.store.sqlite.sizes import measure

    orphans = measure(home, SystemClock().now_ms(), by_table=False).orphans
    in_use = {p.name for p in (home / BLOBS).rglob("*")} - {o.rpartition("/")[2] for o in orphans}
    if Blobs(home / BLOBS).sweep(in_use):
        yield "payload files"


async def _recreate(
    home: Path, key_file: Path | None, verification: Verification, *, views: bool
) -> None:
    """Rebuild heads and views from the events; opening the log repeats incomplete erasures."""
    rules = all_views()
    log = Log.open(home, rules, key_file, lost_keys=True)
    try:
        if views:
            await log.repair_heads(verification.heads)
            await log.transact(rules.recreate)
            await rebuild(log, rules)
    finally:
        await log.close()


def _as_json(
    health: Diagnosis, verification: Verification | None, fixed: list[str]
) -> dict[str, Any]:
    findings = [
        {**f._asdict(), "severity": f.severity.value, "fix": f.fix or None} for f in health.findings
    ]
    return {
        "verdict": health.worst.value if health.worst else "healthy",
        "findings": findings,
        "fixed": fixed,
        "sizes": dict(health.sizes),
        "freeBytes": health.free_bytes,
        "descriptors": health.descriptors,
        "hostRuns": health.is_held,
        "position": health.position,
        "log": verification.verdict.value if verification else None,
        "notLookedAt": health.not_looked,
    }


def _print(health: Diagnosis, fixed: list[str]) -> None:
    out = console()
    for finding in health.findings:
        out.print(f"{finding.severity}: {finding.area}: {finding.what}")
        out.print(f"  cause: {finding.cause}")
        fix = "; --fix does it" if finding.fix else ""
        out.print(f"  remedy: {finding.remedy}{fix}")
    for part in fixed:
        out.print(f"repaired: {part}")
    for part in health.not_looked:
        out.print(f"not checked: {part}")
    for cause, size in sorted(health.sizes.items(), key=lambda item: -item[1]):
        out.print(f"{cause:<14} {size:>14,} bytes")
    out.print(f"{'free on disk':<14} {health.free_bytes:>14,} bytes")
    if health.is_held:
        out.print("a host runs on it")
    out.print("healthy" if health.worst is None else pluralize(len(health.findings), "finding"))
