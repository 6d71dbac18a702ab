"""What a provider's moderation says of a message, and how a client should present it."""

from typing import Annotated, Literal

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Wire
from threadhost.adapters.jsonrpc.models.variants import Tagged

HelplineSubject = Literal["answer", "prompt"]
TrustedContacts = Literal["check", "skip"]


class AnswerAnnotation(Wire):
    """What to show beside an answer."""

    kind: Literal["wellbeingHelpline"] = "wellbeingHelpline"
    subject: HelplineSubject


class AnswerReplacement(Wire):
    """What to show in the place of an answer."""

    kind: Literal["wellbeingPromptHelpline"] = "wellbeingPromptHelpline"


class ProtectionBlock(Wire):
    """An answer that a protection held back."""

    kind: Literal["protection"] = "protection"
    protection_type: str


def _is_unsaid(value: object) -> bool:
    return value is None


class CyberBlock(Wire):
    """An answer that would help an attack; whether trusted access would have got it."""

    kind: Literal["cyber"] = "cyber"
    trusted_access: Annotated[bool | None, Field(exclude_if=_is_unsaid)] = None


BlockReason = Annotated[ProtectionBlock | CyberBlock, Tagged("kind")]


class ShownAnswer(Wire):
    """The answer is shown, perhaps with something beside it."""

    mode: Literal["show"] = "show"
    version: Literal[1] = 1
    annotation: Annotated[AnswerAnnotation | None, Field(exclude_if=_is_unsaid)] = None
    trusted_contacts: TrustedContacts


class HiddenAnswer(Wire):
    """Something else is shown in the place of the answer."""

    mode: Literal["hide"] = "hide"
    version: Literal[1] = 1
    replacement: AnswerReplacement


class BlockedAnswer(Wire):
    """The answer is not shown."""

    mode: Literal["block"] = "block"
    version: Literal[1] = 1
    reason: BlockReason


AgentMessageDisplay = Annotated[ShownAnswer | HiddenAnswer | BlockedAnswer, Tagged("mode")]


class AgentMessageModeration(Wire):
    """A provider's verdict on a message."""

    moderated: bool
    display: AgentMessageDisplay | None = None
