"""The options of `serve` and `app-server`, some of which other commands share."""

from pathlib import Path
from typing import Any, Literal

from threadhost.adapters.cli.option import (
    MILLISECONDS,
    Ignored,
    Option,
    base_url,
    count,
    milliseconds,
    path,
    seconds,
    sha256_digest,
    some_milliseconds,
    switch,
)
from threadhost.adapters.config import Settings, parse_listen
from threadhost.adapters.logs import FORMATS, LEVELS

HOME = "~/.threadhost"


_DEFAULTS = Settings(Path())


def _setting(
    flag: str,
    metavar: str,
    text: str,
    setting: str = "",
    **fields: Any,  # noqa: ANN401  (of an option)
) -> Option:
    """An option for the setting of its name, which the variable of that name sets, too."""
    name = flag.removeprefix("--").replace("-", "_")
    variable = f"THREADHOST_{name.upper()}"
    return Option(flag, metavar, text, variable=variable, setting=setting or name, **fields)


def _wait(flag: str, text: str, group: Literal["", "limits"] = "") -> Option:
    """An option for a time; its default is the setting's. A time in `limits` cannot be 0."""
    name = f"{flag.removeprefix('--').replace('-', '_')}_ms"
    default = f"{getattr(_DEFAULTS.limits if group else _DEFAULTS, name) / MILLISECONDS:g}"
    read = some_milliseconds if group else milliseconds
    return _setting(flag, "SECONDS", text, name, default=default, group=group, read=read)


def _count(flag: str, text: str) -> Option:
    """An option for a number; its default is the setting's."""
    option = _setting(flag, "N", text, read=count)
    return option._replace(default=f"{getattr(_DEFAULTS, option.key)}")


def _of_tokens(flag: str, metavar: str, text: str, **fields: Any) -> Option:  # noqa: ANN401
    """An option for the credentials of websocket clients."""
    setting = flag.removeprefix("--ws-").replace("-", "_")
    return _setting(flag, metavar, text, setting, group="ws_auth", **fields)


HOME_OPTION = _setting(
    "--home",
    "DIR",
    "The folder of all data of the host.",
    default=HOME,
    read=path,
)
KEY_FILE = _setting(
    "--key-file",
    "FILE",
    "The file of the host key, which wraps all other keys; by default host.key in the home.",
    read=path,
)
LOG_LEVEL = Option(
    "--log-level",
    "LEVEL",
    "The lowest level of the logs on stderr. By default info for a host that listens at a socket"
    " or a port, warning for a host with standard input alone.",
    variable="THREADHOST_LOG",
    choices=LEVELS,
)
LOG_FORMAT = Option(
    "--log-format",
    "FORM",
    "The format of log lines: text or JSON.",
    default="text",
    variable="THREADHOST_LOG_FORMAT",
    choices=FORMATS,
)
WS_AUTH = (
    _setting(
        "--ws-auth",
        "MODE",
        "The token that websocket clients must send: one known token, or any signed one. Required"
        " if other machines can reach an address; unix sockets and stdio need no token.",
        "mode",
        group="ws_auth",
        choices=("capability-token", "signed-bearer-token"),
    ),
    _of_tokens(
        "--ws-token-file",
        "PATH",
        "The file with the known token, as text; white space around it is ignored.",
        read=path,
    ),
    _of_tokens(
        "--ws-token-sha256",
        "HEX",
        "The SHA-256 digest of the known token, instead of the token.",
        read=sha256_digest,
    ),
    _of_tokens(
        "--ws-shared-secret-file",
        "PATH",
        "The file with the secret of signed tokens (JWT, HS256), as text of at least 32 bytes.",
        read=path,
    ),
    _of_tokens(
        "--ws-issuer",
        "TEXT",
        "The required `iss` of a signed token.",
    ),
    _of_tokens(
        "--ws-audience",
        "TEXT",
        "The required `aud` of a signed token, or one of its entries.",
    ),
    _of_tokens(
        "--ws-max-clock-skew-seconds",
        "SECONDS",
        "The largest clock difference to the signer; 30 by default.",
        read=seconds,
    ),
)
"""The options of `serve` for tokens."""

SERVE = (
    HOME_OPTION,
    _setting(
        "--listen",
        "ADDR",
        "The address for clients: stdio://, unix://PATH or ws://HOST:PORT, where port 0 is any"
        " free port; unix:// alone is app-server-control/app-server-control.sock in the home, and"
        " off is none. Repeat the option for more addresses.",
        default="stdio://",
        read=parse_listen,
        many=True,
    ),
    Option("--stdio", "", "The same as --listen stdio://."),
    *WS_AUTH,
    _setting(
        "--model",
        "SPEC",
        "The model: echo, echo:REPLY, PROVIDER:MODEL or MODEL. By default the model of the"
        " configuration file, else that of the endpoint if there is one, else echo.",
    ),
    _setting(
        "--model-url",
        "URL",
        "The base URL of the model's provider, or, if the model names none, of an endpoint with"
        " the Responses API.",
        read=base_url,
    ),
    _setting(
        "--config",
        "FILE",
        "The configuration file, in place of config.toml in the home.",
        setting="config_file",
        read=path,
    ),
    _setting(
        "--profile",
        "NAME",
        "The profile of the configuration file.",
    ),
    _setting(
        "--store",
        "KIND",
        "Where the log is kept: sqlite, or memory, which leaves no file.",
        default="sqlite",
        choices=("sqlite", "memory"),
    ),
    _setting(
        "--rollouts",
        "KIND",
        "Whether the host also writes threads as rollout files, which codex and its tools read:"
        " codex or off. By default codex if the home has sessions or archived_sessions.",
        choices=("codex", "off"),
    ),
    KEY_FILE,
    Option(
        "--allow-missing-keys",
        "",
        "Start even if keys of threads that were not deleted are missing; the contents of these"
        " threads cannot be read. The host names each missing key.",
        setting="allow_missing_keys",
    ),
    _wait("--drain-timeout", "The time that live threads have to stop."),
    _wait(
        "--idle-unload", "The time after which an idle thread that no client follows is unloaded."
    ),
    _wait(
        "--goal-wait",
        "The wait between two turns for a goal; it doubles while the model only talks. 0 for no"
        " wait.",
    ),
    _wait("--goal-wait-max", "The longest wait between two turns for a goal."),
    _wait(
        "--tool-timeout",
        "The time that a client's tool, or the user, has to answer a model's call.",
    ),
    _wait(
        "--slow-reader-timeout",
        "The time after which the host closes the connection of a client that reads nothing while"
        " messages wait for it.",
        "limits",
    ),
    _wait(
        "--initialize-timeout",
        "The time that a client at a socket or port has to send `initialize`.",
        "limits",
    ),
    _setting(
        "--user-input",
        "SWITCH",
        "Whether models may ask the user, on or off, for threads that do not set it.",
        default="off",
        read=switch,
        choices=("on", "off"),
    ),
    _count("--tree-depth-max", "The largest depth of a tree: generations below the root."),
    _count("--tree-width-max", "The largest number of children of one thread."),
    _count("--tree-size-max", "The largest number of threads in one tree."),
    LOG_LEVEL,
    LOG_FORMAT,
)
"""All options of `serve`."""

PRINT_STARTUP_CONFIG = Option(
    "--print-startup-config",
    "",
    "Check the configuration, print its requirements as JSON, and exit.",
)
APP_SERVER = (*SERVE, PRINT_STARTUP_CONFIG)
"""The options of `app-server`, which replaces codex's."""

DAEMON_RUN = (
    *SERVE,
    Option(
        "--log-file",
        "FILE",
        "The file for standard error once the host serves; a file above 1 MiB is begun anew.",
        read=path,
    ),
    Option("--until-last", "", "Exit when the last joined client has left."),
)
"""The options of a host that serves joining clients."""

OF_CODEX = (
    Ignored(("-c",), takes_value=True, is_setting=True),
    # In codex its value is always KEY=VALUE; here it is a file.
    Ignored(("--config",), takes_value=True, in_value="=", is_setting=True),
    Ignored(("--enable", "--disable"), takes_value=True),
    Ignored(("--session-source", "--startup-client-info"), takes_value=True),
    Ignored(("--cloud-skills-snapshot", "--code-mode-host"), takes_value=True),
    Ignored(("--analytics-default-enabled", "--startup-sign-out"), takes_value=False),
    Ignored(("--strict-config",), takes_value=False),  # the file is always read strictly
)
"""Options that clients pass to a program that they take for codex."""
