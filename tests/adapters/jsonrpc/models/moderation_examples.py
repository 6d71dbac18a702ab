"""Every verdict that a provider's moderation can have on a message."""

from threadhost.adapters.jsonrpc.models.moderation import (
    AgentMessageModeration,
    AnswerAnnotation,
    AnswerReplacement,
    BlockedAnswer,
    CyberBlock,
    HiddenAnswer,
    ProtectionBlock,
    ShownAnswer,
)

VERDICTS = [
    AgentMessageModeration(moderated=display is not None, display=display)
    for display in (
        ShownAnswer(trusted_contacts="skip", annotation=AnswerAnnotation(subject="answer")),
        ShownAnswer(trusted_contacts="check"),
        HiddenAnswer(replacement=AnswerReplacement()),
        BlockedAnswer(reason=ProtectionBlock(protection_type="p")),
        BlockedAnswer(reason=CyberBlock(trusted_access=False)),
        BlockedAnswer(reason=CyberBlock()),
        None,
    )
]
