"""`threadhost export codex`: writes threads of a home as rollout files, where codex finds them."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from threadhost.adapters.cli.home_store import HomeStore, open_store, require_home
from threadhost.adapters.cli.output import USAGE, WHILE_READ, Failure, note, print_json, say
from threadhost.events.ids import thread_stream
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.errors import KeyMissing
from threadhost.events.store.faults import system_words
from threadhost.events.store.home import PRIVATE
from threadhost.events.store.sqlite.engine import run_sync
from threadhost.events.words import pluralize
from threadhost.projections.listing import threads_below, threads_with_prefix

if TYPE_CHECKING:
    from threadhost.adapters.rollouts.folders import RolloutFolders
    from threadhost.adapters.rollouts.writer import RolloutWriter

THREADS_MAX = 2**31


class SkippedThread(NamedTuple):
    """A thread that was not written, and the reason."""

    thread_id: str
    reason: str


def codex(
    *, to: Path, home: Path, key_file: Path | None, thread: str | None, tree: str | None, json: bool
) -> int:
    """Write threads as rollout files; returns 1 if any could not be written. Raises Failure."""
    from threadhost.adapters.rollouts.folders import RolloutFolders
    from threadhost.adapters.rollouts.writer import RolloutWriter

    if thread and tree:
        raise Failure("--thread and --tree are both given; give one of them", USAGE)
    folder = require_home(home)
    if to.resolve().is_relative_to(folder.resolve()):
        raise Failure("--to is in the home itself; `serve --rollouts codex` keeps files there")
    with open_store(home, key_file) as home_store:
        thread_ids = _chosen_threads(home_store, thread, tree)
        _make_folder(to)
        with closing(RolloutFolders(to)) as folders:
            writer = RolloutWriter(home_store.log, folders)
            written, empty, skipped = _write(home_store, folders, writer, thread_ids)
            damages = writer.damages
    if json:
        with WHILE_READ:
            entries = [entry._asdict() for entry in skipped]
            print_json({"written": written, "empty": empty, "left": entries})
    else:
        say(f"wrote {pluralize(written, 'thread')} to {to}; {empty} left out, as nothing was said")
        for entry in skipped:
            note(f"not written: {entry.thread_id}: {entry.reason}")
    if damages:
        note(f"omitted because it is unreadable: {damages}")
    return 1 if skipped else 0


def _make_folder(to: Path) -> None:
    try:
        to.mkdir(mode=PRIVATE, exist_ok=True)
    except FileExistsError:
        remedy = "give the home of codex, or another folder, as --to"
        raise Failure(f"{to} is not a folder; {remedy}") from None
    except OSError as error:
        raise Failure(f"{to} cannot be made ({system_words(error)}); give another --to") from None


def _chosen_threads(home_store: HomeStore, thread: str | None, tree: str | None) -> Sequence[str]:
    if thread:
        return [home_store.row(thread).id]
    reads = home_store.log.reads
    if tree:
        root = home_store.row(tree).id
        return [root, *run_sync(threads_below(reads, root))]
    return run_sync(threads_with_prefix(reads, "", THREADS_MAX))


def _write(
    home_store: HomeStore,
    folders: "RolloutFolders",
    writer: "RolloutWriter",
    thread_ids: Sequence[str],
) -> tuple[int, int, list[SkippedThread]]:
    """How many threads were written, how many were empty, and which were skipped."""
    from threadhost.adapters.rollouts.folders import UnexpectedFile

    skipped, empty = list[SkippedThread](), 0
    for thread_id in thread_ids:
        try:
            empty += not _write_one(home_store, folders, writer, thread_id)
        except (UnexpectedFile, KeyMissing) as error:
            skipped.append(SkippedThread(thread_id, str(error)))
        except OSError as error:
            raise Failure(f"thread {thread_id} cannot be written: {system_words(error)}") from None
    return len(thread_ids) - empty - len(skipped), empty, skipped


def _write_one(
    home_store: HomeStore, folders: "RolloutFolders", writer: "RolloutWriter", thread_id: str
) -> bool:
    """Write one thread durably; returns whether its file has any content."""
    head = run_sync(home_store.log.stream_head(thread_stream(thread_id)))
    if head is None:
        return False
    size = run_sync(writer.bring_up(thread_id, (), head.version))
    for place in writer.unsynced.values():
        folders.sync(place)
    writer.unsynced.clear()
    writer.forget(thread_id)
    return size > 0
