"""The checks of a websocket client's token: the one known token, or any signed token."""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import Any, ClassVar, Literal

from threadhost.adapters.config import WsAuth
from threadhost.adapters.jsonrpc.transports.admission import TokenCheck
from threadhost.events.operator_log import TOKEN_FILE_OPEN
from threadhost.events.store.errors import StoreMismatch
from threadhost.events.store.files import READ, read_whole

INVALID_TOKEN = "invalid websocket bearer token"  # noqa: S105
INVALID_JWT = "invalid websocket jwt"
EXPIRED = "expired websocket jwt"
NOT_YET = "websocket jwt is not valid yet"
OTHER_ISSUER = "websocket jwt issuer mismatch"
OTHER_AUDIENCE = "websocket jwt audience mismatch"

SECRET_BYTES_MIN = 32
FILE_BYTES_MAX = 65_536
SKEW_SECONDS = 30
_OTHERS = stat.S_IROTH | stat.S_IWOTH | stat.S_IWGRP


class TokenUnusable(ValueError):
    """A file does not hold a usable token or secret; the message says which and why."""


def token_fault(auth: WsAuth, now_ms: Callable[[], int]) -> TokenCheck | None:
    """The check that the settings require, its file read once; else None. Raises TokenUnusable."""
    if auth.token_sha256 is not None:
        return CapabilityToken(auth.token_sha256)
    if auth.token_file is not None:
        return CapabilityToken(sha256(read_secret(auth.token_file)).digest())
    if auth.shared_secret_file is None:
        return None
    secret = read_secret(auth.shared_secret_file)
    if len(secret) < SECRET_BYTES_MIN:
        raise TokenUnusable(
            f"{auth.shared_secret_file}: a shared secret has at least {SECRET_BYTES_MIN} bytes,"
            f" this one {len(secret)}"
        )
    skew = SKEW_SECONDS if auth.max_clock_skew_seconds is None else auth.max_clock_skew_seconds
    return SignedToken(secret, now_ms, auth.issuer, auth.audience, skew)


class CapabilityToken:
    """The check of the one token; it keeps only the token's digest."""

    mode: ClassVar[Literal["capability-token"]] = "capability-token"

    def __init__(self, digest: bytes) -> None:
        self._digest = digest

    def __call__(self, token: str) -> str | None:
        """The fault of a token, or None; the time it takes reveals nothing of the right token."""
        is_known = compare_digest(sha256(token.encode()).digest(), self._digest)
        return None if is_known else INVALID_TOKEN

    def subject(self, token: str) -> str:
        """Empty: all clients share the one token."""
        return ""


@dataclass(frozen=True, slots=True)
class SignedToken:
    """The check of JSON web tokens: the signature, the times, the issuer and the audience."""

    mode: ClassVar[Literal["signed-bearer-token"]] = "signed-bearer-token"

    secret: bytes = field(repr=False)
    now_ms: Callable[[], int]
    issuer: str | None = None
    audience: str | None = None
    skew_seconds: int = SKEW_SECONDS

    def __call__(self, token: str) -> str | None:
        """The fault of a token, or None."""
        claims = self._claims(token)
        if claims is None:
            return INVALID_JWT
        return self._time_fault(claims) or self._party_fault(claims)

    def subject(self, token: str) -> str:
        """The `sub` of a token, if it is a text; else empty."""
        subject = (self._claims(token) or {}).get("sub")
        return subject.encode("utf-8", "replace").decode() if isinstance(subject, str) else ""

    def _claims(self, token: str) -> dict[str, Any] | None:
        """The claims of a token with a valid signature, else None."""
        import jwt

        try:
            return jwt.decode(token, self.secret, algorithms=["HS256"], options=_SIGNATURE_ALONE)
        except jwt.InvalidTokenError:
            return None

    def _time_fault(self, claims: dict[str, Any]) -> str | None:
        now_s = self.now_ms() / 1000
        ends, begins = claims.get("exp"), claims.get("nbf", 0)
        if type(ends) is not int or type(begins) is not int:
            return INVALID_JWT
        if now_s >= ends + self.skew_seconds:
            return EXPIRED
        return NOT_YET if now_s < begins - self.skew_seconds else None

    def _party_fault(self, claims: dict[str, Any]) -> str | None:
        if self.issuer is not None and claims.get("iss") != self.issuer:
            return OTHER_ISSUER
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        is_other = self.audience is not None and self.audience not in audiences
        return OTHER_AUDIENCE if is_other else None


_SIGNATURE_ALONE: Any = {
    f"verify_{claim}": False for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")
}
"""The claims are checked here instead: by the host's clock, with error texts that clients know."""


def read_secret(path: Path) -> bytes:
    """The text of a file without the white space around it. Raises TokenUnusable."""
    try:
        text = read_whole(path, FILE_BYTES_MAX, READ & ~os.O_NOFOLLOW)
        mode = path.stat().st_mode
    except OSError as error:
        raise TokenUnusable(f"cannot read {path}: {error.strerror or error}") from None
    except StoreMismatch as error:
        raise TokenUnusable(str(error)) from None
    secret = text.strip()
    if not secret:
        raise TokenUnusable(f"{path} is empty")
    try:
        secret.decode()
    except UnicodeDecodeError:
        raise TokenUnusable(f"{path} does not hold text") from None
    if mode & _OTHERS:
        TOKEN_FILE_OPEN.emit(file=path)
    return secret
