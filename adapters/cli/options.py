"""The options of `serve` and `app-server`, some of which other commands have, too."""

from pathlib import Path

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
from threadhost.adapters.config import Limits, Settings, parse_listen
from threadhost.adapters.logs import FORMATS, LEVELS

HOME = "~/.threadhost"


def _default(field: str, divisor: int = 1, group: Settings | Limits | None = None) -> str:
    return f"{getattr(group or _DEFAULTS, field) / divisor:g}"


_DEFAULTS = Settings(Path())

HOME_OPTION = Option(
    "--home",
    "DIR",
    "The folder of everything the host keeps.",
    default=HOME,
    variable="THREADHOST_HOME",
    setting="home",
    read=path,
)
KEY_FILE = Option(
    "--key-file",
    "FILE",
    "The host key that wraps all others; without it, host.key in the home.",
    variable="THREADHOST_KEY_FILE",
    setting="key_file",
    read=path,
)
LOG_LEVEL = Option(
    "--log-level",
    "LEVEL",
    "From which level on there are logs, on stderr. Without it, info for a host that listens at a"
    " socket or a port, warning for one that has its standard input alone.",
    variable="THREADHOST_LOG",
    choices=LEVELS,
)
LOG_FORMAT = Option(
    "--log-format",
    "FORM",
    "Whether logs are lines of text, or of JSON.",
    default="text",
    variable="THREADHOST_LOG_FORMAT",
    choices=FORMATS,
)
WS_AUTH = (
    Option(
        "--ws-auth",
        "MODE",
        "What websocket clients have to show: a token that is known, or one that is signed."
        " Needed where other machines can reach an address; unix sockets and stdio ask for none.",
        variable="THREADHOST_WS_AUTH",
        setting="mode",
        group="ws_auth",
        choices=("capability-token", "signed-bearer-token"),
    ),
    Option(
        "--ws-token-file",
        "PATH",
        "The known token, as text; white space around it does not count.",
        variable="THREADHOST_WS_TOKEN_FILE",
        setting="token_file",
        group="ws_auth",
        read=path,
    ),
    Option(
        "--ws-token-sha256",
        "HEX",
        "The SHA-256 digest of the known token, instead of the token.",
        variable="THREADHOST_WS_TOKEN_SHA256",
        setting="token_sha256",
        group="ws_auth",
        read=sha256_digest,
    ),
    Option(
        "--ws-shared-secret-file",
        "PATH",
        "The secret of signed tokens (JWT, HS256), as text of at least 32 bytes.",
        variable="THREADHOST_WS_SHARED_SECRET_FILE",
        setting="shared_secret_file",
        group="ws_auth",
        read=path,
    ),
    Option(
        "--ws-issuer",
        "TEXT",
        "What `iss` of a signed token has to be.",
        variable="THREADHOST_WS_ISSUER",
        setting="issuer",
        group="ws_auth",
    ),
    Option(
        "--ws-audience",
        "TEXT",
        "What `aud` of a signed token has to be or to hold.",
        variable="THREADHOST_WS_AUDIENCE",
        setting="audience",
        group="ws_auth",
    ),
    Option(
        "--ws-max-clock-skew-seconds",
        "SECONDS",
        "How far the clock of who signs may be off; 30 if not given.",
        variable="THREADHOST_WS_MAX_CLOCK_SKEW_SECONDS",
        setting="max_clock_skew_seconds",
        group="ws_auth",
        read=seconds,
    ),
)
"""What `serve` is told of tokens."""

SERVE = (
    HOME_OPTION,
    Option(
        "--listen",
        "ADDR",
        "Where clients reach the host: stdio://, unix://PATH or ws://HOST:PORT, where port 0 is"
        " any free one; unix:// alone is app-server-control/app-server-control.sock in the home,"
        " and off is nowhere. May be given again for more.",
        default="stdio://",
        variable="THREADHOST_LISTEN",
        setting="listen",
        read=parse_listen,
        many=True,
    ),
    Option("--stdio", "", "The same as --listen stdio://."),
    *WS_AUTH,
    Option(
        "--model",
        "SPEC",
        "The model: echo, echo:REPLY, PROVIDER:MODEL or MODEL. Without it, the configuration"
        " file's, else that of the endpoint if there is one, else echo.",
        variable="THREADHOST_MODEL",
        setting="model",
    ),
    Option(
        "--model-url",
        "URL",
        "The base URL of the model's provider; without one, of an endpoint that speaks the"
        " Responses API.",
        variable="THREADHOST_MODEL_URL",
        setting="model_url",
        read=base_url,
    ),
    Option(
        "--config",
        "FILE",
        "The configuration file, in place of config.toml in the home.",
        variable="THREADHOST_CONFIG",
        setting="config_file",
        read=path,
    ),
    Option(
        "--profile",
        "NAME",
        "The profile of the configuration file.",
        variable="THREADHOST_PROFILE",
        setting="profile",
    ),
    Option(
        "--store",
        "KIND",
        "Where the log is kept: sqlite, or memory, which leaves no file.",
        default="sqlite",
        variable="THREADHOST_STORE",
        setting="store",
        choices=("sqlite", "memory"),
    ),
    Option(
        "--rollouts",
        "KIND",
        "Whether threads are also kept as rollout files, which codex and its tools read: codex or"
        " off. Without it, codex where the home holds sessions or archived_sessions.",
        variable="THREADHOST_ROLLOUTS",
        setting="rollouts",
        choices=("codex", "off"),
    ),
    KEY_FILE,
    Option(
        "--allow-missing-keys",
        "",
        "Start though threads that were not deleted have lost their keys, each of which is named:"
        " what was said in them cannot be read.",
        setting="allow_missing_keys",
    ),
    Option(
        "--drain-timeout",
        "SECONDS",
        "How long live threads have to stop.",
        default=_default("drain_timeout_ms", MILLISECONDS),
        variable="THREADHOST_DRAIN_TIMEOUT",
        setting="drain_timeout_ms",
        read=milliseconds,
    ),
    Option(
        "--idle-unload",
        "SECONDS",
        "How long an idle thread that nobody follows stays in memory.",
        default=_default("idle_unload_ms", MILLISECONDS),
        variable="THREADHOST_IDLE_UNLOAD",
        setting="idle_unload_ms",
        read=milliseconds,
    ),
    Option(
        "--goal-wait",
        "SECONDS",
        "How long the host waits between two turns for a goal; it doubles while the model only"
        " talks. 0 for not at all.",
        default=_default("goal_wait_ms", MILLISECONDS),
        variable="THREADHOST_GOAL_WAIT",
        setting="goal_wait_ms",
        read=milliseconds,
    ),
    Option(
        "--goal-wait-max",
        "SECONDS",
        "The longest of these waits.",
        default=_default("goal_wait_max_ms", MILLISECONDS),
        variable="THREADHOST_GOAL_WAIT_MAX",
        setting="goal_wait_max_ms",
        read=milliseconds,
    ),
    Option(
        "--tool-timeout",
        "SECONDS",
        "How long a client's tool, or the user, has to answer a model's call.",
        default=_default("tool_timeout_ms", MILLISECONDS),
        variable="THREADHOST_TOOL_TIMEOUT",
        setting="tool_timeout_ms",
        read=milliseconds,
    ),
    Option(
        "--slow-reader-timeout",
        "SECONDS",
        "How long a client may take nothing of what waits for it before it is given up.",
        default=_default("slow_reader_timeout_ms", MILLISECONDS, _DEFAULTS.limits),
        variable="THREADHOST_SLOW_READER_TIMEOUT",
        setting="slow_reader_timeout_ms",
        group="limits",
        read=some_milliseconds,
    ),
    Option(
        "--initialize-timeout",
        "SECONDS",
        "How long a client at a socket or port has to say who it is.",
        default=_default("initialize_timeout_ms", MILLISECONDS, _DEFAULTS.limits),
        variable="THREADHOST_INITIALIZE_TIMEOUT",
        setting="initialize_timeout_ms",
        group="limits",
        read=some_milliseconds,
    ),
    Option(
        "--user-input",
        "SWITCH",
        "Whether models may ask the user: on or off, for threads that do not say.",
        default="off",
        variable="THREADHOST_USER_INPUT",
        setting="user_input",
        read=switch,
        choices=("on", "off"),
    ),
    Option(
        "--tree-depth-max",
        "N",
        "Generations below a root.",
        default=_default("tree_depth_max"),
        variable="THREADHOST_TREE_DEPTH_MAX",
        setting="tree_depth_max",
        read=count,
    ),
    Option(
        "--tree-width-max",
        "N",
        "Children of one thread.",
        default=_default("tree_width_max"),
        variable="THREADHOST_TREE_WIDTH_MAX",
        setting="tree_width_max",
        read=count,
    ),
    Option(
        "--tree-size-max",
        "N",
        "Threads in one tree.",
        default=_default("tree_size_max"),
        variable="THREADHOST_TREE_SIZE_MAX",
        setting="tree_size_max",
        read=count,
    ),
    LOG_LEVEL,
    LOG_FORMAT,
)
"""Everything that `serve` is told."""

PRINT_STARTUP_CONFIG = Option(
    "--print-startup-config",
    "",
    "Check the configuration, print as JSON what it requires, and serve nobody.",
)
APP_SERVER = (*SERVE, PRINT_STARTUP_CONFIG)
"""What `app-server` is told, which stands in the place of codex."""

DAEMON_RUN = (
    *SERVE,
    Option(
        "--log-file",
        "FILE",
        "Where standard error goes once the host serves; one above 1 MiB begins anew.",
        read=path,
    ),
    Option("--until-last", "", "End when the last client that joined has left."),
)
"""What a host is told that serves whoever joins."""

OF_CODEX = (
    Ignored(("-c",), takes_value=True, is_setting=True),
    # There a value is always KEY=VALUE; here it is a file.
    Ignored(("--config",), takes_value=True, in_value="=", is_setting=True),
    Ignored(("--enable", "--disable"), takes_value=True),
    Ignored(("--session-source", "--startup-client-info"), takes_value=True),
    Ignored(("--cloud-skills-snapshot", "--code-mode-host"), takes_value=True),
    Ignored(("--analytics-default-enabled", "--startup-sign-out"), takes_value=False),
    Ignored(("--strict-config",), takes_value=False),  # the file is always read so
)
"""What clients pass to a program they take for codex."""
