"""Notifications that tell a person something: errors, warnings and deprecations."""

from typing import ClassVar

from threadhost.adapters.jsonrpc.models.base import Notification
from threadhost.adapters.jsonrpc.models.turn_error import TurnError


class ErrorNotification(Notification):
    """A turn met an error; `will_retry` says whether it goes on."""

    method: ClassVar[str] = "error"
    error: TurnError
    will_retry: bool
    thread_id: str
    turn_id: str


class WarningNotification(Notification):
    """Something may go worse than expected."""

    method: ClassVar[str] = "warning"
    thread_id: str | None = None
    message: str


class DeprecationNoticeNotification(Notification):
    """The client uses something that will go."""

    method: ClassVar[str] = "deprecationNotice"
    summary: str
    details: str | None = None
