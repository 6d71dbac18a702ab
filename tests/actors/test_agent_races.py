"""A tree is deleted while its agents are started, told, closed and opened: nothing is revived."""

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.agent_crash import begin, is_busy
from tests.support.hosts import ORIGIN
from tests.support.quiet import quiet
from tests.support.store import database_of
from tests.support.tree_truth import faults
from threadhost.actors.errors import Refusal
from threadhost.adapters.app import App, open_app
from threadhost.adapters.config import Settings
from threadhost.adapters.models.echo import EchoClient
from threadhost.events.base import Recorded

pytestmark = pytest.mark.slices

GROUPS = 10
SEEDS = 100
COMMITS = 45
"""About as many as the model's turn takes."""


async def race(app: App, seed: int) -> None:
    """Delete the tree, or an agent of it, once so many commits were made."""
    chance = random.Random(seed)
    left, now = chance.randrange(COMMITS), asyncio.Event()

    def published(facts: Sequence[Recorded]) -> None:
        nonlocal left
        left -= bool(facts)
        if left < 0:
            now.set()

    app.logs.durable.feed.listen(published)
    root = await begin(app)
    spent = asyncio.create_task(quiet(app.logs.durable, lambda: is_busy(app)))
    await asyncio.wait(
        [spent, waiting := asyncio.create_task(now.wait())], return_when=asyncio.FIRST_COMPLETED
    )
    waiting.cancel()
    for thread_id in targets(app, root, chance):
        try:
            await app.host.trees.delete(thread_id, ORIGIN)
        except Refusal:
            assert thread_id != root
    await spent
    await quiet(app.logs.durable, lambda: is_busy(app))


def targets(app: App, root: str, chance: random.Random) -> list[str]:
    """What is deleted: the root, or first one of its agents."""
    rows = database_of(app.logs.durable).rows("SELECT child_id FROM spawn_edges")
    some = [row[0] for row in rows if chance.random() < 1 / 2]
    return some if chance.random() < 1 / 3 else [*some[:1], root]


@pytest.mark.parametrize("group", range(GROUPS))
async def test_no_thread_of_a_deleted_tree_is_revived_or_left_by_agents_at_work(
    group: int, tmp_path: Path
) -> None:
    for seed in range(group, SEEDS, GROUPS):
        settings = Settings(tmp_path / str(seed), listen=())
        app = await open_app(settings, env={}, model=EchoClient("ok"))
        try:
            await race(app, seed)
            assert faults(app.logs.durable) == [], seed
            gone = {
                fact.event.thread_id  # type: ignore[union-attr]
                for fact in await app.logs.durable.read(0, 10_000)
                if fact.kind == "thread.deleted.v1"
            }
            assert not gone & set(app.host.live.ids())
        finally:
            await app.close()
