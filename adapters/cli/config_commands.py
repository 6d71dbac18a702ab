"""The commands that show, check and reload a host's configuration."""

from threadhost.adapters.cli.command import Command
from threadhost.adapters.cli.option import Option, path
from threadhost.adapters.cli.options import HOME_OPTION, SERVE
from threadhost.adapters.cli.shared_options import JSON

PROFILE = next(option for option in SERVE if option.flag == "--profile")
SHOW = (*SERVE, Option("--origin", "", "Say where each value comes from."), JSON)
CONFIG_COMMANDS = (
    Command(
        "config show",
        "Print what a host that is started with these options here and now goes by.\n"
        "An option goes before its environment variable, that before the profile of the"
        " configuration file, and that before the rest of the file. Secrets are hidden.",
        SHOW,
        "config_show",
        takes_words=True,
    ),
    Command(
        "config check",
        "Say whether a host could be started with a configuration file, and what is wrong.\n"
        "Exit codes: 0 it could, 1 it could not, 2 the command line makes no sense.",
        (
            Option(
                "FILE",
                "FILE",
                "The configuration file; config.toml in the home without it.",
                read=path,
            ),
            HOME_OPTION,
            PROFILE,
            JSON,
        ),
        "config_check",
    ),
    Command(
        "config reload",
        "Have the host that runs on the home read its configuration file again.\n"
        "What holds from now on is named, and what needs a restart. A file that cannot be used"
        " changes nothing.",
        (HOME_OPTION, JSON),
        "config_reload",
    ),
)
