"""Where a command goes with its token: what the note of a home's holder says, and who wrote it."""

import json
import os
import socket
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import product
from pathlib import Path
from unittest.mock import patch

from tests.scoreboard.row import Context
from threadhost.adapters.cli import home_client
from threadhost.adapters.cli.output import Failure
from threadhost.adapters.config import Listen
from threadhost.events.store.home import LOCK

NEAR = ("ws://127.0.0.1:1", "ws://127.9.8.7:1", "ws://[::1]:1", "ws://localhost:1")
NEAR_BY_NAME = {"ws://0.0.0.0:1": "ws://127.0.0.1:1", "ws://[::]:1": "ws://[::1]:1"}
FAR = (
    *("ws://10.0.0.1:1", "ws://evil.example:1", "ws://[2001:db8::1]:1", "ws://127.0.0.1.evil:1"),
    *("ws://[::ffff:10.0.0.1]:1", "ws://2130706433:1", "ws://localhost.evil.example:1"),
    *("ws://user@127.0.0.1@evil:1", "ws://169.254.169.254:80", "ws://LOCALHOST.:1"),
)
NO_ADDRESSES = ("wss://127.0.0.1:1", "http://127.0.0.1", "", "x", "ws://:1", "ws://127.0.0.1:x")


def _leave(lock: Path) -> None:
    """It is as the host made it."""
    lock.chmod(0o600)


def _anyone_writes(lock: Path) -> None:
    lock.chmod(0o622)


def _anyone_adds(lock: Path) -> None:
    lock.parent.chmod(0o733)


def _link(lock: Path) -> None:
    lock.rename(lock.with_name("elsewhere"))
    lock.symlink_to("elsewhere")


def _pipe(lock: Path) -> None:
    lock.unlink()
    os.mkfifo(lock, 0o600)


def _socket(lock: Path) -> None:
    lock.unlink()
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(lock))


WAYS: tuple[Callable[[Path], None], ...] = (
    _leave,
    _anyone_writes,
    _anyone_adds,
    _link,
    _pipe,
    _socket,
)


def read_notes(context: Context, base: Path) -> Counter[str]:
    """Every address, noted in every way: where a command would go."""
    counts: Counter[str] = Counter()
    addresses = (*NEAR, *NEAR_BY_NAME, *FAR, *NO_ADDRESSES)
    for number, (text, way) in enumerate(product(addresses, WAYS)):
        home = base / str(number)
        home.mkdir(mode=0o700)
        (home / LOCK).write_text(json.dumps({"pid": 1, "listen": [text]}))
        way(home / LOCK)
        wanted = NEAR_BY_NAME.get(text, text if text in NEAR else None)
        found = _reached(home)
        counts["gone to" if found else "refused"] += 1
        if found != (wanted if way is _leave else None):
            context.violates("S1", f"{text!r} noted {way.__name__}: a command would go to {found}")
    return counts


def _reached(home: Path) -> str | None:
    try:
        return str(home_client.address_of(home))
    except Failure:
        return None


def goes_anywhere() -> AbstractContextManager[object]:
    """The mutant: an address is an address."""
    return patch.object(Listen, "is_local", property(lambda _: True))


def trusts_any_note() -> AbstractContextManager[object]:
    """The mutant: whoever may have written the note."""
    return patch.object(home_client, "_ownership_fault", lambda _: None)
