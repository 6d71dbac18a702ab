"""`threadhost config show`: the values that a host would use, and the source of each."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_json

from threadhost.adapters.cli.config_commands import SHOW
from threadhost.adapters.cli.effective_values import EffectiveValue, Origin, effective_values
from threadhost.adapters.cli.output import Failure, note, print_json, say
from threadhost.adapters.cli.parse import parse, settings_of
from threadhost.adapters.cli.serve import ServeInvocation, configured
from threadhost.events.store.lock import is_held


def show(words: Sequence[str], env: Mapping[str, str]) -> None:
    """Print the values. Raises UsageError, and Failure for a file that cannot be used."""
    values = parse(words, SHOW, env)
    running = ServeInvocation(
        "serve", words, env, values, settings_of(values, SHOW, are_whole=False)
    )
    try:
        running = configured(running)
        rows = list(effective_values(running, parse(words, SHOW, {})))
    except ValueError as error:
        raise Failure(str(error)) from None
    if is_held(home := running.settings.home):
        note(f"a host runs on {home}; it uses the options that it was started with")
    unused = running.configuration.unused
    if values.get("json"):
        entries = [_as_json(row) for row in rows]
        print_json({"values": entries, "unusedKeys": list(unused)})
        return
    for row in rows:
        comment = f"  # {_as_text(row.origin)}" if values.get("origin") else ""
        say(f"{row.key} = {to_json(row.value).decode()}{comment}")
    if unused:
        note(f"not used by this host: {', '.join(unused)}")


def _as_text(origin: Origin) -> str:
    place = f"{origin.file}:{origin.line}" if origin.file and origin.line else origin.file
    if origin.kind == "profile":
        return f"profile {origin.name}, {place}"
    return {"file": place, "default": "default"}.get(origin.kind, origin.name)


def _as_json(row: EffectiveValue) -> dict[str, Any]:
    origin = {name: value for name, value in row.origin._asdict().items() if value}
    return {"key": row.key, "value": row.value, "origin": origin}
