"""`threadhost threads`: what changes one thread, by the host that runs or one for the purpose."""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from threadhost.adapters.cli.home_client import run_with_client
from threadhost.adapters.cli.home_store import command_line, open_store, require_home, require_host
from threadhost.adapters.cli.output import Failure, note, print_result, shown
from threadhost.adapters.client.client import Client

NEW = "new"
"""Stands for a thread that is begun for the purpose."""
TURN_FAILED = 3
"""The exit code of a turn that ended otherwise than completed."""
Act = Callable[[Client, str], Awaitable[dict[str, Any]]]


def _carried_out(thread: str, home: Path, key_file: Path | None, act: Act) -> dict[str, Any]:
    """What an act on a thread that is there gives back. Raises Failure."""
    with open_store(require_home(home), key_file) as opened:
        thread_id = opened.whole(thread)
    try:
        return run_with_client(home, key_file, lambda client: act(client, thread_id))
    except Failure as failed:
        if failed.reason != "threadArchived":
            raise
        unarchive = command_line(f"threads unarchive {thread_id}", home)
        words = f"thread {thread_id} is archived; {unarchive} takes it out"
        raise Failure(words, reason=failed.reason) from None


def archive(*, thread: str, home: Path, key_file: Path | None, json: bool) -> None:
    """Put a thread away, and all below it. Raises Failure."""
    done = _carried_out(thread, home, key_file, _called("thread/archive"))
    print_result(done, f"archived {done['threadId']}", json=json)


def unarchive(*, thread: str, home: Path, key_file: Path | None, json: bool) -> None:
    """Take a thread out again. Raises Failure."""
    done = _carried_out(thread, home, key_file, _called("thread/unarchive"))
    print_result({"threadId": done["threadId"]}, f"back in the list: {done['threadId']}", json=json)


def rename(*, thread: str, name: str, home: Path, key_file: Path | None, json: bool) -> None:
    """Call a thread otherwise. Raises Failure."""
    done = _carried_out(thread, home, key_file, _called("thread/name/set", name=name))
    print_result(done | {"name": name}, f"{done['threadId']} is called {shown(name)}", json=json)


def fork(*, thread: str, home: Path, key_file: Path | None, json: bool) -> None:
    """Begin a thread with the history of another. Raises Failure."""
    done = _carried_out(thread, home, key_file, _called("thread/fork"))
    made = done["thread"]["id"]
    print_result({"threadId": made, "forkedFromId": done["threadId"]}, made, json=json)


def resume(*, thread: str, home: Path, key_file: Path | None, json: bool) -> None:
    """Have the host take a thread up, so that what it has to do goes on. Raises Failure."""
    require_host(home, ", and threads go on in it")
    done = _carried_out(thread, home, key_file, _called("thread/resume", excludeTurns=True))
    status = done["thread"]["status"]["type"]
    answer = {"threadId": done["threadId"], "status": status}
    print_result(answer, f"{done['threadId']} is {status}", json=json)


def queue(*, thread: str, text: str, home: Path, key_file: Path | None, json: bool) -> None:
    """Have a thread hear something once its turn is over. Raises Failure."""
    require_host(home, ", and threads go on in it")
    user_input = [{"type": "text", "text": _text(text)}]
    add = _called("thread/queue/add", clientUserMessageId=str(uuid4()), input=user_input)
    done = _carried_out(thread, home, key_file, _after_resume(add))
    print_result(done, f"it waits for its turn: {done['queuedSubmission']['id']}", json=json)


def interrupt(*, thread: str, home: Path, key_file: Path | None, json: bool) -> None:
    """End the turn that a thread is at. Raises Failure."""

    async def act(client: Client, thread_id: str) -> dict[str, Any]:
        turns = (await client.read_thread(thread_id, include_turns=True)).turns
        running = [turn.id for turn in turns if turn.status == "inProgress"]
        if not running:
            raise Failure(f"{thread_id} is at no turn")
        await client.interrupt_turn(thread_id, running[-1])
        return {"threadId": thread_id, "turnId": running[-1]}

    done = _carried_out(thread, home, key_file, act)
    print_result(done, f"interrupted turn {done['turnId']}", json=json)


def run(
    *, thread: str, text: str, home: Path, key_file: Path | None, model: str | None, json: bool
) -> int:
    """Say something to a thread and print what it answers; 3 unless the turn completed."""
    prompt = _text(text)

    async def begin(client: Client) -> dict[str, Any]:
        thread_id = (await client.start_thread(model=model)).id
        if not json:
            note(f"thread {thread_id}" + f", the first of {home}" * is_first)
        return await act(client, thread_id)

    async def act(client: Client, thread_id: str) -> dict[str, Any]:
        end = await client.run_turn(thread_id, prompt, model=model)
        error = end.turn.error.message if end.turn.error else None
        outcome = {"turnId": end.turn.id, "status": end.turn.status, "text": end.text}
        return {"threadId": thread_id, **outcome, "error": error}

    is_first = not home.exists()
    if thread == NEW:
        done = run_with_client(home, key_file, begin)
    else:
        done = _carried_out(thread, home, key_file, _after_resume(act))
    is_done = done["status"] == "completed"
    if json or is_done:
        print_result(done, done["text"], json=json)
    if is_done:
        return 0
    words = f"turn {done['turnId']} of thread {done['threadId']} ended as {done['status']}"
    raise Failure(f"{words}: {done['error'] or 'no reason was given'}", TURN_FAILED)


def _text(text: str) -> str:
    """What is said; `-` stands for what standard input holds."""
    return sys.stdin.read() if text == "-" else text


def _called(method: str, **params: object) -> Act:
    async def act(client: Client, thread_id: str) -> dict[str, Any]:
        answer = await client.call(method, {"threadId": thread_id, **params})
        return {**(answer if isinstance(answer, dict) else {}), "threadId": thread_id}

    return act


def _after_resume(act: Act) -> Act:
    async def resumed(client: Client, thread_id: str) -> dict[str, Any]:
        await client.call("thread/resume", {"threadId": thread_id, "excludeTurns": True})
        return await act(client, thread_id)

    return resumed
