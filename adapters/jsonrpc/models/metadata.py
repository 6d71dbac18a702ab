"""`thread/metadata/update`: a client's metadata of a thread."""

from typing import ClassVar

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.thread import Thread


class ThreadMetadataGitInfoUpdateParams(Wire):
    """Changes to the data of a repository.

    An absent field stays as it is, and null clears it: see `model_fields_set`.
    """

    sha: str | None = None
    """The commit; null clears it, absent leaves it unchanged."""
    branch: str | None = None
    """The branch; null clears it, absent leaves it unchanged."""
    origin_url: str | None = None
    """The URL from which the repository was cloned; null clears it, absent leaves it unchanged."""


class ThreadMetadataUpdateParams(Params):
    """A thread and what is to be changed; null is as good as absent but inside `git_info`."""

    experimental: ClassVar[tuple[str, ...]] = ("project_id", "daybreak_enabled")
    thread_id: str
    git_info: ThreadMetadataGitInfoUpdateParams | None = None
    """The changes to the repository's data: at least one field; null changes nothing."""
    project_id: str | None = None
    """Refused unless it is empty or null: the host keeps no projects."""
    daybreak_enabled: bool | None = None
    """A flag of the client, stored and shown; null leaves it unchanged."""


class ThreadMetadataUpdateResponse(Result):
    """The current thread."""

    thread: Thread
