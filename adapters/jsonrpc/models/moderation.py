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
    """The name of the annotation."""
    subject: HelplineSubject
    """Whether the verdict is about the answer or about the prompt."""


class AnswerReplacement(Wire):
    """What to show in the place of an answer."""

    kind: Literal["wellbeingPromptHelpline"] = "wellbeingPromptHelpline"
    """The variant: a replacement."""


class ProtectionBlock(Wire):
    """An answer that a protection held back."""

    kind: Literal["protection"] = "protection"
    """The variant: a protection blocked the answer."""
    protection_type: str
    """The protection that blocked the answer."""


def _is_unsaid(value: object) -> bool:
    return value is None


class CyberBlock(Wire):
    """An answer that would help an attack; whether trusted access would have got it."""

    kind: Literal["cyber"] = "cyber"
    """The variant: the answer would help an attack."""
    trusted_access: Annotated[bool | None, Field(exclude_if=_is_unsaid)] = None
    """Whether trusted access would get the answer; absent if that is not known."""


BlockReason = Annotated[ProtectionBlock | CyberBlock, Tagged("kind")]


class ShownAnswer(Wire):
    """The client shows the answer, perhaps with something beside it."""

    mode: Literal["show"] = "show"
    """The variant: the answer is shown."""
    version: Literal[1] = 1
    """The version of this format."""
    annotation: Annotated[AnswerAnnotation | None, Field(exclude_if=_is_unsaid)] = None
    """What to show beside it; absent for nothing."""
    trusted_contacts: TrustedContacts
    """Whether the user's trusted contacts may have to be notified."""


class HiddenAnswer(Wire):
    """The client shows something else in place of the answer."""

    mode: Literal["hide"] = "hide"
    """The variant: something else is shown."""
    version: Literal[1] = 1
    """The version of this format."""
    replacement: AnswerReplacement
    """What to show in its place."""


class BlockedAnswer(Wire):
    """The client does not show the answer."""

    mode: Literal["block"] = "block"
    """Always `block`: the client shows nothing of the answer."""
    version: Literal[1] = 1
    """The version of this format."""
    reason: BlockReason
    """The protection that held it back."""


AgentMessageDisplay = Annotated[ShownAnswer | HiddenAnswer | BlockedAnswer, Tagged("mode")]


class AgentMessageModeration(Wire):
    """A provider's verdict on a message."""

    moderated: bool
    """Whether the provider flagged it."""
    display: AgentMessageDisplay | None = None
    """How to show it; null to show it unchanged."""
