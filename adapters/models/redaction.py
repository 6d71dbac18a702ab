"""Failures in words that are fit to be shown: on one line, bounded, without a secret."""

import re
from collections.abc import Iterable
from json import dumps
from typing import TYPE_CHECKING
from urllib.parse import quote

from threadhost.actors.models import ResponseDone
from threadhost.adapters.models.failures import plain

if TYPE_CHECKING:
    from pydantic import SecretStr

    from threadhost.actors.models import ModelEvent, ModelFailed
    from threadhost.adapters.models.api_keys import KeySource
    from threadhost.adapters.models.provider import Provider

HIDDEN = "[redacted]"
BEGINNING_CHARS_MIN = 8
"""So much of a secret is no other word by chance."""


class Redaction:
    """Knows what of a provider may be secret; `secrets` are those of the way to it."""

    def __init__(
        self, provider: "Provider", keys: "KeySource", secrets: "Iterable[SecretStr]" = ()
    ) -> None:
        texts = (secret.get_secret_value() for secret in secrets)
        self._fixed = frozenset((*provider.secrets(), *filter(None, texts)))
        self._keys = keys
        self._spelt: tuple[frozenset[str], list[str]] = (frozenset(), [])
        """What was last asked for, and how it may be spelt."""

    def apply(self, failure: "ModelFailed") -> None:
        """Leave words that are fit to be shown, and never a secret."""
        failure.message = plain(self._without_secret(failure.message))
        failure.args = (failure.message,)
        if failure.details is not None:
            failure.details = plain(self._without_secret(failure.details))

    def seen(self, event: "ModelEvent") -> "ModelEvent":
        """An event without a secret in what names the response, which is recorded as it came."""
        if isinstance(event, ResponseDone) and event.response_id:
            return event._replace(response_id=self._without_secret(event.response_id))
        return event

    def _without_secret(self, text: str) -> str:
        secrets = self._secrets()
        for secret in secrets:
            text = re.sub(re.escape(secret), HIDDEN, text, flags=re.IGNORECASE)
        return _without_beginning(text, secrets)

    def _secrets(self) -> list[str]:
        """What may be secret, as it is sent and as URLs and JSON spell it, longest first."""
        secrets = self._fixed.union(self._keys.secrets())
        if secrets != self._spelt[0]:
            spelt = {
                form
                for secret in secrets
                for form in (secret, quote(secret, safe=""), dumps(secret)[1:-1])
            }
            self._spelt = secrets, sorted(spelt, key=len, reverse=True)
        return self._spelt[1]


def _without_beginning(text: str, secrets: Iterable[str]) -> str:
    """The words without the beginning of a secret that they were cut in."""
    for secret in secrets:
        beginning = re.compile(re.escape(secret[:BEGINNING_CHARS_MIN]), re.IGNORECASE)
        for match in beginning.finditer(text, max(0, len(text) - len(secret))):
            if secret.lower().startswith(text[match.start() :].lower()):
                return text[: match.start()] + HIDDEN
    return text
