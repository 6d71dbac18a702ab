"""`threadhost rebuild`: rebuilds the views of a home from its log, while a host may run on it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from threadhost.adapters.cli.home_store import require_home
from threadhost.adapters.cli.output import print_json, say
from threadhost.adapters.cli.progress import answer_with_bar
from threadhost.adapters.cli.progress_bar import ProgressBar
from threadhost.events.words import pluralize

METHOD, PROGRESS = "host/views/rebuild", "host/views/rebuildProgress"


def rebuild(*, home: Path, key_file: Path | None, json: bool) -> None:
    """Rebuild the views through the running host, or through one opened for this."""
    folder = require_home(home)
    answer = answer_with_bar(folder, key_file, METHOD, {}, PROGRESS, _show, quiet=json)
    if json:
        print_json(answer)
        return
    say(f"rebuilt the views from {pluralize(answer['events'], 'event')}")
    for table, count in sorted(answer["changed"].items()):
        say(f"{table}: {pluralize(count, 'row')} did not match the log")
    if not answer["changed"]:
        say("every row matched the log")


def _show(bar: ProgressBar, params: Mapping[str, Any]) -> None:
    bar.update(params["done"], params["total"], "events")
