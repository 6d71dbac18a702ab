"""Every value that a host uses, with its source; values that may be secret are hidden."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import SecretStr

from threadhost.adapters.cli.option import Option
from threadhost.adapters.cli.options import LOG_LEVEL, SERVE
from threadhost.adapters.cli.parse import Values, complete
from threadhost.adapters.cli.serve import ServeInvocation
from threadhost.adapters.configuration.agent_tables import AgentsTable, FeaturesTable
from threadhost.adapters.configuration.checking import Place, dotted, leaves
from threadhost.adapters.configuration.host_tables import HostTable, WsAuthTable
from threadhost.adapters.configuration.memory_tables import MemoriesTable
from threadhost.adapters.configuration.record import TURN_TIMEOUT_MS, Configuration
from threadhost.adapters.configuration.retention_tables import RetentionTable
from threadhost.adapters.configuration.tables import FileTable, ProfileTable
from threadhost.adapters.configuration.toml_file import innermost, lines_of, read
from threadhost.adapters.models.http_origin import shown_url
from threadhost.adapters.models.select import model_client
from threadhost.events.named_tuple import NamedTuple

HIDDEN = str(SecretStr("hidden"))
SECRET = ("ws_auth.token_sha256",)
URLS = ("model_url",)
OF_MODEL = ("model", "model_provider")
NO_VALUES = ("profile", "stdio")
"""Options that select a source, or that another option repeats."""
TABLES = {
    "agents": AgentsTable,
    "features": FeaturesTable,
    "memories": MemoriesTable,
    "retention": RetentionTable,
}
"""Tables whose keys have defaults that are always shown."""
IN_FILE = frozenset((*HostTable.model_fields, *(f"ws_auth.{n}" for n in WsAuthTable.model_fields)))


class Origin(NamedTuple):
    """The source of a value."""

    kind: Literal["flag", "environment", "profile", "file", "default"]
    name: str = ""
    """The name of the option, the variable or the profile."""
    file: str = ""
    line: int | None = None


DEFAULT = Origin("default")


class EffectiveValue(NamedTuple):
    """A value in use, by its key in a file, or by the option."""

    key: str
    value: object
    origin: Origin


class _Places:
    """The places of values in a configuration file."""

    def __init__(self, configuration: Configuration) -> None:
        file, self._profile = configuration.file, configuration.profile
        source = read(file, must_exist=True) if file else None
        self._file, self._lines = str(file), lines_of(source.text) if source else {}
        self._named_places = {at[:n] for at in configuration.entries for n in range(1, len(at) + 1)}

    def of(self, place: Place) -> Origin | None:
        """The line of a place; None if the file does not contain it."""
        if place not in self._named_places:
            return None
        return Origin("file", file=self._file, line=innermost(self._lines, place))

    def of_thread_key(self, name: str) -> Origin | None:
        """The same for a key that a profile may set."""
        profile = self._profile
        if profile and (place := self.of(("profiles", profile, name))):
            return place._replace(kind="profile", name=profile)
        return self.of((name,))


def effective_values(running: ServeInvocation, by_words: Values) -> Iterator[EffectiveValue]:
    """All values, those of the host first. Raises ValueError if no host could start."""
    places = _Places(running.configuration)
    yield from _options(running, by_words, places)
    yield from _thread_values(running, by_words, places)
    yield from _tables(running.configuration, places)


def _options(
    running: ServeInvocation, by_words: Values, places: _Places
) -> Iterator[EffectiveValue]:
    values = complete(running.values, SERVE) | {"home": running.settings.home}
    values[LOG_LEVEL.name] = running.level
    values["listen"] = running.settings.listen or ("off",)
    for option in SERVE:
        value = values[option.name]
        if option.name in (*NO_VALUES, *OF_MODEL) or value is None:
            continue
        is_in_file = option.key in IN_FILE
        origin = _option_origin(option, running, by_words)
        if origin is None and is_in_file:
            origin = places.of(("host", *option.key.split(".")))
        key = f"host.{option.key}" if is_in_file else option.key
        yield EffectiveValue(key, _shown_value(option, value), origin or DEFAULT)


def _option_origin(option: Option, running: ServeInvocation, by_words: Values) -> Origin | None:
    if option.name in by_words:
        return Origin("flag", option.flag)
    if option.name in running.given:
        return Origin("environment", option.variable or "")
    return None


def _shown_value(option: Option, value: Any) -> object:  # noqa: ANN401
    if option.key in SECRET:
        return HIDDEN
    if option.key in URLS:
        return shown_url(value)
    if isinstance(value, (list, tuple)):
        return [str(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def _thread_values(
    running: ServeInvocation, by_words: Values, places: _Places
) -> Iterator[EffectiveValue]:
    settings, configuration = running.settings, running.configuration
    client = model_client(
        settings.model, settings.model_url, running.env, settings.call_limits, configuration
    )
    yield EffectiveValue(
        "model", client.default_model, _model_origin("model", running, by_words, places)
    )
    origin = _model_origin("model_provider", running, by_words, places)
    yield EffectiveValue("model_provider", client.name, origin)
    if configuration.profile:
        by_option = _option_origin(_option("--profile"), running, by_words)
        origin = by_option or places.of(("profile",)) or DEFAULT
        yield EffectiveValue("profile", configuration.profile, origin)
    values = _configured_thread_values(configuration)
    for name in ProfileTable.model_fields:
        if name not in OF_MODEL and name in values:
            yield EffectiveValue(name, values[name], places.of_thread_key(name) or DEFAULT)


def _configured_thread_values(configuration: Configuration) -> Mapping[str, object]:
    profile = configuration.profile
    prefix = ("profiles", profile) if profile else None
    top_values = {
        place[0]: value for place, value in configuration.entries.items() if len(place) == 1
    }
    profile_values = {
        place[2]: v for place, v in configuration.entries.items() if place[:2] == prefix
    }
    return {"turn_timeout_ms": TURN_TIMEOUT_MS, **top_values, **profile_values}


def _model_origin(key: str, running: ServeInvocation, by_words: Values, places: _Places) -> Origin:
    """The source of the model: an option, variable or file that names one, or the default."""
    for flag in ("--model", "--model-url"):
        if (origin := _option_origin(_option(flag), running, by_words)) is not None:
            return origin
    origin = places.of_thread_key(key) or places.of_thread_key("model")
    if origin is None and running.env.get("OPENAI_BASE_URL"):
        return Origin("environment", "OPENAI_BASE_URL")
    return origin or DEFAULT


def _option(flag: str) -> Option:
    return next(option for option in SERVE if option.flag == flag)


def _tables(configuration: Configuration, places: _Places) -> Iterator[EffectiveValue]:
    """The values of providers, servers and the other tables, with defaults where they have some."""
    shown = configuration.shown
    if origin := places.of(("openai_base_url",)):
        url = shown_url(configuration.openai_base_url or "")
        yield EffectiveValue("openai_base_url", url, origin)
    table_keys = set(FileTable.model_fields) - set(ProfileTable.model_fields) - {"profiles", "host"}
    values = {at: value for at, value in leaves(shown, ()) if len(at) > 1 and at[0] in table_keys}
    for name, table in TABLES.items():
        defaults = leaves(table().model_dump(mode="json", exclude_none=True), (name,))
        values |= {at: value for at, value in defaults if value != {} and places.of(at) is None}
    for at, value in values.items():
        yield EffectiveValue(dotted(at), value, places.of(at) or DEFAULT)
