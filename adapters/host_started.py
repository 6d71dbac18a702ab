"""The event of a host's start, and which settings it may hold in the clear."""

import os
import sys
from collections.abc import Iterator
from hashlib import sha256

from threadhost.actors.models import ModelClient
from threadhost.actors.runtime.threads import ThreadPolicy
from threadhost.adapters.build import commit
from threadhost.adapters.config import Settings
from threadhost.adapters.models.providers import Providers
from threadhost.adapters.version import PROTOCOL_VERSION, product_version
from threadhost.events.host import HostStarted
from threadhost.events.sources import rules_digest
from threadhost.events.words import is_identifier

COUNTED = [name for name, value in Settings._field_defaults.items() if isinstance(value, int)]
"""Settings that are numbers or switches; others may be paths, names or secrets."""
DIGEST_CHARS = 32
Setting = int | bool | str


def started(settings: Settings, model: ModelClient, threads: ThreadPolicy) -> HostStarted:
    """The event of a start."""
    system = os.uname()
    version = ".".join(map(str, sys.version_info[:3]))
    return HostStarted(
        version=product_version(),
        pid=os.getpid(),
        build=commit(),
        protocol=PROTOCOL_VERSION,
        python=f"{sys.implementation.name}-{version}",
        platform=f"{system.sysname} {system.release} {system.machine}",
        rules=rules_digest(),
        settings=dict(recorded_settings(settings, threads.turn_timeout_ms)),
        provider=identifier(model.name),
        endpoint_host=identifier(endpoint_host(model)),
    )


def identifier(text: str) -> str:
    """A name that may stay in the clear for ever: itself, or a digest if it may be prose."""
    if is_identifier(text):
        return text
    return "sha256:" + sha256(text.encode("utf-8", "replace")).hexdigest()[:DIGEST_CHARS]


def recorded_settings(settings: Settings, turn_timeout_ms: int) -> Iterator[tuple[str, Setting]]:
    """The settings that may be stored in the clear for ever."""
    yield from ((name, getattr(settings, name)) for name in (*COUNTED, "store"))
    yield "turn_timeout_ms", turn_timeout_ms
    yield "listen", "+".join(sorted({address.scheme for address in settings.listen}))
    yield "ws_auth", settings.ws_auth.mode or "none"
    yield "key_file", settings.key_file is not None
    limits = settings.limits._asdict()
    fields = limits.pop("fields")._asdict()
    groups = {"calls": settings.call_limits._asdict(), "limits": limits, "limits.fields": fields}
    for group, values in groups.items():
        yield from ((f"{group}.{name}", value) for name, value in values.items())


def endpoint_host(model: ModelClient) -> str:
    """The host name of the default provider without the rest of its URL; empty if it has none."""
    offer = model.offers.get(model.name) if isinstance(model, Providers) else None
    if offer is None or not offer.provider.base_url:
        return ""
    from threadhost.adapters.models.http_origin import parse_base_url

    try:
        return parse_base_url(offer.provider.base_url).origin.host
    except ValueError:
        return ""
