"""AES-GCM without the ciphers that nobody here uses: they are half of what importing it costs."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM as AESGCM  # noqa: PLC0414
else:
    try:  # the class itself, which the public module hands on
        from cryptography.hazmat.bindings._rust import openssl

        AESGCM = openssl.aead.AESGCM
    except (ImportError, AttributeError):
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: F401
