"""The script of an offline model: a line in a user message that tells it what to do."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError
from pydantic_core import from_json

from threadhost.actors.goal_words import OBJECTIVE, OPEN
from threadhost.adapters.models.failures import code_of_status
from threadhost.events.agent_words import FINAL_ANSWER, NOTIFICATION
from threadhost.events.memory_words import BY_USER, NOTES, NOTES_END, RECORD
from threadhost.events.named_tuple import NamedTuple

MARKS = ("@echo", "@@mock")
SCRIPT = re.compile(r"(?:^[ \t]*@echo|@@mock)[ \t]+(?=\{)", re.MULTILINE)

OUTPUT = "{output}"
"""A placeholder in a step's text for the latest tool output."""
AGENT = "$A"
"""With a number, a placeholder in a call's arguments for an agent that was started earlier."""
OF_AGENTS = (NOTIFICATION, f"Message Type: {FINAL_ANSWER}\n", "Message Type: MESSAGE\n")
"""The beginnings of messages that agents get beside their work."""
JOB_TASK = re.compile(
    r"You work on one item of a job, by yourself\.\n\nJob: (\S+)\nItem: ([^\n]*)\n\n"
    r"(.*?)\n\nThe item's row, as JSON:\n",
    re.DOTALL,
)
"""The task of a job's worker: job, item and instruction."""
REPORT = "report_agent_job_result"
JOB, ITEM = "$JOB", "$ITEM"
"""Placeholders in a call's arguments for the job and the item of a worker's task."""
SPAWNED = re.compile(r'^\{"agent_id":"([0-9a-f-]{36})"')

Milliseconds = Annotated[int, Field(ge=0, le=86_400_000)]


class _ScriptModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Failure(_ScriptModel):
    """How a step fails: the fields of ModelFailed."""

    message: str = "scripted failure"
    code: str = "other"
    http_status: int | None = Field(default=None, ge=400, le=599)
    transient: bool = False
    retry_after_ms: Milliseconds | None = None


class Call(_ScriptModel):
    """A function call that a step makes."""

    name: str
    args: dict[str, JsonValue] = {}
    namespace: str | None = None
    id: str | None = None
    """Ignored here, as the host names calls; other players of such scripts use it."""


class Usage(_ScriptModel):
    """The tokens that a step reports."""

    input: int = Field(default=10, ge=0)
    cached_input: int = Field(default=0, ge=0)
    output: int = Field(default=5, ge=0)
    reasoning_output: int = Field(default=0, ge=0)
    total: int = Field(default=15, ge=0)


class Step(_ScriptModel):
    """One response: its calls come first, then its text."""

    text: str | None = None
    deltas: int = Field(default=1, ge=1)
    gap_ms: Milliseconds = 0
    delay_ms: Milliseconds = 0
    fail: Failure | None = None
    status: int | None = Field(default=None, ge=400, le=599)
    hang: bool = False
    breaks: bool = Field(default=False, alias="break")
    calls: tuple[Call, ...] = ()
    reasoning: str | None = None
    usage: Usage = Field(default_factory=Usage)
    tokens: tuple[int, int] | None = None
    """The same in short: input and output tokens."""

    @property
    def failure(self) -> Failure | None:
        """The failure of the step, which may name just an HTTP status."""
        if self.status is not None and self.fail is None:
            return Failure(code=code_of_status(self.status), http_status=self.status)
        return self.fail

    @property
    def used(self) -> dict[str, int]:
        """The tokens that it reports, by kind."""
        if self.tokens is None:
            return self.usage.model_dump()
        input_tokens, output_tokens = self.tokens
        total = input_tokens + output_tokens
        return Usage(input=input_tokens, output=output_tokens, total=total).model_dump()

    @property
    def answer(self) -> str | None:
        """The text of the answer; a step without any action says "ok"."""
        return "ok" if self.text is None and not self.calls and not self.hang else self.text

    @property
    def pieces(self) -> list[str]:
        """The deltas of the answer."""
        text = self.answer or ""
        size = max(1, -(-len(text) // self.deltas))
        return [text[start : start + size] for start in range(0, len(text), size)]


class Script(_ScriptModel):
    """The steps of a turn; the last one repeats."""

    steps: tuple[Step, ...] = Field(min_length=1)


NO_AGENTS: Mapping[str, str] = {}


class Prompt(NamedTuple):
    """The part of a history that concerns an offline model."""

    text: str
    outputs: tuple[str, ...] = ()
    """The tool outputs after the user's message, the latest first."""
    goes_on: int = 0
    """How many earlier turns for the same goal there were."""
    agents: Mapping[str, str] = NO_AGENTS
    """The agents started so far, if the text names any, the first as `$A1`; and a worker's job."""

    def step(self) -> Step | None:
        """The step that a script in the text selects; None without a script.

        A script that cannot be parsed becomes a step that says so.
        """
        if self.text.startswith((RECORD, NOTES)):
            return Step(text=remembered(self.text))
        is_there = any(mark in self.text for mark in MARKS)
        match = SCRIPT.search(self.text) if is_there else None
        if match is None:
            return self._reported()
        try:
            _, end = json.JSONDecoder().raw_decode(self.text, match.end())
            steps = Script.model_validate_json(self.text[match.end() : end]).steps
        except json.JSONDecodeError as error:
            return Step(text=f"bad @echo script: {error.msg} at character {error.pos}")
        except ValidationError as error:
            return Step(text=f"bad @echo script: {_first_fault(error)}")
        except RecursionError:
            return Step(text="bad @echo script: nested too deeply")
        step = steps[self._number_in(steps)]
        changed: dict[str, object] = {}
        if step.text is not None and OUTPUT in step.text:
            output = self.outputs[0] if self.outputs else ""
            changed["text"] = step.text.replace(OUTPUT, output)
        if self.agents:
            calls = (
                call.model_copy(update={"args": self._named(call.args)}) for call in step.calls
            )
            changed["calls"] = tuple(calls)
        return step.model_copy(update=changed) if changed else step

    def _reported(self) -> Step | None:
        """The report of a job's worker, and then its last text; None for other threads."""
        match = JOB_TASK.match(self.text)
        if match is None:
            return None
        if self.outputs:
            return Step(text="reported")
        result = {"answer": match[3]}
        args = {"job_id": match[1], "item_id": match[2], "result": result}
        return Step(calls=(Call(name=REPORT, args=args),))

    def _number_in(self, steps: Sequence[Step]) -> int:
        """The number of the next step: a step is over when all of its calls were answered."""
        number, answers = 0, self.goes_on + len(self.outputs)
        while number < len(steps) - 1 and answers >= max(1, len(steps[number].calls)):
            answers -= max(1, len(steps[number].calls))
            number += 1
        return number

    def _named(self, value: Any) -> Any:  # noqa: ANN401  (JSON)
        """The same with placeholders replaced by ids."""
        if isinstance(value, str):
            return self.agents.get(value, value)
        if isinstance(value, list):
            return [self._named(entry) for entry in value]
        if isinstance(value, dict):
            return {key: self._named(entry) for key, entry in value.items()}
        return value


def last_prompt(history: Sequence[bytes]) -> Prompt:
    """The text of the last user message, and the tool outputs after it."""
    outputs: list[str] = []
    for encoded in reversed(history):
        item = from_json(encoded)
        kind = item.get("type", "message")
        if kind == "message" and item.get("role") == "user":
            text = _text_of(item.get("content"))
            if text.startswith(OF_AGENTS):
                continue
            agents = _agents(history) if AGENT in text else NO_AGENTS
            if (match := JOB_TASK.match(text)) is not None:
                agents = {**agents, JOB: match[1], ITEM: match[2]}
            return Prompt(text, tuple(outputs), _continuations(text, history), agents)
        if str(kind).endswith("_output"):
            outputs.append(_text_of(item.get("output")))
    return Prompt("", tuple(outputs))


def remembered(record: str) -> str:
    """An offline model's memory: what the user said, a line each, or all notes unchanged."""
    if record.startswith(NOTES):
        return record.removeprefix(NOTES).removesuffix(NOTES_END).strip()
    lines = [line.removeprefix(BY_USER) for line in record.splitlines() if line.startswith(BY_USER)]
    return "\n".join(f"The user said: {line}" for line in lines)


def _agents(history: Sequence[bytes]) -> Mapping[str, str]:
    """The ids of agents in the outputs of calls, by `$A` and a number."""
    ids: list[str] = []
    for encoded in history:
        match = SPAWNED.search(_text_of(from_json(encoded).get("output")))
        if match is not None:
            ids.append(match[1])
    return {f"{AGENT}{number}": agent_id for number, agent_id in enumerate(ids, 1)}


def _continuations(text: str, history: Sequence[bytes]) -> int:
    """How many earlier turns there were for the goal of this turn.

    A goal's script continues from turn to turn.
    """
    if not text.startswith(OPEN):
        return 0
    _, _, objective = text.partition(OBJECTIVE)
    items = [from_json(encoded) for encoded in history]
    messages = (_text_of(item.get("content")) for item in items if item.get("role") == "user")
    return sum(message.startswith(OPEN) and message.endswith(objective) for message in messages) - 1


def _text_of(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    return "\n".join(text for text in texts if isinstance(text, str))


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(step) for step in fault["loc"])
    return f"{place}: {fault['msg']}" if place else fault["msg"]
