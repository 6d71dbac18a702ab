"""`app-server --print-startup-config`: whether the configuration is valid, and what it requires."""

from collections.abc import Callable

from threadhost.adapters.cli.failing import fail
from threadhost.adapters.cli.output import Failure, print_json
from threadhost.adapters.configuration import report_configuration_problems
from threadhost.adapters.configuration.record import Configuration
from threadhost.adapters.version import PROTOCOL_VERSION


def print_startup_config(read: Callable[[], Configuration]) -> int:
    """Print it on one line; returns the exit code. This host requires nothing of its clients."""
    try:
        report_configuration_problems(read())
        requirements = {"supportsIndependentSpeedModes": False, "requirements": None}
        required = {"appServerVersion": PROTOCOL_VERSION, "configRequirements": requirements}
        print_json(required, line=True)
    except (ValueError, OSError, Failure) as error:
        return fail(Failure(str(error)) if isinstance(error, ValueError) else error)
    return 0
