"""Where a host and the model of it differ: views, live threads, trees, lists, sequences."""

from typing import Any

from tests.scoreboard.host import Talker
from tests.scoreboard.model import Model, Thread
from tests.scoreboard.truth import FreshViews, parity_fault, sequence_faults, stored
from threadhost.adapters.app import App

PREVIEW_CHARS_MAX = 2000


def faults_beside(app: App, model: Model, fresh: FreshViews) -> list[str]:
    """All that is wrong now, seen from beside the host, by the name of the promise."""
    durable, ephemeral = app.logs.durable, app.logs.ephemeral
    rows = [*stored(durable), *stored(ephemeral)]
    return [
        *([f"P1 {fault}"] if (fault := parity_fault(durable, fresh)) else ()),
        *(f"A3 {fault}" for fault in sequence_faults(durable)),
        *_of_the_gone(rows, model),
        *_of_live_threads(app, model),
        *_of_trees(rows, model),
    ]


async def faults_told(client: Talker, model: Model) -> list[str]:
    """What clients are told wrong."""
    return [*await _of_lists(client, model), *await _of_reads(client, model)]


def _of_the_gone(rows: list[str], model: Model) -> list[str]:
    text = "\n".join(rows)
    found = [f"D1 rows are left of {t}" for t in model.gone | model.lost if t in text]
    return found + [f"D1 {row} is not over" for row in rows if row.startswith("open_deletions")]


def _of_live_threads(app: App, model: Model) -> list[str]:
    live = {t.id for t in model.threads.values() if t.live}
    found = set(app.host.live.ids())
    faults = [] if found == live else [f"L1 live are {found - live} and not {live - found}"]
    for thread_id in live & found:
        expected, state = model.threads[thread_id], app.host.threads.loaded(thread_id)
        assert state is not None
        running = expected.running
        for what, has, wanted in (
            ("parent", state.parent_id, expected.parent),
            ("depth", state.depth, expected.depth),
            ("name", state.name, expected.name),
            ("turns", state.turns, len(expected.turns)),
            ("turn", state.turn and state.turn.id, running and running.id),
            ("ephemeral", state.ephemeral, expected.ephemeral),
        ):
            if has != wanted:
                faults.append(f"A2 {what} of {thread_id} is {has!r}, not {wanted!r}")
    return faults


def _of_trees(rows: list[str], model: Model) -> list[str]:
    found = sorted(row.removesuffix(", 1)") for row in rows if row.startswith("spawn_edges"))
    wanted = sorted(
        f"spawn_edges ({t.id!r}, {t.parent!r}, {t.depth}"
        for t in model.threads.values()
        if t.parent is not None
    )
    return [] if found == wanted else [f"T1 the edges are {found}, not {wanted}"]


async def _of_lists(client: Talker, model: Model) -> list[str]:
    answer = await client.ask("thread/list", limit=100)
    found = {thread["id"]: _shown(thread) for thread in answer["data"]}
    wanted = {t: _expected(model.threads[t]) for t in model.listed()}
    return [] if found == wanted else [f"P1 listed is {found}, not {wanted}"]


async def _of_reads(client: Talker, model: Model) -> list[str]:
    """One thread is read in full: the one that changed last is as good as any."""
    if not model.threads:
        return []
    thread = max(model.threads.values(), key=lambda t: (t.turns[-1].id if t.turns else "", t.id))
    answer = await client.ask("thread/read", threadId=thread.id, includeTurns=True)
    found = answer["thread"]
    turns = [(t["id"], t["status"], _said(t)) for t in found["turns"]]
    wanted = [(t.id, t.status, t.texts) for t in thread.turns]
    faults = [] if turns == wanted else [f"P1 turns of {thread.id} are {turns}, not {wanted}"]
    if _shown(found) != _expected(thread):
        faults.append(f"P1 {thread.id} is {_shown(found)}, not {_expected(thread)}")
    return faults


def _said(turn: dict[str, Any]) -> list[str]:
    items = [item for item in turn["items"] if item["type"] == "userMessage"]
    return [part["text"] for item in items for part in item["content"]]


def _shown(thread: dict[str, Any]) -> tuple[object, ...]:
    return thread["name"], thread["preview"], thread["status"]["type"], thread["parentThreadId"]


def _expected(thread: Thread) -> tuple[object, ...]:
    rests = "systemError" if thread.failed else "idle"
    status = "active" if thread.running else rests
    shown = status if thread.live else "notLoaded"
    return thread.name, thread.preview[:PREVIEW_CHARS_MAX], shown, thread.parent
