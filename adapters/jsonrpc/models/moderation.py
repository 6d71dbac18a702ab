"""The result of a provider's moderation of a message, and how a client should present it."""

from typing import Annotated, Literal

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Wire
from threadhost.adapters.jsonrpc.models.variants import Tagged

HelplineSubject = Literal["answer", "prompt"]
TrustedContacts = Literal["check", "skip"]


class AnswerAnnotation(Wire):
    """What to show beside an answer."""

    kind: Literal["wellbeingHelpline"] = "wellbeingHelpline"
    """Which annotation it is."""
    subject: HelplineSubject
    """Whether it is about the answer or about what was asked."""


class AnswerReplacement(Wire):
    """What to show in the place of an answer."""

    kind: Literal["wellbeingPromptHelpline"] = "wellbeingPromptHelpline"
    """Which replacement it is."""


class ProtectionBlock(Wire):
    """An answer that a protection held back."""

    kind: Literal["protection"] = "protection"
    """That a protection held it back."""
    protection_type: str
    """Which protection it was."""


def _is_unsaid(value: object) -> bool:
    return value is None


class CyberBlock(Wire):
    """An answer that would help an attack; whether trusted access would have got it."""

    kind: Literal["cyber"] = "cyber"
    """That it would help an attack."""
    trusted_access: Annotated[bool | None, Field(exclude_if=_is_unsaid)] = None
    """Whether trusted access would have got it; absent if that is not known."""


BlockReason = Annotated[ProtectionBlock | CyberBlock, Tagged("kind")]


class ShownAnswer(Wire):
    """The answer is shown, perhaps with something beside it."""

    mode: Literal["show"] = "show"
    """That the answer is shown."""
    version: Literal[1] = 1
    """The version of this form."""
    annotation: Annotated[AnswerAnnotation | None, Field(exclude_if=_is_unsaid)] = None
    """What to show beside it; absent for nothing."""
    trusted_contacts: TrustedContacts
    """Whether people whom the user trusts may have to be told."""


class HiddenAnswer(Wire):
    """Something else is shown in the place of the answer."""

    mode: Literal["hide"] = "hide"
    """That something else is shown."""
    version: Literal[1] = 1
    """The version of this form."""
    replacement: AnswerReplacement
    """What to show in its place."""


class BlockedAnswer(Wire):
    """The answer is not shown."""

    mode: Literal["block"] = "block"
    """Always `block`: nothing of the answer is shown."""
    version: Literal[1] = 1
    """The version of this form."""
    reason: BlockReason
    """What held it back."""


AgentMessageDisplay = Annotated[ShownAnswer | HiddenAnswer | BlockedAnswer, Tagged("mode")]


class AgentMessageModeration(Wire):
    """A provider's verdict on a message."""

    moderated: bool
    """Whether the provider took exception to it."""
    display: AgentMessageDisplay | None = None
    """How it is to be shown; null as it is."""
