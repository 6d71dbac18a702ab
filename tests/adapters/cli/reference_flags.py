"""The options of the reference's `app-server`, 0.171.0, and what becomes of each here."""

from typing import NamedTuple


class Flag(NamedTuple):
    """One option: its spelling there, a possible value, and whether it has an effect."""

    written: str
    value: str | None
    is_obeyed: bool


EVERYWHERE = (
    Flag("--config", 'model="x"', is_obeyed=False),
    Flag("-c", "a.b=1", is_obeyed=False),
    Flag("--enable", "f", is_obeyed=False),
    Flag("--disable", "f", is_obeyed=False),
)
APP_SERVER = (
    *EVERYWHERE,
    Flag("--startup-sign-out", None, is_obeyed=False),
    Flag("--print-startup-config", None, is_obeyed=True),
    Flag("--startup-client-info", '{"name": "x"}', is_obeyed=False),
    Flag("--cloud-skills-snapshot", "/s.json", is_obeyed=False),
    Flag("--code-mode-host", "http://127.0.0.1:1", is_obeyed=False),
    Flag("--strict-config", None, is_obeyed=False),
    Flag("--listen", "off", is_obeyed=True),
    Flag("--stdio", None, is_obeyed=True),
    Flag("--analytics-default-enabled", None, is_obeyed=False),
    Flag("--ws-auth", "capability-token", is_obeyed=True),
    Flag("--ws-token-file", "/token", is_obeyed=True),
    Flag("--ws-token-sha256", "0" * 64, is_obeyed=True),
    Flag("--ws-shared-secret-file", "/secret", is_obeyed=True),
    Flag("--ws-issuer", "x", is_obeyed=True),
    Flag("--ws-audience", "x", is_obeyed=True),
    Flag("--ws-max-clock-skew-seconds", "3", is_obeyed=True),
)
GENERATE_JSON_SCHEMA = (
    *EVERYWHERE,
    Flag("--out", "/x", is_obeyed=True),
    Flag("-o", "/x", is_obeyed=True),
    Flag("--experimental", None, is_obeyed=False),
)
GENERATE_TS = (
    *GENERATE_JSON_SCHEMA,
    Flag("--prettier", "prettier", is_obeyed=False),
    Flag("-p", "prettier", is_obeyed=False),
)
OF_COMMANDS = {
    "": APP_SERVER,
    "generate-ts": GENERATE_TS,
    "generate-json-schema": GENERATE_JSON_SCHEMA,
}
"""By what follows `app-server`. `daemon` and `proxy` are elsewhere."""
