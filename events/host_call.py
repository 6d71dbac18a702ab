"""A call of a tool that the host itself answers."""

from threadhost.events.named_tuple import NamedTuple

GOALS = "goal"
"""The family of the tools by which a model sets and ends the goal of its thread."""


AGENTS = "agents"
"""The family of the tools by which a model starts agents and sends them messages."""


TEAM = "team"
"""The same for agents that are addressed by name: the second family of these tools."""


JOBS = "jobs"
"""The family of the tools of jobs: start one, wait for it, report the result of a row."""


class HostCall(NamedTuple):
    """Which tool of which family, and the arguments as the model wrote them."""

    name: str
    arguments: str
    namespace: str | None = None
    family: str = GOALS
