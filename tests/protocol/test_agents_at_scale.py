"""Two hundred agents three deep, whose models are asked over HTTP: edges, slots, ends, budgets."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from tests.protocol.talk import HANG, begin, start
from tests.support.agent_crash import is_busy
from tests.support.agent_scripts import calls, spawn, task
from tests.support.agent_truth import faults
from tests.support.client import Client, Message
from tests.support.configured import ConfiguredHost
from tests.support.quiet import quiet
from tests.support.responses_endpoint import ResponsesEndpoint
from tests.support.server import Program
from tests.support.store import database_of, now
from tests.support.tree_goal_truth import faults as faults_of_budgets
from threadhost.actors.runtime.logs import Logs, Stored
from threadhost.events.agent import AgentEnded
from threadhost.projections import all_views

pytestmark = pytest.mark.slices

WIDTHS = 4, 7, 6
AGENTS = 4 + 4 * 7 + 4 * 7 * 6
LEAVES = 4 * 7 * 6
CONFIG = """
[agents]
max_depth = 3
max_concurrent_threads_per_session = 300
"""
Step = Mapping[str, object]
SAYS: Step = {"text": "found an owl"}


def team(leaf: Step, *widths: int) -> list[Step]:
    """What a thread does that starts so many agents, which start so many agents, and so on."""
    first, *below = widths
    steps = team(leaf, *below) if below else [leaf]
    return [calls(*[spawn(*steps) for _ in range(first)]), {"text": "started"}]


@pytest.fixture
async def endpoint() -> AsyncIterator[ResponsesEndpoint]:
    async with ResponsesEndpoint(keep_alive=True) as endpoint:
        yield endpoint


@pytest.fixture
async def host(tmp_path: Path, endpoint: ResponsesEndpoint) -> AsyncIterator[ConfiguredHost]:
    async with ConfiguredHost(tmp_path, text=CONFIG, settings=model_settings(endpoint)) as host:
        yield host


def model_settings(endpoint: ResponsesEndpoint) -> dict[str, object]:
    return {"model_url": endpoint.base_url, "model": "m"}


async def covered_root(client: Client) -> str:
    """A root whose goal counts what all below it use."""
    root = await start(client)
    goal = {"objective": "count owls", "status": "paused", "tokenBudget": 10**9}
    await client.ok("host/goal/setTree", {"threadId": root, **goal})
    return root


async def at_rest(host: ConfiguredHost) -> None:
    """Wait until nothing is under way in a host."""
    log = host.running.logs.durable
    await quiet(log, lambda: is_busy(host.running))
    charges = "SELECT thread_id FROM goal_spendings"
    await quiet(log, lambda: bool(database_of(log).rows(charges)))


def assert_whole(host: ConfiguredHost) -> None:
    log = host.running.logs.durable
    assert faults(log, open_max=300) == []
    assert faults_of_budgets(log) == []


def ends(host: ConfiguredHost) -> Counter[str]:
    """How often agents came to an end of each kind."""
    facts = now(host.running.logs.durable.read(0, 100_000))
    return Counter(f.event.status for f in facts if isinstance(f.event, AgentEnded))


def begun(client: Client) -> list[Message]:
    """The turns that began, as they were told."""
    return [m["params"] for m in client.notices if m["method"] == "turn/started"]


async def all_begun(client: Client, count: int = AGENTS + 1) -> None:
    """Wait until so many turns have begun."""
    while len(begun(client)) < count:
        await client.notice("turn/started", len(client.received))


async def test_a_tree_of_two_hundred_agents_runs_to_its_end(host: ConfiguredHost) -> None:
    client = await host.client()
    root = await covered_root(client)
    await begin(client, root, task(*team(SAYS, *WIDTHS)))
    await all_begun(client)
    await at_rest(host)
    assert ends(host) == {"completed": AGENTS}
    rows = database_of(host.running.logs.durable).rows("SELECT depth FROM spawn_edges")
    assert Counter(row[0] for row in rows) == {1: 4, 2: 28, 3: LEAVES}
    assert_whole(host)


async def test_each_interrupted_agent_is_reported_once(host: ConfiguredHost) -> None:
    client = await host.client()
    root = await covered_root(client)
    await begin(client, root, task(*team(HANG, *WIDTHS)))
    await all_begun(client)
    for turn in begun(client):
        params = {"threadId": turn["threadId"], "turnId": turn["turn"]["id"]}
        await client.ask("turn/interrupt", params)
    await at_rest(host)
    found = ends(host)
    assert found["interrupted"] >= LEAVES
    assert found.total() == AGENTS
    assert_whole(host)


@pytest.mark.parametrize("share", [0.2, 0.6, 1.0])
async def test_a_tree_of_agents_goes_on_after_its_host_was_killed(
    tmp_path: Path, endpoint: ResponsesEndpoint, share: float
) -> None:
    (tmp_path / "config.toml").write_text(CONFIG)
    options = ("--model-url", endpoint.base_url)
    program = Program(tmp_path, "unix", options=options, model="m")
    client = await program.start()
    root = await covered_root(client)
    slow = {"text": "found an owl", "delay_ms": 300}
    await begin(client, root, task(*team(slow, *WIDTHS)))
    await all_begun(client, int(AGENTS * share))
    await program.kill()
    async with ConfiguredHost(tmp_path, text=CONFIG, settings=model_settings(endpoint)) as host:
        await at_rest(host)
        assert_whole(host)
        client = await host.client()
        await begin(client, root, task(*team(SAYS, 3, 2)))
        await at_rest(host)
        assert_whole(host)


async def test_a_tree_is_deleted_while_all_of_it_is_busy(
    host: ConfiguredHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored, read = Logs.stored, list[str]()

    async def counted(logs: Logs, thread_id: str) -> Stored:
        read.append(thread_id)
        return await stored(logs, thread_id)

    client = await host.client()
    root = await covered_root(client)
    other = await covered_root(client)
    await begin(client, root, task(*team(HANG, *WIDTHS)))
    await all_begun(client)
    with monkeypatch.context() as patch:
        patch.setattr(Logs, "stored", counted)
        await client.ok("thread/delete", {"threadId": root})
    assert read == [], "what its agents have for each other need not be known any more"
    told = [m["params"]["threadId"] for m in client.notices if m["method"] == "thread/deleted"]
    assert (len(told), len(set(told)), told[-1]) == (AGENTS + 1, AGENTS + 1, root)
    assert list(host.running.host.live.ids()) == [other]
    await at_rest(host)
    assert_whole(host)
    assert rows_naming(host, set(told)) == []
    assert host.running.host.stats().working == 0


def rows_naming(host: ConfiguredHost, gone: set[str]) -> list[object]:
    """The rows of views in which any of these threads is named."""
    log, found = database_of(host.running.logs.durable), list[object]()
    for table in all_views().tables:
        found += [row for row in log.rows(f"SELECT * FROM {table}") if not gone.isdisjoint(row)]
    return found
