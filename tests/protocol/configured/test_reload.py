"""The configuration file read again while the host runs: what can change does, or nothing does."""

import asyncio
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.agent_talk import answers
from tests.protocol.configured.file import SECRET, TEXT, UNUSED
from tests.protocol.talk import begin, end, script, start, talk
from tests.support.agent_scripts import calls, spawn
from tests.support.client import Client
from tests.support.configured import ConfiguredHost
from tests.support.operator_lines import logged_line
from tests.support.responses_endpoint import ResponsesEndpoint
from threadhost.adapters.configuration import with_host_table
from threadhost.events.base import Event
from threadhost.events.host import HostReconfigured

FILE = "config.toml"
SAYS = {"text": "{output}"}


@pytest.fixture
def text(local: ResponsesEndpoint, other: ResponsesEndpoint) -> str:
    return TEXT.format(local=local.base_url, other=other.base_url, secret=SECRET)


@pytest.fixture(autouse=True)
def embedded(host: ConfiguredHost) -> None:
    """What the file says of the host counts, as for a host on a home that a program opens."""
    app = host.running
    app.settings_with = partial(with_host_table, app.settings)


async def reloaded(client: Client, home: Path, text: str) -> dict[str, Any]:
    """What comes of a reload of this file."""
    (home / FILE).write_text(text)
    return dict(await client.ok("host/config/reload"))


async def reconfigured(host: ConfiguredHost) -> list[Event]:
    """What the log says of reloads."""
    log = host.running.logs.durable
    facts = await log.read(0, 10_000)
    return [fact.event for fact in facts if isinstance(fact.event, HostReconfigured)]


async def test_a_reload_of_an_unchanged_file_changes_and_records_nothing(
    client: Client, host: ConfiguredHost, text: str, home: Path
) -> None:
    answer = await reloaded(client, home, text)
    assert (answer["changed"], answer["needsRestart"]) == ([], [])
    assert (answer["file"], ", ".join(answer["unusedKeys"])) == (str(home / FILE), UNUSED)
    assert await reconfigured(host) == []


async def test_after_a_reload_new_threads_have_the_new_settings_and_old_ones_keep_theirs(
    client: Client, local: ResponsesEndpoint, text: str, home: Path
) -> None:
    old = await start(client)
    text = text.replace('effort = "high"', 'effort = "low"', 1).replace(
        'model_provider = "local"', 'model_provider = "local"\nmodel = "m-small"', 1
    )
    answer = await reloaded(client, home, text)
    assert answer["changed"] == ["model", "model_reasoning_effort"]
    started = await client.ok("thread/start", {"cwd": "/"})
    assert (started["model"], started["reasoningEffort"]) == ("m-small", "low")
    await talk(client, old)
    body = local.received[-1].body
    assert (body["model"], body["reasoning"]) == (
        "m-large",
        {"effort": "high", "summary": "concise"},
    )
    config = await client.ok("config/read", {"includeLayers": True})
    assert config["config"]["model_reasoning_effort"] == "low"
    assert config["layers"][0]["version"] == answer["version"]


async def test_a_provider_with_a_new_url_is_used_there_by_old_threads_too(
    client: Client, local: ResponsesEndpoint, other: ResponsesEndpoint, text: str, home: Path
) -> None:
    thread_id = await start(client)
    await talk(client, thread_id)
    moved = text.replace(f'"{local.base_url}?', f'"{other.base_url}?')
    answer = await reloaded(client, home, moved)
    assert answer["changed"] == ["model_providers.local.base_url"]
    await talk(client, thread_id)
    assert (len(local.received), len(other.received)) == (1, 1)
    answer = await reloaded(client, home, moved.replace(".locked]", ".new]"))
    names = [one["id"] for one in (await client.ok("modelProvider/list"))["data"]]
    assert names == ["local", "other", "new", "echo"]


@pytest.mark.slices
async def test_a_reload_does_not_end_a_running_call(
    client: Client, local: ResponsesEndpoint, other: ResponsesEndpoint, text: str, home: Path
) -> None:
    thread_id = await start(client)
    slow = {"text": "at long last", "deltas": 3, "gap_ms": 100}
    turn = await begin(client, thread_id, script(slow))
    await local.requests_are(1)
    await reloaded(client, home, text.replace(f'"{local.base_url}?', f'"{other.base_url}?'))
    ended = await end(client, turn)
    assert (ended["status"], ended["items"][-1]["text"]) == ("completed", "at long last")
    assert not other.received


async def test_changed_keys_that_need_a_restart_are_named_by_every_reload(
    client: Client, host: ConfiguredHost, text: str, home: Path
) -> None:
    more = "\n[host]\ntree_depth_max = 2\n[features]\nmemories = true\n"
    for _ in range(2):
        answer = await reloaded(client, home, text + more)
        assert answer["needsRestart"] == ["host.tree_depth_max", "features.memories"]
        assert answer["changed"] == []
        assert host.running.settings.tree_depth_max == 64
    assert (await client.ok("host/memory/read", {}))["enabled"] is False
    answer = await reloaded(client, home, text)
    assert (answer["changed"], answer["needsRestart"]) == ([], [])


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("[", "line "),
        ("modell = 1", "no such key: `model_providers.locked.modell`"),
        ("[model_providers.local2]", "`model_providers.local2` has no `base_url`"),
        ("[host]\nlisten = ['x']", "`host.listen`: `x` is not a listen address"),
    ],
)
async def test_a_reload_of_an_unusable_file_changes_nothing_and_returns_the_reason(
    client: Client, host: ConfiguredHost, text: str, home: Path, more: str, words: str
) -> None:
    before = host.running.configuration, host.running.settings
    (home / FILE).write_text(text.replace('"low"', '"medium"') + more)
    error = await client.refused("host/config/reload")
    assert error["code"] == -32600
    assert words in error["message"]
    assert SECRET not in error["message"]
    assert (host.running.configuration, host.running.settings) == before
    (home / FILE).write_text(text.replace('model_provider = "local"', 'model_provider = "gone"'))
    error = await client.refused("host/config/reload")
    assert error["message"].startswith(f"{home / FILE}: `model_provider`: Model provider `gone` ")
    assert (host.running.configuration, host.running.settings) == before
    assert await reconfigured(host) == []


async def test_a_missing_file_is_not_read_as_an_empty_one(client: Client, home: Path) -> None:
    (home / FILE).unlink()
    error = await client.refused("host/config/reload")
    assert error["message"] == (
        f"{home / FILE}: the file does not exist any more; leave an empty file to configure nothing"
    )


async def test_the_log_records_the_changed_keys_without_values_and_names(
    client: Client, host: ConfiguredHost, text: str, home: Path
) -> None:
    more = """
    [model_providers.mine]
    base_url = "http://127.0.0.1:9/v1"
    http_headers = { X-Mine = "my secret" }
    [agents."my role"]
    description = "d"
    [agents.mine]
    [mcp_servers.mine]
    command = "true"
    enabled = false
    env = { MINE = "x" }
    [profiles.mine]
    model = "mine"
    """
    await reloaded(client, home, text.replace("= 60000", "= 61000", 1) + more)
    [event] = await reconfigured(host)
    assert isinstance(event, HostReconfigured)
    assert sorted(event.changed) == sorted(
        [
            "turn_timeout_ms",
            "model_providers.NAME.base_url",
            "model_providers.NAME.http_headers",
            "agents.NAME.description",
            "agents.NAME",
            "mcp_servers.NAME.command",
            "mcp_servers.NAME.enabled",
            "mcp_servers.NAME.env",
            "profiles.NAME.model",
        ]
    )
    assert (event.provider, event.endpoint_host) == ("local", "127.0.0.1")
    assert event.settings == {"turn_timeout_ms": 61_000}
    assert "mine" not in event.model_dump_json().lower()


async def test_settings_that_are_looked_up_hold_at_once(
    client: Client, host: ConfiguredHost, text: str, home: Path
) -> None:
    thread_id = await start(client)
    await talk(client, thread_id)
    rules = '[retention]\nevery_minutes = 0\n[retention.rules.old]\nof = "trees"\nidle_days = 9\n'
    limits = "[agents]\nmax_depth = 0\n"
    answer = await reloaded(client, home, text + rules + limits)
    assert answer["needsRestart"] == []
    assert (await client.ok("host/retention/preview", {}))["rules"] == ["old"]
    turn = await begin(client, thread_id, "which tools?")
    await end(client, turn)
    await reloaded(client, home, text)
    error = await client.refused("host/retention/preview", {})
    assert error["message"].startswith("this host has no retention rules")
    assert host.running.retention is None


async def test_a_thread_that_is_loaded_has_the_new_limit_for_its_next_turn(
    client: Client, text: str, home: Path
) -> None:
    thread_id = await start(client)
    await talk(client, thread_id)
    await reloaded(client, home, text.replace("= 60000", "= 50", 1))
    ended = await end(client, await begin(client, thread_id, script({"hang": True})))
    assert ended["status"] == "failed"
    assert "50 ms" in ended["error"]["message"]


async def test_agent_tools_are_offered_as_the_reloaded_file_says(
    client: Client, local: ResponsesEndpoint, text: str, home: Path
) -> None:
    def offered() -> set[str]:
        tools: Any = local.received[-1].body["tools"]
        return {tool["name"] for tool in tools}

    thread_id = await start(client)
    await talk(client, thread_id)
    assert "multi_agent_v1" in offered()
    await reloaded(client, home, f"{text}\n[agents]\nmax_depth = 0\n")
    await talk(client, thread_id)
    assert "multi_agent_v1" not in offered()
    await reloaded(client, home, text)
    await talk(client, thread_id)
    assert "multi_agent_v1" in offered()


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ("max_concurrent_threads_per_session = 1", "collab spawn failed: agent thread limit"),
        ("max_working_threads_per_session = 1", "1 agent is at work in this session"),
    ],
)
async def test_agents_are_started_by_the_limits_that_the_file_has_now(
    client: Client, text: str, home: Path, limit: str, words: str
) -> None:
    thread_id, another = await start(client), script(calls(spawn({"hang": True})), SAYS)
    await talk(client, thread_id, another)
    assert words not in answers(client, thread_id)[-1]
    await reloaded(client, home, f"{text}\n[agents]\n{limit}\n")
    await talk(client, thread_id, another)
    assert words in answers(client, thread_id)[-1]


@pytest.mark.slices
async def test_an_instructions_file_is_read_again(
    client: Client, local: ResponsesEndpoint, text: str, home: Path
) -> None:
    text = text.replace('instructions = "be brief"', 'model_instructions_file = "i.md"', 1)
    (home / "i.md").write_text("one")
    await reloaded(client, home, text)
    (home / "i.md").write_text("two")
    answer = await reloaded(client, home, text)
    assert answer["changed"] == ["model_instructions_file"]
    await talk(client, await start(client))
    assert local.received[-1].body["instructions"] == "two"


async def test_an_operator_gets_lines_with_the_reloaded_keys_and_those_that_need_a_restart(
    client: Client, text: str, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="threadhost")
    text = text.replace("= 60000", "= 61000", 1)
    await reloaded(client, home, f"{text}\n[host]\ntree_size_max = 7\n")
    assert logged_line(caplog, "config.reloaded")["names"] == "turn_timeout_ms"
    assert logged_line(caplog, "config.needs_restart")["names"] == "host.tree_size_max"


def put_folder(file: Path) -> None:
    file.mkdir()


def put_link(file: Path) -> None:
    file.symlink_to("nowhere")


def put_circle(file: Path) -> None:
    file.symlink_to(file)


def put_pipe(file: Path) -> None:
    os.mkfifo(file)


def put_too_much(file: Path) -> None:
    file.write_bytes(b"#" * (2**20 + 1))


def put_bytes(file: Path) -> None:
    file.write_bytes(b"model = '\xff'")


PUT: dict[Callable[[Path], None], str] = {
    put_folder: "is a folder, and no file to read settings from",
    put_link: "is a link that leads nowhere",
    put_circle: "Too many levels of symbolic links",
    put_pipe: "is a pipe, and no file to read settings from",
    put_too_much: "is larger than 1 MiB",
    put_bytes: "line 1: is not UTF-8",
}


@pytest.mark.few(2)
@pytest.mark.parametrize("put", PUT, ids=lambda put: put.__name__)
async def test_an_unusable_file_system_entry_in_place_of_the_file_changes_nothing(
    client: Client, host: ConfiguredHost, text: str, home: Path, put: Callable[[Path], None]
) -> None:
    before = host.running.configuration, host.running.settings
    (home / FILE).unlink()
    put(home / FILE)
    error = await client.refused("host/config/reload")
    assert error["message"].endswith(PUT[put])
    assert str(home / FILE) in error["message"]
    assert (host.running.configuration, host.running.settings) == before
    (home / FILE).rename(home / "aside")
    (home / "newer").write_text(text.replace("= 60000", "= 61000", 1))
    (home / FILE).symlink_to("newer")
    assert (await client.ok("host/config/reload"))["changed"] == ["turn_timeout_ms"]


async def test_concurrent_reloads_while_the_file_is_replaced_end_with_its_last_content(
    client: Client, host: ConfiguredHost, text: str, home: Path
) -> None:
    asked = []
    for round_ in range(12):
        (home / "newer").write_text(text.replace("= 60000", f"= {61000 + round_}", 1))
        (home / "newer").replace(home / FILE)
        methods = ("host/config/reload", "config/mcpServer/reload")
        asked += [await client.begin(method) for method in methods]
        await asyncio.sleep(0)
    asked.append(await client.begin("host/config/reload"))
    for number in asked:
        assert "result" in await client.answer(number)
    assert host.running.configuration.turn_timeout_ms == 61011
    changes = await reconfigured(host)
    assert 1 <= len(changes) <= 12
    assert all(
        isinstance(e, HostReconfigured) and e.changed == ["turn_timeout_ms"] for e in changes
    )


async def test_two_reloads_at_once_are_one_after_the_other(
    client: Client, host: ConfiguredHost, text: str, home: Path
) -> None:
    (home / FILE).write_text(text.replace("= 60000", "= 61000", 1))
    first, second = await asyncio.gather(
        client.ok("host/config/reload"), client.ok("host/config/reload")
    )
    assert sorted([first["changed"], second["changed"]]) == [[], ["turn_timeout_ms"]]
    assert len(await reconfigured(host)) == 1
