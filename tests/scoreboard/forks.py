"""Processes that start in milliseconds, report as they go, and can be killed at any moment."""

import json
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any, Self

READ_BYTES = 1 << 16
Report = dict[str, Any]
Tell = Callable[..., None]


class Fork:
    """A child of this process that runs `work(tell, told)` and exits; reports arrive as dicts.

    What is written to `tell_end` can be read from the descriptor `told` in the child. To be made
    where no event loop runs and no other thread lives.
    """

    def __init__(self, work: Callable[[Tell, int], None]) -> None:
        self._read_end, write_end = os.pipe()
        told, self.tell_end = os.pipe()
        self.heard: list[Report] = []
        self._rest = b""
        self._reaped = False
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._read_end)
            os.close(self.tell_end)
            _be_the_child(work, write_end, told)
        os.close(write_end)
        os.close(told)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.kill()
        os.close(self._read_end)
        os.close(self.tell_end)

    def next(self, seconds: float) -> Report | None:
        """The next thing it tells, or None if it ends or takes longer."""
        end = time.monotonic() + seconds
        while b"\n" not in self._rest:
            ready, _, _ = select.select([self._read_end], [], [], max(0, end - time.monotonic()))
            data = os.read(self._read_end, READ_BYTES) if ready else b""
            if not data:
                return None
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        self.heard.append(json.loads(line))
        return self.heard[-1]

    def until(self, what: str, seconds: float = 20.0) -> Report | None:
        """The next report with this key, or None if it ends or takes longer."""
        end = time.monotonic() + seconds
        while (found := self.next(end - time.monotonic())) is not None:
            if what in found:
                return found
        return None

    def rest(self, seconds: float = 60.0) -> Iterator[Report]:
        """All that it still tells, to its end."""
        end = time.monotonic() + seconds
        while (found := self.next(end - time.monotonic())) is not None:
            yield found

    def kill(self) -> None:
        """End it as a power cut would, if it has not ended; idempotent."""
        if not self._reaped:
            os.kill(self.pid, signal.SIGKILL)
            self.wait()

    def wait(self) -> int:
        """Its exit code, negative for a signal."""
        if self._reaped:
            return 0
        self._reaped = True
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def _be_the_child(work: Callable[[Tell, int], None], write_end: int, told: int) -> None:
    def tell(**report: object) -> None:
        os.write(write_end, json.dumps(report, default=str).encode() + b"\n")

    code = 1
    try:
        work(tell, told)
        code = 0
    except BaseException as error:  # noqa: BLE001  (the parent has to hear of it)
        tell(failed="".join(traceback.format_exception(error))[-2000:])
    finally:
        os._exit(code)


def die() -> None:
    """End this process as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)
