"""`threadhost gc`: applies the rules of retention, or previews them."""

from pathlib import Path

from threadhost.adapters.cli.home_client import answer_of
from threadhost.adapters.cli.home_store import require_home
from threadhost.adapters.cli.output import local_time, note, print_json, say
from threadhost.adapters.jsonrpc.models.retention import RetentionDue
from threadhost.events.words import pluralize


def gc(*, home: Path, key_file: Path | None, dry_run: bool, json: bool) -> None:
    """Apply the rules of a home, or print what they would delete. Raises Failure."""
    method = "host/retention/preview" if dry_run else "host/retention/run"
    answer = answer_of(require_home(home), key_file, method, {})
    if json:
        print_json(answer)
        return
    for entries, verdict, has_more in (
        (answer.get("deleted", ()), "deleted", answer.get("moreDeleted", False)),
        (answer["data"], "would be deleted", answer["more"]),
    ):
        for entry in map(RetentionDue.from_wire, entries):
            say(_line(entry, verdict))
        if has_more:
            say("... more, which are not named")
    size = f"{pluralize(answer['threads'], 'thread')}, {pluralize(answer['bytes'], 'byte')}"
    note(f"would delete: {size}" if dry_run else f"deleted: {size}")


def _line(entry: RetentionDue, verdict: str) -> str:
    threads = pluralize(entry.threads, "thread")
    verdict = f"stays, {entry.stays}" if entry.stays else verdict
    since = local_time(entry.active_at * 1000)
    return (
        f"{entry.thread_id}  {since}  {entry.rule}: {verdict}  ({threads}, {entry.bytes} bytes;"
        f" {entry.why})"
    )
