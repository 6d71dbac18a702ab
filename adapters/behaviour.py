"""How a host behaves that is told so by its settings and its configuration."""

from threadhost.actors.goal_pacing import GoalPacing
from threadhost.actors.host import HostPolicy
from threadhost.actors.runtime.threads import ThreadPolicy
from threadhost.actors.tree import TreeLimits
from threadhost.adapters.config import Settings
from threadhost.adapters.configuration.record import TURN_TIMEOUT_MS, Configuration


def behaviour_of(settings: Settings, configuration: Configuration) -> HostPolicy:
    """How a host behaves that is told this."""
    tree = TreeLimits(settings.tree_depth_max, settings.tree_width_max, settings.tree_size_max)
    given = (settings.turn_timeout_ms, configuration.turn_timeout_ms, TURN_TIMEOUT_MS)
    turn_timeout_ms = next(limit for limit in given if limit is not None)
    threads = ThreadPolicy(
        tool_timeout_ms=settings.tool_timeout_ms,
        turn_timeout_ms=turn_timeout_ms,
        pacing=GoalPacing(settings.goal_wait_ms, settings.goal_wait_max_ms),
        agents=configuration.agents,
        memory_bytes_max=settings.limits.live_bytes_max,
    )
    return HostPolicy(settings.drain_timeout_ms, tree, threads)
