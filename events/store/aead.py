"""AES-GCM without the unused ciphers, which take half of the library's import time."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM as AESGCM  # noqa: PLC0414
else:
    try:  # the class itself, which the public module re-exports
        from cryptography.hazmat.bindings._rust import openssl

        AESGCM = openssl.aead.AESGCM
    except (ImportError, AttributeError):
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: F401
