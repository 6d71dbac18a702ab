"""`skills/list` and `hooks/list`: the skills and hooks of working folders."""

from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.methods.common import absolute, canonical
from threadhost.adapters.jsonrpc.models.folder_lists import (
    HooksListEntry,
    HooksListParams,
    HooksListResponse,
    SkillsListEntry,
    SkillsListParams,
    SkillsListResponse,
)
from threadhost.adapters.jsonrpc.registry import method


@method("skills/list", SkillsListParams, reads=True)
async def list_skills(params: SkillsListParams, call: Call) -> SkillsListResponse:
    """Answer that each folder has no skills: the host looks for none."""
    folders = params.cwds or [absolute("", call.session.folder)]
    return SkillsListResponse(data=[SkillsListEntry(cwd=cwd) for cwd in folders])


@method("hooks/list", HooksListParams, reads=True)
async def list_hooks(params: HooksListParams, call: Call) -> HooksListResponse:
    """Answer that each folder has no hooks: the host runs none."""
    folders = params.cwds or [absolute("", call.session.folder)]
    if params.thread_id is not None:
        folders = [await _folder(canonical(params.thread_id), call)]
    return HooksListResponse(data=[HooksListEntry(cwd=cwd) for cwd in folders])


async def _folder(thread_id: str, call: Call) -> str:
    row = await call.app.reading.known(thread_id)
    return row.cwd or "/"
