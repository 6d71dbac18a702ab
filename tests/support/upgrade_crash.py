"""A host that upgrades the log of version 0.1, and which dies when it comes to a point.

Arguments: the home, the point, how many times it may be reached before. With the point "none" it
says how often each point was reached, and ends well.
"""

import asyncio
import sys
from pathlib import Path

from tests.support.dying import Doomed
from threadhost.events.store.log import Log
from threadhost.events.store.sqlite import upgrade
from threadhost.projections import all_views

POINTS = ("upgrade.moving", "upgrade.moved", "upgrade.committed")
ROWS = 20
"""A statement moves so few that there are several in a small log."""


async def work(home: Path, point: str, times: int) -> None:
    """Start on it, or die on the way."""
    upgrade.ROWS_A_STATEMENT = ROWS
    doomed = Doomed(POINTS, point, times)
    log = Log.open(home, all_views())
    doomed.survived()
    await log.close()


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
