"""The path of a thread's rollout file, and the thread of a rollout file's path."""

import os.path
from pathlib import Path
from time import gmtime, strftime

from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.home import ROLLOUTS

MILLISECONDS = 1000
ACTIVE, ARCHIVED = ROLLOUTS
BEGINS, ENDS, PACKED = "rollout-", ".jsonl", ".zst"
PART = "_"
"""Separates the thread's id from the id of a part of its history in a file name."""
ID_CHARS = 36


def are_in(home: Path) -> bool:
    """Whether a home may have rollout files; it is then also a home of codex."""
    return any(os.path.lexists(home / name) for name in ROLLOUTS)


class RolloutPlace(NamedTuple):
    """A file: the folders from the home to it, and its name."""

    folders: tuple[str, ...]
    name: str


def rollout_place(thread_id: str, created_at_ms: int, *, archived: bool) -> RolloutPlace:
    """The place in the home, by the thread's creation time (UTC) and whether it is archived."""
    timestamp = strftime("%Y-%m-%dT%H-%M-%S", gmtime(created_at_ms // MILLISECONDS))
    day = timestamp.partition("T")[0]
    folders = (ARCHIVED,) if archived else (ACTIVE, *day.split("-"))
    return RolloutPlace(folders, f"{BEGINS}{timestamp}-{thread_id}{ENDS}")


def rollout_path(home: str, thread_id: str, created_at_ms: int, *, archived: bool) -> str:
    """The same, as a path."""
    timestamp = strftime("%Y-%m-%dT%H-%M-%S", gmtime(created_at_ms // MILLISECONDS))
    day = timestamp.partition("T")[0]
    folder = ARCHIVED if archived else f"{ACTIVE}/" + day.replace("-", "/")
    return f"{home}/{folder}/{BEGINS}{timestamp}-{thread_id}{ENDS}"


def thread_at(path: str, home: str | None = "") -> str:
    """The thread whose rollout file a path names, "" for none.

    `home` is the path that must contain the file, as in the paths of threads: "" allows any, None
    has no files.
    """
    folder, _, name = os.path.normpath(path).rpartition("/")
    roots = tuple(f"{home}/{root}/" for root in ROLLOUTS)
    is_in = home is not None and (not home or f"{folder}/".startswith(roots))
    return id_in(name) if is_in and not name.endswith(PACKED) else ""


def id_in(name: str) -> str:
    """The thread in the name of a rollout file, which may be packed; "" for other names.

    After a revert codex continues in a file that has its own id after the thread's.
    """
    plain = name.removesuffix(PACKED)
    before, thread_id = plain[: -ID_CHARS - len(ENDS)], plain[-ID_CHARS - len(ENDS) : -len(ENDS)]
    if before.endswith(PART):
        before, thread_id = before[: -ID_CHARS - 1], before[-ID_CHARS - 1 : -1]
    is_rollout = plain.endswith(ENDS) and before.startswith(BEGINS) and before.endswith("-")
    return thread_id if is_rollout else ""
