"""The preview of a deletion."""

from collections.abc import Sequence

from threadhost.actors.runtime.threads import LiveThreads
from threadhost.actors.runtime.tree_actor import TreeActor
from threadhost.actors.tree import holds_against, leaf_first
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.tree import DeletionTarget


class DeletionPreview(NamedTuple):
    """What a deletion would do now: its threads breadth first, and which of them are busy."""

    targets: Sequence[DeletionTarget]
    open_edges: dict[str, bool]
    live: frozenset[str]
    busy: frozenset[str]
    surviving_forks: Sequence[str] = ()
    holds: Sequence[tuple[str, str]] = ()
    """Legal holds in the way, (thread, matter) each."""

    @property
    def order(self) -> list[str]:
        """The order of removal: leaf first, threads in memory before all others."""
        order = sorted(leaf_first(self.targets), key=lambda target: not target.ephemeral)
        return [target.thread_id for target in order]


async def preview(root_id: str, tree: TreeActor, threads: LiveThreads) -> DeletionPreview:
    """What deleting a thread of a tree would do now."""
    targets = await tree.targets_below(root_id)
    live = {t.thread_id for t in targets if threads.get(t.thread_id)}
    busy = {t for t in live if (actor := threads.get(t)) and actor.state.turn is not None}
    nodes = tree.tree.merged(tree.ephemeral).nodes
    is_open = {t.thread_id: nodes[t.thread_id].is_open for t in targets if t.thread_id in nodes}
    forks = await tree.surviving_forks([t.thread_id for t in targets])
    holds = holds_against(root_id, targets, tree.tree)
    return DeletionPreview(targets, is_open, frozenset(live), frozenset(busy), forks, holds)
