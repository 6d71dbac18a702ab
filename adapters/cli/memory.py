"""`threadhost memory`: shows a home's memory of its threads, and forgets all of it."""

from pathlib import Path

from threadhost.actors.runtime.memory_log import text_of
from threadhost.adapters.cli.home_client import answer_of
from threadhost.adapters.cli.home_store import HomeStore, open_store, require_home
from threadhost.adapters.cli.output import (
    Failure,
    is_confirmed,
    note,
    print_json,
    print_result,
    require_terminal,
    say,
)
from threadhost.events.ids import memory_stream
from threadhost.events.memory_state import fold_memory
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.sqlite.engine import run_sync
from threadhost.events.words import pluralize
from threadhost.projections.memory import note_states

NOTHING = "nothing is remembered"


class MemoryReport(NamedTuple):
    """The memory: the text for later threads, the number of its notes, and one thread's note."""

    text: str | None
    threads: int
    note: str | None
    states: dict[str, int]


def show(*, thread: str | None, home: Path, key_file: Path | None, json: bool) -> None:
    """Print the memory, of one thread or of all."""
    with open_store(home, key_file) as home_store:
        remembered = _read(home_store, home_store.row(thread).id if thread else "")
    if json:
        print_json(remembered._asdict())
        return
    text = remembered.note if thread else remembered.text
    note((text and _counts(remembered)) or NOTHING)
    if text:
        say(text)


def _counts(remembered: MemoryReport) -> str:
    return (
        f"of {pluralize(remembered.threads, 'thread')}; notes: {_state_counts(remembered.states)}"
    )


def _state_counts(states: dict[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in states.items()) or "none"


def _read(home_store: HomeStore, thread_id: str) -> MemoryReport:
    log = home_store.log
    memory = fold_memory(run_sync(log.read_stream(memory_stream(log.log_id))))
    summary, own = memory.summary, memory.notes.get(thread_id)
    return MemoryReport(
        run_sync(text_of(log, summary.text_id)) if summary.text_id else None,
        len(summary.thread_ids),
        run_sync(text_of(log, own.text_id)) if own is not None else None,
        run_sync(note_states(log.reads)),
    )


def reset(*, home: Path, key_file: Path | None, yes: bool, json: bool) -> None:
    """Forget everything after a confirmation. Raises Failure."""
    folder = require_home(home)
    with open_store(home, key_file) as home_store:
        states = _read(home_store, "").states
    if not yes:
        require_terminal("a reset")
        if not is_confirmed("forget all that is remembered, for good?"):
            raise Failure("nothing was forgotten")
    answer_of(folder, key_file, "memory/reset", {})
    print_result({"forgotten": states}, f"forgotten: {_state_counts(states)}", json=json)
