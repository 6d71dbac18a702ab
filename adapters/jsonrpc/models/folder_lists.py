"""`skills/list` and `hooks/list`: what working folders bring along; here that is nothing."""

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.events.empty import no_list


class SkillsListParams(Params):
    """Of which folders; of the host's own if none is named."""

    cwds: list[str] = Field(default_factory=no_list)
    force_reload: bool = False


class SkillsListEntry(Wire):
    """The skills of one folder."""

    cwd: str
    skills: list[object] = Field(default_factory=no_list)
    errors: list[object] = Field(default_factory=no_list)


class SkillsListResponse(Result):
    """An entry for each folder, in the order asked for."""

    data: list[SkillsListEntry]


class HooksListParams(Params):
    """Of which folders, or of which thread's."""

    cwds: list[str] = Field(default_factory=no_list)
    thread_id: str | None = None


class HooksListEntry(Wire):
    """The hooks of one folder."""

    cwd: str
    hooks: list[object] = Field(default_factory=no_list)
    warnings: list[str] = Field(default_factory=no_list)
    errors: list[object] = Field(default_factory=no_list)


class HooksListResponse(Result):
    """An entry for each folder, in the order asked for."""

    data: list[HooksListEntry]
