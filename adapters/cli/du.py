"""`threadhost du`: the disk use of a home."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from threadhost.adapters.cli.home_store import HomeStore, open_store
from threadhost.adapters.cli.output import Failure, console, print_json, shown
from threadhost.adapters.cli.threads import title
from threadhost.adapters.clock import SystemClock
from threadhost.adapters.disk_usage import Share, Usage, usage
from threadhost.events.store.errors import StoreError
from threadhost.events.store.sqlite.engine import run_sync
from threadhost.events.store.sqlite.sizes import measure
from threadhost.events.words import pluralize
from threadhost.projections.listing import thread_row


def du(*, home: Path, key_file: Path | None, by: str, limit: int, json: bool) -> None:
    """Print the disk use by cause, and the largest trees or threads. Raises Failure."""
    with open_store(home, key_file) as home_store:
        try:
            by_cause = measure(home, SystemClock().now_ms(), by_table=True).by_cause
        except StoreError as error:
            raise Failure.of(error) from None
        disk_usage = run_sync(usage(home, home_store.log.reads, by_cause))
        largest = _largest(disk_usage.trees if by == "tree" else disk_usage.threads, limit)
        if json:
            print_json(_as_json(disk_usage, limit))
        else:
            _print(home_store, disk_usage, largest)


def _largest(shares: Mapping[str, Share], limit: int) -> dict[str, Share]:
    ordered = sorted(shares.items(), key=lambda item: (-item[1].bytes, item[0]))
    return dict(ordered[:limit])


def _as_json(disk_usage: Usage, limit: int) -> dict[str, Any]:
    return {
        "bytes": sum(disk_usage.causes.values()),
        "causes": dict(disk_usage.causes),
        "trees": [_entry(of, share) for of, share in _largest(disk_usage.trees, limit).items()],
        "threads": [_entry(of, share) for of, share in _largest(disk_usage.threads, limit).items()],
        "deleted": _members(disk_usage.deleted),
        "others": _members(disk_usage.others),
    }


def _entry(thread_id: str, share: Share) -> dict[str, Any]:
    return {"threadId": thread_id, **_members(share)}


def _members(share: Share) -> dict[str, int]:
    return {
        "bytes": share.bytes,
        "threads": share.threads,
        "logRows": share.rows,
        "payloads": share.payloads,
        "payloadFiles": share.payload_files,
        "rollouts": share.rollouts,
    }


def _print(home_store: HomeStore, disk_usage: Usage, largest: Mapping[str, Share]) -> None:
    out = console()
    for cause, size in sorted(disk_usage.causes.items(), key=lambda item: -item[1]):
        out.print(f"{cause:<14} {size:>14,} bytes")
    out.print(f"{'all':<14} {sum(disk_usage.causes.values()):>14,} bytes")
    for thread_id, share in largest.items():
        row = run_sync(thread_row(home_store.log.reads, thread_id))
        name = title(row) if row else ""
        count = f"{pluralize(share.threads, 'thread')}, " if share.threads > 1 else ""
        out.print(f"{shown(thread_id)} {share.bytes:>14,} bytes  {count}{name}")
    for label, share in (("deleted threads", disk_usage.deleted), ("no thread", disk_usage.others)):
        out.print(f"{'of ' + label:<36} {share.bytes:>14,} bytes")
