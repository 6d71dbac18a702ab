"""Makes the command that imports a thread of codex, and notes what the import leaves out."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from pydantic.alias_generators import to_camel

from threadhost.actors.errors import Refusal
from threadhost.actors.goal import good_objective
from threadhost.actors.imported import ImportThread
from threadhost.adapters.codex.home import RolloutContents
from threadhost.adapters.codex.metadata import NOTHING, CodexMetadata
from threadhost.adapters.codex.moments import moment, of_milliseconds, of_seconds
from threadhost.adapters.codex.planning import Planned
from threadhost.adapters.codex.settings import ToolsRefused, spawn_of, with_tools
from threadhost.events.bounds import LARGE_CHARS
from threadhost.events.goal_state import Goal, GoalStatus
from threadhost.events.imported import ForeignLinesKept, KeptLine, ThreadImported
from threadhost.events.memory import MemoryMode
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.usage import COUNT_MAX
from threadhost.events.words import AGENT_SOURCE, PROGRAMS

PROGRAM = "codex"
AHEAD_OF_PAST = 3
"""Events that describe a thread, before its history."""
KEPT_BYTES = 4 * 1024 * 1024
"""How many bytes of unknown lines one event keeps; a single line may be larger."""
LINE_CHARS_MAX = 24 * 1024 * 1024
CUT = " (too long to be kept)"
NAME_CHARS_MAX = 10_000
GIT = {"sha": "commit_hash", "branch": "branch", "origin_url": "repository_url"}
ROW_OF_GIT = {"sha": "git_sha", "branch": "git_branch", "origin_url": "git_origin_url"}
SOURCES = {"mcp": "appServer", "app_server": "appServer"}


class ImportCommand(NamedTuple):
    """The command that imports a thread, and notes on what is missing."""

    command: ImportThread
    notes: Sequence[str]


def import_command(
    planned: Planned, read: RolloutContents, metadata: CodexMetadata, goal_id: str
) -> ImportCommand:
    """The command for a thread that was read."""
    thread_id, meta, past = planned.thread_id, read.meta, read.past
    row, notes = metadata.rows.get(thread_id, NOTHING), list(read.notes)
    settings = past.first_settings
    try:
        tools = meta.get("dynamic_tools") or metadata.tools.get(thread_id)
        settings = with_tools(settings, tools)
    except ToolsRefused as error:
        notes.append(str(error))
    begun_ms = _begun_ms(meta, row, past.at_ms)
    imported = ThreadImported(
        program=PROGRAM,
        provider=settings.model_provider,
        created_at_ms=begun_ms,
        updated_at_ms=max(past.at_ms, begun_ms),
        digest=read.digest,
        size_bytes=read.size_bytes,
        lines=read.lines,
    )
    edge, forked_from_id = planned.edge, planned.forked_from_id
    name = row.get("name") or metadata.names.get(thread_id) or past.name
    command = ImportThread(
        thread_id=thread_id,
        settings=settings,
        source=_source(meta, is_spawned=edge is not None),
        parent_id=edge.parent_id if edge else None,
        history_mode="paginated" if meta.get("history_mode") == "paginated" else "legacy",
        session_id=planned.session_id,
        imported=imported,
        past=past.events(AHEAD_OF_PAST + 1),
        kept=_kept(past.kept),
        forked_from_id=forked_from_id,
        name=name.strip()[:NAME_CHARS_MAX] if isinstance(name, str) else None,
        git=_git(meta, row),
        goal=_goal(metadata.goals.get(thread_id), past.goal, goal_id, notes),
        memory_mode=_memory_mode(row, meta),
        archived=planned.archived or row.get("archived") == 1,
        is_agent=bool(spawn_of(meta)),
        is_open=edge.is_open if edge else False,
        is_large=read.size_bytes > LARGE_CHARS,
    )
    return ImportCommand(command, notes)


def _begun_ms(meta: Mapping[str, Any], row: Mapping[str, Any], default_ms: int) -> int:
    exact = moment(meta.get("timestamp")), of_milliseconds(row.get("created_at_ms"))
    candidates = (*exact, of_seconds(row.get("created_at")))
    return next((at_ms for at_ms in candidates if at_ms is not None), default_ms)


def _source(meta: Mapping[str, Any], *, is_spawned: bool) -> str:
    if is_spawned:
        return AGENT_SOURCE
    source = meta.get("source")
    word = SOURCES.get(source, source) if isinstance(source, str) else ""
    return word if word in PROGRAMS else "unknown"


def _git(meta: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, str | None]:
    git = meta.get("git")
    columns = {name: git.get(key) for name, key in GIT.items()} if isinstance(git, dict) else {}
    columns |= {name: row[key] for name, key in ROW_OF_GIT.items() if row.get(key)}
    return {name: text for name, text in columns.items() if isinstance(text, str)}


def _memory_mode(row: Mapping[str, Any], meta: Mapping[str, Any]) -> MemoryMode:
    """A thread that codex calls polluted must not be remembered here either."""
    mode = row.get("memory_mode") or meta.get("memory_mode") or "enabled"
    return "enabled" if mode == "enabled" else "disabled"


def _goal(
    row: Mapping[str, Any] | None, event: Mapping[str, Any] | None, goal_id: str, notes: list[str]
) -> Goal | None:
    """The goal from the database, or else the last one in the rollout."""
    if row is None and not isinstance(event, dict):
        return None
    goal = row if row is not None else _as_row(event or {})
    status = to_camel(str(goal.get("status")))
    try:
        objective = good_objective(str(goal.get("objective") or ""))
    except Refusal as error:
        notes.append(f"its goal is left out: {error}")
        return None
    if status not in get_args(GoalStatus):
        notes.append("its goal is left out: its status is not known here")
        return None
    began_ms = of_milliseconds(goal.get("created_at_ms")) or 0
    budget = goal.get("token_budget")
    return Goal(
        goal_id,
        objective=objective,
        status=status,  # type: ignore[arg-type]
        token_budget=_count(budget) if type(budget) is int and budget > 0 else None,
        tokens_used=_count(goal.get("tokens_used")),
        time_used_ms=_count(goal.get("time_used_seconds")) * 1000,
        created_at_ms=began_ms,
        updated_at_ms=of_milliseconds(goal.get("updated_at_ms")) or began_ms,
    )


def _as_row(event: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "objective": event.get("objective"),
        "status": event.get("status"),
        "token_budget": event.get("tokenBudget"),
        "tokens_used": event.get("tokensUsed"),
        "time_used_seconds": event.get("timeUsedSeconds"),
        "created_at_ms": of_seconds(event.get("createdAt")),
        "updated_at_ms": of_seconds(event.get("updatedAt")),
    }


def _count(value: object) -> int:
    return min(max(value, 0), COUNT_MAX // 1000) if type(value) is int else 0


def _kept(lines: Sequence[KeptLine]) -> list[ForeignLinesKept]:
    """The lines in events of bounded size."""
    batches: list[list[KeptLine]] = []
    room = 0
    for line in lines:
        if len(line.text) > LINE_CHARS_MAX:
            line = line.model_copy(update={"text": "", "why": line.why + CUT})  # noqa: PLW2901
        if len(line.text) > room or not batches:
            batches.append([])
            room = KEPT_BYTES
        batches[-1].append(line)
        room -= len(line.text)
    return [ForeignLinesKept(lines=batch) for batch in batches]
