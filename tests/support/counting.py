"""Work in numbers that no other program on the machine changes."""

import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any


@dataclass
class Counted:
    """What was done in a block."""

    bytecodes: int = 0


@contextmanager
def counted() -> Iterator[Counted]:
    """Count what this thread executes in frames that are entered, or gone on with, in the block."""
    found, before = Counted(), sys.gettrace()

    def enter(frame: FrameType, event: str, argument: Any) -> Any:
        frame.f_trace_opcodes = True
        return step

    def step(frame: FrameType, event: str, argument: Any) -> Any:
        found.bytecodes += event == "opcode"
        return step

    # To Python 3.12 one frame has to want this before: it would count nothing the first time.
    if (here := inspect.currentframe()) is not None:
        here.f_trace_opcodes = True
    sys.settrace(enter)
    try:
        yield found
    finally:
        sys.settrace(before)
