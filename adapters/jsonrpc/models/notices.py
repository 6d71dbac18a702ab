"""Notifications for people: errors, warnings and deprecations."""

from typing import ClassVar

from threadhost.adapters.jsonrpc.models.base import Notification
from threadhost.adapters.jsonrpc.models.turn_error import TurnError


class ErrorNotification(Notification):
    """A turn met an error; `will_retry` says whether it goes on."""

    method: ClassVar[str] = "error"
    error: TurnError
    """What went wrong."""
    will_retry: bool
    """Whether the turn goes on with another try."""
    thread_id: str
    turn_id: str


class WarningNotification(Notification):
    """Something may go worse than expected."""

    method: ClassVar[str] = "warning"
    thread_id: str | None = None
    """The thread it is about, by its id; null if it is of none."""
    message: str
    """What went otherwise than expected, or may, in a sentence for people."""


class DeprecationNoticeNotification(Notification):
    """The client uses something that will go."""

    method: ClassVar[str] = "deprecationNotice"
    summary: str
    """What the client uses that a later version will not have."""
    details: str | None = None
    """What to use instead; null if there is nothing to say."""
