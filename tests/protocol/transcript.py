"""A recorded session as steps: what was sent, and what came until the next was sent."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tests.following import sessions
from tests.following.data import SESSIONS

ASKED = "the model is asked"


@dataclass
class Step:
    """Something sent, or a mark of the recorder, and all that came after it."""

    line: int
    message: Any = None
    raw: str | None = None
    mark: str | None = None
    data: Any = None
    came: list[Any] = field(default_factory=list)

    @property
    def method(self) -> str:
        """The method that was called, or nothing."""
        found = self.message.get("method") if isinstance(self.message, dict) else None
        return found if isinstance(found, str) else ""

    @property
    def is_start_of_a_process(self) -> bool:
        """Whether the recorder had started a server just before."""
        return self.method == "initialize" and self.message.get("id") == 1


def names() -> list[str]:
    """The recorded scenarios."""
    return sorted(path.stem for path in SESSIONS.glob("*.jsonl"))


@cache
def steps(scenario: str) -> list[Step]:
    """The steps of a scenario."""
    text = (SESSIONS / f"{scenario}.jsonl").read_text()
    return list(_steps(sessions.lines(text)))


def _steps(lines: Iterable[dict[str, Any]]) -> Iterator[Step]:
    step: Step | None = None
    for number, line in enumerate(lines):
        if line.get("note") == ASKED:
            continue  # what the model was newly asked: no client sees it
        if line["dir"] == "recv":
            assert step is not None
            step.came.append(line["msg"])
            continue
        if step is not None:
            yield step
        if line["dir"] == "mark":
            step = Step(number, mark=line["note"], data=line.get("data"))
        else:
            step = Step(number, line.get("msg"), line.get("raw"))
    if step is not None:
        yield step
