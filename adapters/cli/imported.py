"""`threadhost import codex`: imports the threads of a codex home into the log of a home."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from threadhost.adapters.cli.output import WHILE_READ, Failure, note, print_json, say
from threadhost.adapters.cli.progress import answer_with_bar
from threadhost.adapters.cli.progress_bar import ProgressBar
from threadhost.events.store.home import DATABASE
from threadhost.events.words import pluralize

METHOD, PROGRESS = "host/import/codex", "host/import/progress"
NOT_ALL = 3
"""The exit code if threads were skipped."""


def codex(*, from_: Path, home: Path, key_file: Path | None, dry_run: bool, json: bool) -> int:
    """Import the threads of a codex home; returns an exit code. Raises Failure."""
    folder = from_
    if home.exists() and folder.exists() and home.samefile(folder):
        raise Failure("--from is the home itself; name another folder as --home")
    params = {"path": str(folder), "dryRun": dry_run}
    is_new = not (home / DATABASE).exists()
    if is_new:
        _require_source(folder)
    # A dry run on a missing home must not create it.
    place = None if dry_run and is_new else home
    answer = answer_with_bar(place, key_file, METHOD, params, PROGRESS, _show, quiet=json)
    if json:
        with WHILE_READ:
            print_json(answer)
    else:
        _tell(answer, dry_run=dry_run)
    return NOT_ALL if answer["counts"]["left"] else 0


def _require_source(folder: Path) -> None:
    """Raise Failure for a folder without threads to import, before a home is made for them."""
    from threadhost.adapters.codex.importer import NoCodexHome, require_codex_home

    try:
        require_codex_home(folder)
    except NoCodexHome as error:
        raise Failure.of(error) from None


def _show(bar: ProgressBar, params: Mapping[str, Any]) -> None:
    counts = params["counts"]
    words = f"{counts['imported']} imported, {counts['left']} left out"
    bar.update(counts["done"], counts["total"], words)


def _tell(answer: dict[str, Any], *, dry_run: bool) -> None:
    counts = answer["counts"]
    verb = "would import" if dry_run else "imported"
    say(
        f"{verb} {pluralize(counts['imported'], 'thread')} of {counts['total']};"
        f" {counts['unchanged']} there already, {counts['left']} left out"
    )
    if counts["keptLines"]:
        say(_kept_line_words(counts["keptLines"]))
    for fault in answer["faults"]:
        line = f":{fault['line']}" if fault["line"] else ""
        note(f"{fault['path']}{line}: {fault['why']}")
    for skipped in answer["left"]:
        note(f"left out {skipped['path']}: {skipped['why']}")
    if counts["left"] > len(answer["left"]):
        note(f"left out {counts['left'] - len(answer['left'])} more")


def _kept_line_words(count: int) -> str:
    if count == 1:
        return "1 line has no meaning here, and is kept unchanged"
    return f"{count} lines have no meaning here, and are kept unchanged"
