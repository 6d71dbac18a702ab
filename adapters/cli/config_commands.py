"""The commands that show, check and reload a host's configuration."""

from threadhost.adapters.cli.command import Command
from threadhost.adapters.cli.option import Option, path
from threadhost.adapters.cli.options import HOME_OPTION, SERVE
from threadhost.adapters.cli.shared_options import JSON

PROFILE = next(option for option in SERVE if option.flag == "--profile")
SHOW = (*SERVE, Option("--origin", "", "Print the source of each value."), JSON)
CONFIG_COMMANDS = (
    Command(
        "config show",
        "Print the settings of a host that is started now with these options.\n"
        "An option overrides its environment variable, which overrides the profile of the"
        " configuration file, which overrides the rest of the file. Secrets are hidden.",
        SHOW,
        "config_show",
        takes_words=True,
    ),
    Command(
        "config check",
        "Check whether a host can start threads with a configuration file.\n"
        "Prints its first fault; or unused keys, variables of keys that are not set, MCP servers"
        " whose programs are not found, and the extra for MCP servers if it is not installed. A"
        " required MCP server that could not start is a fault.\n"
        "Exit codes: 0 it can, 1 it cannot, 2 the command line is invalid.",
        (
            Option(
                "FILE",
                "FILE",
                "The configuration file; by default config.toml in the home.",
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
        "Make the host that runs on the home read its configuration file again.\n"
        "Prints the keys that apply now, and the keys that need a restart. An invalid file"
        " changes nothing.",
        (HOME_OPTION, JSON),
        "config_reload",
    ),
)
