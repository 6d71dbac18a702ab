"""`threadhost config reload`: makes the host of a home read its configuration again."""

from pathlib import Path

from threadhost.adapters.cli.home_client import answer_of
from threadhost.adapters.cli.home_store import require_host
from threadhost.adapters.cli.output import note, print_json, say


def reload(*, home: Path, json: bool) -> None:
    """Request the reload, and print its result. Raises Failure."""
    answer = answer_of(require_host(home), None, "host/config/reload", {})
    if json:
        print_json(answer)
        return
    for key in answer["changed"]:
        say(key)
    for key in answer["needsRestart"]:
        say(f"{key}  needs a restart")
    note(f"{answer['file']} was read again")
