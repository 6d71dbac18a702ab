"""`threadhost keys`: the key that wraps all others."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from threadhost.adapters.cli.flags import DEFAULT_HOME, AsJson, Home, KeyFile
from threadhost.adapters.cli.output import Failure, console, print_json
from threadhost.adapters.cli.stored import existing, key_path
from threadhost.events.store.errors import HomeLocked, StoreError
from threadhost.events.store.lock import HomeLock
from threadhost.events.store.rotation import KeyFiles, rotate

app = typer.Typer(help="The key that wraps all others.", no_args_is_help=True)

NewKeyFile = Annotated[
    str | None,
    typer.Option(
        "--new-key-file",
        metavar="FILE",
        help="The key that wraps all others from now on, made if it is not there; needed with"
        " --key-file, without it host.key in the home is replaced.",
    ),
]


@app.command("rotate")
def rotate_(
    *,
    home: Home = DEFAULT_HOME,
    key_file: KeyFile = None,
    new_key_file: NewKeyFile = None,
    json: AsJson = False,
) -> None:
    """Wrap the keys of all threads by a new host key; no host may run on the home meanwhile.

    What was interrupted is finished by running it again. The next host tells the log. Backups of
    before need the old key still, and whoever has both can read what they hold.
    """
    folder, current, following = existing(home), key_path(key_file), key_path(new_key_file)
    if current is not None and following is None:
        raise Failure("--key-file needs --new-key-file: where the new key is, or shall be", 2)
    files = KeyFiles.of(folder, current, following)
    with _locked(folder):
        try:
            done, was_interrupted = rotate(folder, files)
        except (StoreError, OSError) as error:
            raise Failure(str(error)) from None
    if json:
        print_json({**done._asdict(), "wasInterrupted": was_interrupted})
        return
    out = console()
    begun = ", as an earlier run had begun" if was_interrupted else ""
    out.print(f"{done.keys} keys are wrapped by host key number {done.wrapping}{begun}")
    if done.left:
        out.print(f"{done.left} keys could not be opened, and are as they were")
    if following is not None:
        out.print(f"from now on --key-file is {following}; {files.current} is of no use here")


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    lock = HomeLock(home)
    try:
        lock.acquire({"pid": os.getpid(), "listen": []})
    except HomeLocked as error:
        raise Failure(f"{error}; stop it first") from None
    except (StoreError, OSError) as error:
        raise Failure(str(error)) from None
    try:
        yield
    finally:
        lock.release()
