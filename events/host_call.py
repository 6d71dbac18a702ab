"""A call of a tool that the host answers by itself."""

from threadhost.events.named_tuple import NamedTuple

GOALS = "goal"
"""The family of the tools by which a model sets and ends the goal of its thread."""


AGENTS = "agents"
"""The family of the tools by which a model starts agents and speaks with them."""


TEAM = "team"
"""The same under names, with the tools of the second family."""


JOBS = "jobs"
"""The family of the tools of jobs: to start one, to wait for it, to report what came of a row."""


class HostCall(NamedTuple):
    """Which tool of which family, and the arguments as the model wrote them."""

    name: str
    arguments: str
    namespace: str | None = None
    family: str = GOALS
