"""A command line that serves, made out: its options, the configuration below them, what follows."""

import os
from collections.abc import Mapping, Sequence

from threadhost.adapters.cli.option import Ignored
from threadhost.adapters.cli.options import (
    APP_SERVER,
    DAEMON_RUN,
    LOG_FORMAT,
    LOG_LEVEL,
    OF_CODEX,
    SERVE,
)
from threadhost.adapters.cli.parse import UsageError, Values, parse, settings_of, with_file
from threadhost.adapters.config import STDIO, Settings
from threadhost.adapters.configuration.record import NO_CONFIGURATION, Configuration
from threadhost.adapters.configured import configuration_of
from threadhost.events.named_tuple import NamedTuple

DAEMON = "daemon run"
"""The verb that serves whoever joins, and nobody at standard input."""
IGNORED: dict[str, tuple[Ignored, ...]] = {"serve": (), "app-server": OF_CODEX, DAEMON: OF_CODEX}
"""The verbs that serve, and what each lets pass for compatibility."""
OPTIONS = {"app-server": APP_SERVER, DAEMON: DAEMON_RUN}
"""What verbs are told that are told more than `serve`."""
ACTIVATED = "LISTEN_PID"
"""Set where a service manager opened the sockets: for which process it did."""


class Running(NamedTuple):
    """A command line that serves; `given` are the values of its words and of the environment."""

    verb: str
    words: Sequence[str]
    env: Mapping[str, str]
    given: Values
    settings: Settings
    configuration: Configuration = NO_CONFIGURATION

    @property
    def values(self) -> Values:
        """The values with those of the file below them."""
        return with_file(self.given, SERVE, self.configuration.host)

    @property
    def level(self) -> str:
        """From where on there are logs: who starts a host for its client alone asked for none."""
        is_clients = self.settings.listen == (STDIO,) or self.values.get("until_last")
        return self.values.get(LOG_LEVEL.name) or ("warning" if is_clients else "info")

    @property
    def form(self) -> str:
        """Whether logs are lines of text, or of JSON."""
        return str(self.values.get(LOG_FORMAT.name, LOG_FORMAT.default))

    @property
    def life(self) -> str:
        """What the host lives for."""
        if self.verb == DAEMON:
            return "clients" if self.values.get("until_last") else "daemon"
        return "clients" if STDIO in self.settings.listen else "service"

    def read(self) -> Configuration:
        """The configuration, as it is now. Raises ValueError."""
        return configuration_of(settings_of(self.given, SERVE, are_whole=False), self.env)

    def settings_with(self, configuration: Configuration) -> Settings:
        """The settings with another configuration below the options. Raises ValueError."""
        try:
            return settings_of(with_file(self.given, SERVE, configuration.host), SERVE)
        except UsageError as error:
            raise ValueError(str(error)) from None


def made_out(verb: str, words: Sequence[str], env: Mapping[str, str]) -> Running:
    """What the words say, in this environment, before a file is read. Raises UsageError."""
    given = parse(words, OPTIONS.get(verb, SERVE), env, IGNORED[verb])
    return Running(verb, words, env, given, settings_of(given, SERVE, are_whole=False))


def configured(running: Running) -> Running:
    """The same with its file below the options. Raises UsageError, and ValueError for the file."""
    running = running._replace(configuration=running.read())
    settings = settings_of(running.values, SERVE)
    if running.env.get(ACTIVATED) == str(os.getpid()):
        from threadhost.adapters.cli.activation import activated

        settings = activated(settings, running.env, is_named="listen" in running.values)
    if running.verb == DAEMON:
        settings = settings._replace(listen=tuple(a for a in settings.listen if a != STDIO))
    return running._replace(settings=settings)
