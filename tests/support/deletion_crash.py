"""A process that deletes a tree in a home and dies when it comes to a given point a given time.

Arguments: the home, the root's id, the point, how many times it may be reached before; with the
point "none" it writes how often each point was reached and ends well.
"""

import asyncio
import os
import sys
from pathlib import Path

from tests.support.dying import Doomed
from tests.support.hosts import ORIGIN, POLICY, PuppetModel, Rig
from threadhost.actors.runtime import deletion

POINTS = [
    "store.begin",
    "store.before_commit",
    "store.committed",
    "deletion.planned",
    "deletion.shut_down",
    "deletion.files_removed",
    "deletion.batch_buried",
    "deletion.buried",
    "deletion.keys_destroyed",
    "deletion.completed",
]
BATCH = 3
"""Tombstones in a transaction here, so that a small tree needs several."""


async def delete(home: Path, root: str, point: str, times: int) -> None:
    """Delete the tree, or die on the way."""
    deletion.TOMBSTONES_A_TRANSACTION_MAX = BATCH
    rig = Rig(home, PuppetModel(), POLICY)
    await rig.turn(root)  # one of them is live and busy
    doomed = Doomed(POINTS, point, times)
    await rig.host.trees.delete(root, ORIGIN)
    doomed.survived()
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(delete(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])))
