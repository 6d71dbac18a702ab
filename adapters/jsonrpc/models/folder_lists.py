"""`skills/list` and `hooks/list`: what working folders bring along; here that is nothing."""

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire


class SkillsListParams(Params):
    """Of which folders; of the host's own if none is named."""

    cwds: list[str] = Field(default_factory=list)
    force_reload: bool = False


class SkillsListEntry(Wire):
    """The skills of one folder."""

    cwd: str
    skills: list[object] = Field(default_factory=list)
    errors: list[object] = Field(default_factory=list)


class SkillsListResponse(Result):
    """An entry for each folder, in the order asked for."""

    data: list[SkillsListEntry]


class HooksListParams(Params):
    """Of which folders, or of which thread's."""

    cwds: list[str] = Field(default_factory=list)
    thread_id: str | None = None


class HooksListEntry(Wire):
    """The hooks of one folder."""

    cwd: str
    hooks: list[object] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)
    errors: list[object] = Field(default_factory=list)


class HooksListResponse(Result):
    """An entry for each folder, in the order asked for."""

    data: list[HooksListEntry]
