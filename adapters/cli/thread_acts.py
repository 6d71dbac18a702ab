"""`threadhost threads`: changes to one thread, by the running host or one opened for this."""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from threadhost.adapters.cli.home_client import run_with_client
from threadhost.adapters.cli.home_store import command_line, open_store, require_home, require_host
from threadhost.adapters.cli.output import Failure, note, print_result, shown
from threadhost.adapters.client.client import Client
from threadhost.adapters.mcp.words import RETRIES

NEW = "new"
"""Stands for a thread that the command starts."""
TURN_FAILED = 3
"""The exit code of a turn that did not complete."""
SERVER_STATE = "mcpServer/startupStatus/updated"
Act = Callable[[Client, str], Awaitable[dict[str, Any]]]


def _carry_out(thread: str, home: Path, key_file: Path | None, act: Act) -> dict[str, Any]:
    """The result of a change to a stored thread. Raises Failure."""
    with open_store(require_home(home), key_file) as home_store:
        thread_id = home_store.whole(thread)
    try:
        return run_with_client(home, key_file, lambda client: act(client, thread_id))
    except Failure as failed:
        if failed.reason != "threadArchived":
            raise
        unarchive = command_line(f"threads unarchive {thread_id}", home)
        words = f"thread {thread_id} is archived; {unarchive} takes it out"
        raise Failure(words, reason=failed.reason) from None


def archive(*, thread: str, home: Path, key_file: Path | None, json: bool) -> None:
    """Archive a thread, and all below it. Raises Failure."""
    result = _carry_out(thread, home, key_file, _call_act("thread/archive"))
    print_result(result, f"archived {result['threadId']}", json=json)


def unarchive(*, thread: str, home: Path, key_file: Path | None, json: bool) -> None:
    """Unarchive a thread. Raises Failure."""
    result = _carry_out(thread, home, key_file, _call_act("thread/unarchive"))
    print_result({"threadId": result["threadId"]}, f"unarchived {result['threadId']}", json=json)


def rename(*, thread: str, name: str, home: Path, key_file: Path | None, json: bool) -> None:
    """Rename a thread. Raises Failure."""
    result = _carry_out(thread, home, key_file, _call_act("thread/name/set", name=name))
    print_result(
        result | {"name": name}, f"{result['threadId']} is called {shown(name)}", json=json
    )


def fork(*, thread: str, home: Path, key_file: Path | None, json: bool) -> None:
    """Fork a thread. Raises Failure."""
    result = _carry_out(thread, home, key_file, _call_act("thread/fork"))
    fork_id = result["thread"]["id"]
    print_result({"threadId": fork_id, "forkedFromId": result["threadId"]}, fork_id, json=json)


def resume(*, thread: str, home: Path, key_file: Path | None, json: bool) -> None:
    """Have the host activate a thread, so that its work continues. Raises Failure."""
    require_host(home, ", and threads go on in it")
    result = _carry_out(thread, home, key_file, _call_act("thread/resume", excludeTurns=True))
    status = result["thread"]["status"]["type"]
    answer = {"threadId": result["threadId"], "status": status}
    print_result(answer, f"{result['threadId']} is {status}", json=json)


def queue(*, thread: str, text: str, home: Path, key_file: Path | None, json: bool) -> None:
    """Queue a message for a thread until its turn is over. Raises Failure."""
    require_host(home, ", and threads go on in it")
    user_input = [{"type": "text", "text": _text(text)}]
    add = _call_act("thread/queue/add", clientUserMessageId=str(uuid4()), input=user_input)
    result = _carry_out(thread, home, key_file, _after_resume(add))
    print_result(result, f"queued {result['queuedSubmission']['id']}", json=json)


def interrupt(*, thread: str, home: Path, key_file: Path | None, json: bool) -> None:
    """Interrupt the running turn of a thread. Raises Failure."""

    async def act(client: Client, thread_id: str) -> dict[str, Any]:
        turns = (await client.read_thread(thread_id, include_turns=True)).turns
        running = [turn.id for turn in turns if turn.status == "inProgress"]
        if not running:
            raise Failure(f"{thread_id} has no running turn")
        await client.interrupt_turn(thread_id, running[-1])
        return {"threadId": thread_id, "turnId": running[-1]}

    result = _carry_out(thread, home, key_file, act)
    print_result(result, f"interrupted turn {result['turnId']}", json=json)


def run(
    *, thread: str, text: str, home: Path, key_file: Path | None, model: str | None, json: bool
) -> int:
    """Send a message to a thread and print its answer; returns 3 unless the turn completed."""
    prompt = _text(text)

    async def begin(client: Client, _new: str) -> dict[str, Any]:
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
        begun = _with_failed_servers(begin)
        result = run_with_client(home, key_file, lambda client: begun(client, thread))
    else:
        result = _carry_out(thread, home, key_file, _with_failed_servers(_after_resume(act)))
    is_done = result["status"] == "completed"
    if json or is_done:
        print_result(result, result["text"], json=json)
    if is_done:
        return 0
    words = f"turn {result['turnId']} of thread {result['threadId']} ended as {result['status']}"
    raise Failure(f"{words}: {result['error'] or 'no reason was given'}", TURN_FAILED)


def _with_failed_servers(act: Act) -> Act:
    """Print also which MCP servers did not start: the turn went on without their tools."""

    async def act_and_warn(client: Client, thread_id: str) -> dict[str, Any]:
        states = client.notifications(SERVER_STATE)
        result = await act(client, thread_id)
        states.end()
        newest = {state.params["name"]: state.params async for state in states}
        for name, state in newest.items():
            if state["status"] == "failed":
                reason = str(state["error"]).partition(RETRIES)[0]
                note(f"the turn went on without MCP server {shown(name)}: {shown(reason, 300)}")
        return result

    return act_and_warn


def _text(text: str) -> str:
    """The message; `-` stands for the content of standard input."""
    return sys.stdin.read() if text == "-" else text


def _call_act(method: str, **params: object) -> Act:
    async def act(client: Client, thread_id: str) -> dict[str, Any]:
        answer = await client.call(method, {"threadId": thread_id, **params})
        return {**(answer if isinstance(answer, dict) else {}), "threadId": thread_id}

    return act


def _after_resume(act: Act) -> Act:
    async def resumed(client: Client, thread_id: str) -> dict[str, Any]:
        await client.call("thread/resume", {"threadId": thread_id, "excludeTurns": True})
        return await act(client, thread_id)

    return resumed
