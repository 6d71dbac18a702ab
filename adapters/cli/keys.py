"""`threadhost keys`: the host key, which wraps all others."""

from pathlib import Path

from threadhost.adapters.cli.held_home import held
from threadhost.adapters.cli.home_store import require_home
from threadhost.adapters.cli.output import USAGE, Failure, print_json, say
from threadhost.events.store.sqlite.rotation import KeyFiles, rotate
from threadhost.events.words import pluralize


def rotate_host_key(
    *, home: Path, key_file: Path | None, new_key_file: Path | None, json: bool
) -> None:
    """Wrap all keys of a home with a new host key. Raises Failure."""
    if key_file is not None and new_key_file is None:
        raise Failure(
            "--key-file needs --new-key-file: the file of the new key, made if it does not exist",
            USAGE,
        )
    folder = require_home(home)
    files = KeyFiles.of(folder, key_file, new_key_file)
    with held(folder):
        result, was_interrupted = rotate(folder, files)
    if json:
        print_json({**result._asdict(), "wasInterrupted": was_interrupted})
        return
    resumed = ", as an earlier run had begun" if was_interrupted else ""
    say(f"{pluralize(result.keys, 'key')} wrapped by host key number {result.wrapping}{resumed}")
    if result.left:
        say(f"{pluralize(result.left, 'key')} could not be opened, left as before")
    if new_key_file is not None:
        say(
            f"from now on give --key-file {new_key_file}; {files.current} only opens earlier"
            " backups"
        )
