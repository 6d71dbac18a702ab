"""What members of teams are known by: read of each once, and not what is gone."""

from threadhost.actors.team_paths import TeamPaths
from threadhost.events.agent import AGENT, Agent
from threadhost.events.fold import Thread

STATES = {
    "root": Thread(id="root"),
    "a": AGENT.put(Thread(id="a", parent_id="root"), Agent(is_agent=True, path="/root/alpha")),
    "b-c": Thread(id="b-c", parent_id="root"),
}


class Reads:
    """Gives states of threads, and notes of which."""

    def __init__(self) -> None:
        self.of: list[str] = []

    async def __call__(self, thread_id: str) -> Thread | None:
        self.of.append(thread_id)
        return STATES.get(thread_id)


async def test_each_member_of_a_team_is_read_once_for_all_messages() -> None:
    paths, reads = TeamPaths(), Reads()
    assert await paths.of(["root", "a"], reads) == {"/root": "root", "/root/alpha": "a"}
    teams = [await paths.of(["root", "a", "b-c"], reads) for _ in range(3)]
    assert teams == [{"/root": "root", "/root/alpha": "a", "/root/b_c": "b-c"}] * 3
    assert reads.of == ["root", "a", "b-c"]


async def test_a_missing_thread_is_no_team_member_and_is_looked_up_again() -> None:
    paths, reads = TeamPaths(), Reads()
    assert await paths.of(["gone"], reads) == await paths.of(["gone"], reads) == {}
    assert reads.of == ["gone", "gone"]


async def test_no_more_names_are_kept_than_may_be() -> None:
    paths, reads = TeamPaths(paths_max=2), Reads()
    assert len(await paths.of(STATES, reads)) == 3
    await paths.of(["b-c", "root"], reads)
    assert reads.of == ["root", "a", "b-c", "root"]
