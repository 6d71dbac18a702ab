"""The page on deletion says what happens: on the wire, in which order, what goes, which words."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.talk import HANG, begin, script, start
from tests.protocol.tool_talk import ASK, QUESTIONS, USER_INPUT
from tests.support.client import Client, Message
from tests.support.server import Host
from threadhost.actors.runtime.deletion import TOMBSTONES_A_TRANSACTION_MAX
from threadhost.adapters.program_log import BATCH_MAX, FLUSH_S, WAITING_MAX
from threadhost.adapters.rollouts.folders import RolloutFolders
from threadhost.events.store.log import Log
from threadhost.projections import all_views
from threadhost.projections.program_log import LINES_A_THREAD_MAX

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "deletion.md").read_text()
SHOWN = re.compile(r"^(->|<-) (\S+) \{(.*)\}$", re.MULTILINE)


def section(heading: str) -> str:
    """What stands below a heading."""
    return PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading, without its head."""
    lines = [line for line in section(heading).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def in_short(message: Message, names: dict[str, str]) -> str:
    """A message as the page shows it."""
    if "method" not in message:
        return f"<- result {{{''.join(message['result'])}}}"
    params = message["params"]
    said = [f"threadId: {names[params['threadId']]}"]
    if message["method"] == "turn/completed":
        said.append(f"status: {params['turn']['status']}")
    if "status" in params:
        said.append(f"status: {params['status']['type']}")
    return f"<- {message['method']} {{{', '.join(said)}}}"


def may_come_anywhere(message: Message, root: str) -> bool:
    """Whether the page says that this message comes at any place among the others."""
    is_of_root = message.get("params", {}).get("threadId") == root
    method = str(message.get("method", ""))
    return method.startswith("item/") or bool(is_of_root and method == "thread/status/changed")


async def test_the_messages_on_the_page_are_those_that_a_client_gets(host: Host) -> None:
    client = await host.client()
    root = await start(client)
    child = await start(client, parentThreadId=root, config=ASK)
    await begin(client, child, script(QUESTIONS))
    await client.request(USER_INPUT)
    before = len(client.received)
    await client.ok("thread/delete", {"threadId": root})
    await client.notice("thread/deleted", threadId=root)
    told = [m for m in client.received[before:] if not may_come_anywhere(m, root)]
    names = {root: "ROOT", child: "CHILD"}
    shown = [f"{way} {what} {{{rest}}}" for way, what, rest in SHOWN.findall(PAGE)]
    assert shown == ["-> thread/delete {threadId: ROOT}", *(in_short(m, names) for m in told)]


async def test_the_words_of_the_page_are_those_of_the_host(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Host(home, settings={"rollouts": "codex"}) as host:
        client = await host.client()
        root, fleeting = await start(client), await start(client, ephemeral=True)
        unknown = "01a20280-45b9-751b-94a8-29a36213916d"
        path = Path((await client.ok("thread/read", {"threadId": root}))["thread"]["path"])
        path.parent.mkdir(parents=True)

        def refusing(*_: object) -> int:
            raise PermissionError(1, "REASON", "FILE")

        def link() -> None:
            path.symlink_to(home)

        def file() -> None:
            path.unlink()
            path.touch()
            monkeypatch.setattr(RolloutFolders, "remove", refusing)

        def blob() -> None:
            path.unlink()
            monkeypatch.setattr(host.running.logs.durable.files, "remove", refusing)

        found: list[list[str]] = []

        def unable() -> None:
            monkeypatch.setattr(Log, "can_delete", property(lambda _: bool(found)))

        asked = [
            (root, unable),
            (unknown, None),
            (fleeting, None),
            (root, link),
            (root, file),
            (root, blob),
        ]
        for thread_id, prepare in asked:
            if prepare is not None:
                prepare()
            error = await client.refused("thread/delete", {"threadId": thread_id})
            words = error["message"].replace(str(path), "PATH").replace(thread_id, "ID")
            found.append([str(error["code"]), f"``{words}``" if "`" in words else f"`{words}`"])
        assert found == [row[1:] for row in rows("Refusals and failures")]


async def test_deleted_threads_are_announced_before_the_error_of_a_halted_deletion(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await host.client()
    root = await start(client)
    child = await start(client, parentThreadId=root)
    await begin(client, child, script(HANG))
    remove = host.running.logs.durable.files.remove

    def refusing(thread_id: str) -> int:
        if thread_id == root:
            raise PermissionError(1, "not now", "blob")
        return remove(thread_id)

    with monkeypatch.context() as patch:
        patch.setattr(host.running.logs.durable.files, "remove", refusing)
        before = len(client.received)
        error = await client.refused("thread/delete", {"threadId": root})
    assert error == {"code": -32603, "message": "failed to delete thread: blob: not now"}
    assert ends(client, before) == [("thread/deleted", child), ("error", "")]
    await client.ok("thread/delete", {"threadId": root})
    await client.notice("thread/deleted", threadId=root)
    assert ends(client, before)[2:] == [("reply", ""), ("thread/deleted", root)]


def ends(client: Client, after: int) -> list[tuple[str, str]]:
    """Answers, and threads that were said to be deleted, in order."""
    found = []
    for message in client.received[after:]:
        params: dict[str, Any] = message.get("params", {})
        if message.get("method") == "thread/deleted":
            found.append(("thread/deleted", params["threadId"]))
        elif "method" not in message:
            found.append(("error" if "error" in message else "reply", ""))
    return found


def test_the_page_names_every_table_whose_rows_are_deleted() -> None:
    named = set(re.findall(r"`(\w+)`", "".join(row[1] for row in rows("What is deleted"))))
    tables = {table.name for table in all_views().described if table.goes_with}
    assert named == tables | {"snapshots"}


def test_the_page_has_the_limits_of_the_code() -> None:
    log = section("The program log")
    assert f"newest {LINES_A_THREAD_MAX:,} lines" in log
    assert f"Up to {WAITING_MAX} lines wait" in log
    assert f"{BATCH_MAX} at a time and every two seconds" in log
    assert FLUSH_S == 2
    assert f"at most {TOMBSTONES_A_TRANSACTION_MAX} in a transaction" in section(
        "Order of a deletion"
    )
