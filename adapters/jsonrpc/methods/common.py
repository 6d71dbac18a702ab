"""What several methods share: ids from clients, scopes, paths, limits of pages, idempotency."""

import os.path
from typing import Any, Protocol

from pydantic import BaseModel

from threadhost.adapters.home_socket import working_folder
from threadhost.adapters.jsonrpc.call import Call
from threadhost.adapters.jsonrpc.errors import refusal
from threadhost.adapters.jsonrpc.models.ids import thread_id as parsed
from threadhost.adapters.jsonrpc.scopes import ScopeKey
from threadhost.adapters.rollout_path import thread_at
from threadhost.events.bounds import is_large
from threadhost.events.store.committer import Idempotency

LIMIT_DEFAULT = 25
LIMIT_MAX = 100


class OfThread(Protocol):
    """Params that name a thread."""

    @property
    def thread_id(self) -> str:
        """The thread, as the client wrote it."""


class OfSession(OfThread, Protocol):
    """Params that name a thread by its id or its rollout."""

    @property
    def path(self) -> str | None:
        """The path of the rollout."""


class OfOneUse(Protocol):
    """Params with an idempotency key: the request is carried out once, however often it is sent."""

    @property
    def idempotency_key(self) -> str | None:
        """The key, if the client gave one."""

    def encode(self) -> bytes:
        """The params as bytes, to compare them with those of another request."""


def thread_scope(params: OfThread) -> ScopeKey:
    """Calls about one thread run one at a time, over all connections."""
    return ScopeKey(_thread_key(params))


def thread_reading(params: OfThread) -> ScopeKey:
    """Calls that only read one thread run together, and do not wait for other clients' changes."""
    return ScopeKey(_thread_key(params), shared=True)


def _thread_key(params: OfThread) -> str:
    """The key of a thread, the same for every spelling of its id."""
    path = getattr(params, "path", None)
    try:
        return f"thread {parsed(thread_at(path) if path else params.thread_id)}"
    except ValueError:
        return "no thread"


def canonical(text: str, noun: str = "thread") -> str:
    """A thread id in its canonical form. Raises RpcError that names the fault of an invalid id."""
    try:
        return parsed(text)
    except ValueError as error:
        raise refusal("invalidId", f"invalid {noun} id: {error}") from None


async def session_id(params: OfSession, call: Call) -> str:
    """The thread to resume or fork: the one whose rollout is at `path`, if given, else `threadId`.

    Raises RpcError for a path in another home, or a path of no thread in this home.
    """
    if not params.path:
        return canonical(params.thread_id, "session")
    thread_id = thread_at(params.path, call.app.shown.home)
    if not thread_id or await is_unknown(thread_id, call):
        right = "give the `path` of a thread of this host, or its `threadId`"
        raise refusal("rolloutNotFound", f"no rollout found at path {params.path}: {right}")
    return thread_id


async def is_unknown(thread_id: str, call: Call) -> bool:
    """Whether no thread has this id, loaded or stored."""
    return await call.app.reading.row(thread_id) is None


def absolute(path: str, folder: str) -> str:
    """The absolute path on the host, from the client's folder, or if that is empty the host's.

    `~` is the home folder of the user who runs the host. Each folder has one spelling: POSIX leaves
    the meaning of two leading slashes open; here, as on Linux, they mean one.
    """
    path = os.path.expanduser(path) if path.partition("/")[0] == "~" else path  # noqa: PTH111
    full_path = path if path.startswith("/") else f"{folder or working_folder()}/{path}"
    return "/" + os.path.normpath(full_path).lstrip("/")


def page_limit(limit: int | None) -> int:
    """The most entries of a page, from the limit that the client asked for."""
    return max(1, min(LIMIT_DEFAULT if limit is None else limit, LIMIT_MAX))


def plain(value: object) -> Any:  # noqa: ANN401 - JSON of any kind
    """A value from the wire as JSON."""
    return value.model_dump(mode="json", by_alias=True) if isinstance(value, BaseModel) else value


async def idempotency(params: OfOneUse, call: Call) -> Idempotency | None:
    """The idempotency key bound to the method, the params and the client; None without one."""
    key = params.idempotency_key
    if key is None:
        return None

    def bound() -> Idempotency:
        use = call.method.encode() + b" " + params.encode()
        return Idempotency.of(key, use, call.session.identity)

    return await call.app.off_loop.run(bound) if is_large([params]) else bound()
