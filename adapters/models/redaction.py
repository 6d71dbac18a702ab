"""Makes failures fit to be shown: on one line, bounded, without secrets."""

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
"""A match of this many characters is no coincidence."""


class Redaction:
    """Knows the secrets of a provider; `secrets` are those of the proxy on the way to it."""

    def __init__(
        self, provider: "Provider", keys: "KeySource", secrets: "Iterable[SecretStr]" = ()
    ) -> None:
        texts = (secret.get_secret_value() for secret in secrets)
        self._fixed = frozenset((*provider.secrets(), *filter(None, texts)))
        self._keys = keys
        self._spelt: tuple[frozenset[str], list[str]] = (frozenset(), [])
        """The secrets of the last use, and the forms in which they may appear."""

    def apply(self, failure: "ModelFailed") -> None:
        """Make the text of a failure fit to be shown, without secrets."""
        failure.message = plain(self._without_secret(failure.message))
        failure.args = (failure.message,)
        if failure.details is not None:
            failure.details = plain(self._without_secret(failure.details))

    def without_secret(self, event: "ModelEvent") -> "ModelEvent":
        """The event without a secret in the response's id, which is recorded as it is."""
        if isinstance(event, ResponseDone) and event.response_id:
            return event._replace(response_id=self._without_secret(event.response_id))
        return event

    def _without_secret(self, text: str) -> str:
        secrets = self._secrets()
        for secret in secrets:
            text = re.sub(re.escape(secret), HIDDEN, text, flags=re.IGNORECASE)
        return _without_beginning(text, secrets)

    def _secrets(self) -> list[str]:
        """The secrets, plain and in the forms of URLs and JSON, longest first."""
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
    """The text without the beginning of a secret at which it was cut."""
    for secret in secrets:
        beginning = re.compile(re.escape(secret[:BEGINNING_CHARS_MIN]), re.IGNORECASE)
        for match in beginning.finditer(text, max(0, len(text) - len(secret))):
            if secret.lower().startswith(text[match.start() :].lower()):
                return text[: match.start()] + HIDDEN
    return text
