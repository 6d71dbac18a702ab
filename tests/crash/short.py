"""A process that is short of something at the N-th time it wants it, for every N: under the shim.

python -m tests.crash.short files SCENARIO FOLDER STRIDE SECONDS     no file can be opened from N on
python -m tests.crash.short inodes SCENARIO FOLDER STRIDE SECONDS    no file can be made
python -m tests.crash.short threads SCENARIO FOLDER STRIDE SECONDS   no thread can be started

Each prints counts and violations as one JSON line. What is short is there again some time after it
was missed; whatever was refused has to work then, and no host may have stopped.
"""

import errno
import re
from functools import partial
from typing import Any

from tests.crash import scarce, shim
from tests.crash.scarce import FullDisk
from tests.scoreboard.forks import Tell
from tests.scoreboard.host import Refused, Talker, Unanswered
from threadhost.adapters.app import App

FILES = re.compile("out of open files|Too many open|cannot be opened")
INODES = re.compile("no space|No space|cannot be opened")
THREADS = re.compile("out of threads|can't start new thread")
SHORTAGES = {
    "files": (shim.OPEN, errno.EMFILE, FILES),
    "inodes": (shim.MAKE, errno.ENOSPC, INODES),
    "threads": (shim.THREAD, errno.EAGAIN, THREADS),
}


class Short(FullDisk):
    """One host that is short of something from a point on, until it is there again."""

    is_closed_while_full = False

    def __init__(self, what: str, name: str, home: object, *rest: object) -> None:
        super().__init__(name, home, *rest)  # type: ignore[arg-type]
        self._kind, self._error, self.words = SHORTAGES[what]

    async def run(self, tell: Tell) -> None:
        """All of it; the end of the loop has what it wants."""
        await super().run(tell)
        shim.work()

    def fail(self) -> None:
        """From this one on all fail."""
        super().fail()
        shim.fail(self._kind, self.point, 0, self._error)

    async def work(self, app: App) -> None:
        """As on a full disk; but the store is whole in the end, too."""
        await super().work(app)
        self.must(not app.failed.is_set(), "the host stopped for want of something scarce")

    async def reads(self, talker: Talker) -> None:
        """What is in a file of its own may have to wait; a list is always there."""
        try:
            await talker.ask("thread/list", limit=5)
            for thread_id in self.threads[:1]:
                await talker.ask("thread/read", threadId=thread_id, includeTurns=True)
        except (Refused, Unanswered) as error:
            said = str(error)
            if "not loaded" not in said and not self.words.search(said):
                self.tell(complaint=f"nothing can be read: {error}")


def main() -> None:
    """Do what the command line says, with the fault that the environment names."""
    lives: Any = {what: partial(Short, what) for what in SHORTAGES}
    scarce.LIVES |= lives
    scarce.main()


if __name__ == "__main__":
    main()
