"""Converts a provider's table in the file to the record that its client is made with."""

import math
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from threadhost.actors.models import CallLimits, ModelWindow
from threadhost.adapters.configuration.checking import Entry, places
from threadhost.adapters.configuration.tables import LIMITS, ModelTable, ProviderTable
from threadhost.adapters.configuration.toml_file import Source, path_beside
from threadhost.adapters.configuration.variables import require_name
from threadhost.adapters.models.headers import AUTHORIZATION, name_fault, value_fault
from threadhost.adapters.models.http_origin import parse_base_url, shown_url
from threadhost.adapters.models.provider import (
    ECHO,
    OPENAI,
    OPENAI_KEY,
    OPENAI_URL,
    OWN_WIRES,
    KeyCommand,
    KnownModel,
    Provider,
    usable_key,
)
from threadhost.adapters.visible import shown_command, shown_header

NAME_CHARS_MAX = 64
INTEGER_MAX = 2**63
OURS = frozenset({"input", "messages", "model", "stream", "tools"})
"""Fields of a request that the host sets, and no file can change."""
KEY_SOURCES = ("env_key", "experimental_bearer_token", "auth")


Provided = Entry[ProviderTable]


def provider_of(
    source: Source, name: str, table: ProviderTable, env: Mapping[str, str], limits: CallLimits
) -> Provider:
    """The provider of a table. Raises ConfigError."""
    entry = Entry(source, ("model_providers", name), table)
    _check_name(entry)
    overrides = {ours: getattr(table, key) for key, ours in LIMITS.items()}
    provider = Provider(
        name,
        _base_url(entry),
        table.wire_api,
        table.name or "",
        headers=_headers(entry, env),
        query={key: value.get_secret_value() for key, value in table.query_params.items()},
        body=_body(entry),
        prompt_cache_key=table.prompt_cache_key,
        transport=table.transport,
        limits=limits._replace(**{n: value for n, value in overrides.items() if value is not None}),
        models={name: _known_model(entry, name, model) for name, model in table.models.items()},
    )
    if table.connect_timeout_ms is not None:
        provider = provider._replace(connect_timeout_ms=table.connect_timeout_ms)
    return provider._replace(**_key(entry, env, provider))


def shown_provider(table: ProviderTable) -> dict[str, object]:
    """The values of a table, without anything that may be secret."""
    shown: dict[str, object] = table.model_dump(mode="json", exclude_unset=True)
    if "body" in shown:
        shown["body"] = dict.fromkeys(table.body, str(SecretStr("hidden")))
    if "base_url" in shown:
        shown["base_url"] = shown_url(table.base_url or "")
    if table.auth is not None:
        auth = table.auth.model_dump(mode="json", exclude_unset=True)
        shown["auth"] = {**auth, "command": shown_command(table.auth.command)}
    return shown


def _check_name(entry: Provided) -> None:
    name = entry.name
    if name == ECHO:
        raise entry.fault(": the echo is this host's own and cannot be configured")
    if not name or ":" in name or not name.isprintable() or len(name) > NAME_CHARS_MAX:
        words = f": a provider's name has 1 to {NAME_CHARS_MAX} printable characters and no colon"
        raise entry.fault(words)


def _base_url(entry: Provided) -> str:
    url = entry.table.base_url or (OPENAI_URL if entry.name == OPENAI else "")
    if not url and entry.table.wire_api not in OWN_WIRES:
        return ""
    if not url:
        raise entry.fault(" has no `base_url`")
    try:
        parse_base_url(url)
    except ValueError as error:
        raise entry.fault(f": {error}", "base_url") from None
    return url


def _headers(entry: Provided, env: Mapping[str, str]) -> dict[str, str]:
    """The headers with a value, one for each name in any case; the environment's have priority."""
    headers: dict[str, tuple[str, str]] = {}
    for name, secret in entry.table.http_headers.items():
        value = secret.get_secret_value().strip()
        _check_header(entry, name, value, "http_headers", f"`{name}`")
        if name.lower() in headers:
            raise entry.fault(": is given twice, in another case", "http_headers", name)
        headers[name.lower()] = (name, value)
    for name, variable in entry.table.env_http_headers.items():
        require_name(entry, env, variable, "env_http_headers", name)
        value = env.get(variable, "").strip()
        _check_header(entry, name, value, "env_http_headers", f"the variable `{variable}`")
        if value:
            headers[name.lower()] = (name, value)
    return dict(headers.values())


def _check_header(entry: Provided, name: str, value: str, key: str, subject: str) -> None:
    if (fault := name_fault(name)) is not None:
        raise entry.fault(f": {shown_header(name)!r} {fault}", key)
    if (fault := value_fault(value)) is not None:
        raise entry.fault(f": {subject} {fault}", key, name)


def _body(entry: Provided) -> dict[str, Any]:
    table = entry.table
    for place, value in places(table.body, ("body",)):
        if (fault := _json_fault(value)) is not None:
            raise entry.fault(f": {fault}", *place)
    for key, names in (("body", table.body), ("body_omit", table.body_omit)):
        for name in names:
            if name in OURS:
                raise entry.fault(f": `{name}` is set by this host; remove it", key)
    return {**table.body, **dict.fromkeys(table.body_omit)}


def _json_fault(value: object) -> str | None:
    if isinstance(value, float) and not math.isfinite(value):
        return "JSON has no such number"
    if isinstance(value, int) and abs(value) >= INTEGER_MAX:
        return "is too large a number"
    is_json = isinstance(value, (str, int, float, dict, list))
    return None if is_json else "JSON has no dates and times; write it as a text"


def _known_model(entry: Provided, name: str, table: ModelTable) -> KnownModel:
    usual, efforts = table.default_reasoning_effort, table.reasoning_efforts
    if usual is not None and efforts and usual not in efforts:
        words = ": is none of `reasoning_efforts`"
        raise entry.fault(words, "models", name, "default_reasoning_effort")
    return KnownModel(
        table.name or "",
        ModelWindow(table.context_window, table.auto_compact_token_limit),
        tuple(table.reasoning_efforts),
        table.default_reasoning_effort,
    )


def _key(entry: Provided, env: Mapping[str, str], provider: Provider) -> dict[str, Any]:
    """The source of the key, as fields of the record."""
    table = entry.table
    sources = [key for key in KEY_SOURCES if getattr(table, key) is not None]
    if len(sources) > 1:
        raise entry.fault(
            f": `{sources[0]}` and `{sources[1]}` both give the key; keep one", sources[1]
        )
    has_header = any(name.lower() == AUTHORIZATION for name in provider.headers)
    if sources and has_header:
        raise entry.fault(
            f": `{sources[0]}` and a header both say what `Authorization` is", sources[0]
        )
    if table.auth is not None:
        auth = table.auth
        args = tuple(secret.get_secret_value() for secret in auth.args)
        cwd = path_beside(entry.source.path, auth.cwd or "")
        times = auth.timeout_ms, auth.refresh_interval_ms
        return {"key_command": KeyCommand(auth.command, args, cwd, *times)}
    if table.experimental_bearer_token is not None:
        token = table.experimental_bearer_token.get_secret_value()
        return {"key": _usable(entry, token, "experimental_bearer_token")}
    needs_openai = table.requires_openai_auth or entry.name == OPENAI
    variable = table.env_key or (OPENAI_KEY if needs_openai and not has_header else None)
    if variable is None:
        return {}
    require_name(entry, env, variable, "env_key")
    key = _usable(entry, env.get(variable), "env_key", f"the variable `{variable}`: ")
    return {"key": key, "key_variable": variable, "key_help": table.env_key_instructions or ""}


def _usable(entry: Provided, key: str | None, at: str, prefix: str = "") -> SecretStr | None:
    try:
        return usable_key(key)
    except ValueError as error:
        raise entry.fault(f": {prefix}{error}", at) from None
