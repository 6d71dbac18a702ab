"""Converts a table `[mcp_servers.NAME]` of the file to the record of a server."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from pydantic import SecretStr

from threadhost.adapters.configuration.checking import Entry
from threadhost.adapters.configuration.tables import McpServerTable
from threadhost.adapters.configuration.toml_file import Source, path_beside
from threadhost.adapters.configuration.variables import is_surely_name, require_name
from threadhost.adapters.mcp.server_config import Address, Program, ServerConfig
from threadhost.adapters.mcp.words import secrets_in
from threadhost.adapters.models.headers import AUTHORIZATION, name_fault, value_fault
from threadhost.adapters.visible import shown_command, shown_header

NAME = re.compile(r"[A-Za-z0-9_-]{1,57}")
"""After `mcp__` it is a namespace that models can be offered."""
HANDED_ON = ("PATH", "HOME", "LOGNAME", "USER", "SHELL", "LANG", "LC_ALL", "TERM", "TMPDIR", "TZ")
"""Variables of the host's environment that a program inherits unless its table differs."""
OF_PROGRAMS = ("args", "env", "env_vars", "cwd")
OF_ADDRESSES = ("bearer_token_env_var", "headers", "http_headers", "env_http_headers")
HIDDEN = str(SecretStr("hidden"))


def server_of(
    source: Source, name: str, table: McpServerTable, env: Mapping[str, str]
) -> ServerConfig:
    """The server of a table. Raises ConfigError."""
    entry = Entry(source, ("mcp_servers", name), table)
    if not NAME.fullmatch(name):
        raise entry.fault(": a server's name has 1 to 57 letters, digits, `_` and `-`")
    if (table.command is None) == (table.url is None):
        has = "neither `command` nor" if table.command is None else "both `command` and"
        raise entry.fault(f" has {has} `url`; give one of them")
    launch = _program(entry, env) if table.command is not None else _address(entry, env)
    limits = {
        "startup_timeout_s": table.startup_timeout_sec,
        "tool_timeout_s": table.tool_timeout_sec,
    }
    return ServerConfig(
        name,
        launch,
        enabled_tools=None if table.enabled_tools is None else frozenset(table.enabled_tools),
        disabled_tools=frozenset(table.disabled_tools),
        required=table.required,
        is_enabled=table.enabled,
        **{key: value for key, value in limits.items() if value is not None},
    )


def shown_server(table: McpServerTable) -> dict[str, object]:
    """The values of a table, without anything that may be secret."""
    shown: dict[str, object] = table.model_dump(mode="json", exclude_unset=True)
    if table.url is not None:
        shown["url"] = origin_of(table.url) or HIDDEN
    if table.command is not None:
        shown["command"] = shown_command(table.command)
    return shown


def origin_of(url: str) -> str | None:
    """Scheme, host and port of a URL; None without them."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}"


def _program(entry: Entry[McpServerTable], env: Mapping[str, str]) -> Program:
    _require_unset(entry, OF_ADDRESSES, "url")
    table, file = entry.table, entry.source.path
    for name in table.env_vars:  # often in small letters, as `http_proxy`, and often not set
        if not is_surely_name(name.upper()):
            require_name(entry, env, name, "env_vars")
    names = dict.fromkeys((*HANDED_ON, *table.env_vars))
    variables = {name: env[name] for name in names if name in env}
    variables |= {name: value.get_secret_value() for name, value in table.env.items()}
    for name, value in variables.items():
        if "\0" in name + value or "=" in name or not name:
            raise entry.fault(": no variable of an environment can be that", "env", name)
    args = tuple(arg.get_secret_value() for arg in table.args)
    if "\0" in "".join((table.command or "", *args)):
        raise entry.fault(": no program can be started with a NUL character", "command")
    cwd = path_beside(file, table.cwd) if table.cwd is not None else file.parent.absolute()
    secret = secrets_in(*(value for name, value in variables.items() if name not in HANDED_ON))
    return Program(table.command or "", args, variables, cwd, secret)


def _address(entry: Entry[McpServerTable], env: Mapping[str, str]) -> Address:
    _require_unset(entry, OF_PROGRAMS, "command")
    table, url = entry.table, entry.table.url or ""
    if origin_of(url) is None or not url.isascii() or not url.isprintable() or " " in url:
        raise entry.fault(" is no URL of a server; give https://HOST/PATH", "url")
    secret = {**table.http_headers, **table.headers}
    headers = {name: value.get_secret_value() for name, value in secret.items()}
    for name, variable in table.env_http_headers.items():
        require_name(entry, env, variable, "env_http_headers", name)
        headers |= {name: env[variable]} if variable in env else {}
    if table.bearer_token_env_var is not None:
        require_name(entry, env, table.bearer_token_env_var, "bearer_token_env_var")
        token = env.get(table.bearer_token_env_var)
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
    for name, value in headers.items():
        fault = name_fault(name) or value_fault(value)
        if fault is not None:
            raise entry.fault(f": `{shown_header(name)}` {fault}", "headers")
    has_token = any(name.lower() == AUTHORIZATION for name in headers)
    return Address(url, headers, has_token, secrets_in(*headers.values(), *_secrets_in_url(url)))


def _secrets_in_url(url: str) -> list[str]:
    """Parts of a URL that may grant access: a user name, a password, a key."""
    parts = urlsplit(url)
    values = [value for _, value in parse_qsl(parts.query)]
    return [text for text in (parts.username, parts.password, parts.query, *values) if text]


def _require_unset(entry: Entry[McpServerTable], keys: tuple[str, ...], goes_with: str) -> None:
    for key in keys:
        if key in entry.table.model_fields_set:
            raise entry.fault(f" means nothing here; it goes with `{goes_with}`", key)
