"""`threadhost config reload`: having the host of a home read its configuration again."""

from pathlib import Path

from threadhost.adapters.cli.home_client import answer_of
from threadhost.adapters.cli.output import Failure, note, print_json, say
from threadhost.adapters.cli.stored import called, existing
from threadhost.events.store.lock import is_held


def reload(*, home: Path, json: bool) -> None:
    """Have it done, and print what came of it. Raises Failure."""
    folder = existing(home)
    if not is_held(folder):
        raise Failure(f"no host runs on {folder}; {called('serve', folder)} starts one")
    answer = answer_of(folder, None, "host/config/reload", {})
    if json:
        print_json(answer)
        return
    for key in answer["changed"]:
        say(key)
    for key in answer["needsRestart"]:
        say(f"{key}  needs a restart")
    note(f"{answer['file']} was read again")
