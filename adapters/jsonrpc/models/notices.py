"""Notifications for people: errors, warnings and deprecations."""

from typing import ClassVar

from threadhost.adapters.jsonrpc.models.base import Notification
from threadhost.adapters.jsonrpc.models.turn_error import TurnError


class ErrorNotification(Notification):
    """A turn met an error; `will_retry` says whether the host tries again."""

    method: ClassVar[str] = "error"
    error: TurnError
    """What went wrong."""
    will_retry: bool
    """Whether the host tries again within the turn."""
    thread_id: str
    turn_id: str


class WarningNotification(Notification):
    """The host warns the user of a possible problem."""

    method: ClassVar[str] = "warning"
    thread_id: str | None = None
    """The id of the thread that it concerns; null for none."""
    message: str
    """What went wrong or may go wrong, in a sentence for people."""


class DeprecationNoticeNotification(Notification):
    """The client uses something that later versions will not have."""

    method: ClassVar[str] = "deprecationNotice"
    summary: str
    """What the client uses that later versions will not have."""
    details: str | None = None
    """What to use instead; null if there is nothing to say."""
