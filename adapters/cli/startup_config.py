"""`app-server --print-startup-config`: whether the configuration is one, and what it requires."""

from collections.abc import Mapping

from threadhost.adapters.app import configuration_of
from threadhost.adapters.cli.failing import fail
from threadhost.adapters.cli.output import Failure, print_json
from threadhost.adapters.config import Settings
from threadhost.adapters.version import PROTOCOL_VERSION


def print_startup_config(settings: Settings, env: Mapping[str, str]) -> int:
    """Print it on one line; the exit code. This host requires nothing of its clients."""
    try:
        configuration_of(settings, env)
        requirements = {"supportsIndependentSpeedModes": False, "requirements": None}
        required = {"appServerVersion": PROTOCOL_VERSION, "configRequirements": requirements}
        print_json(required, line=True)
    except (ValueError, OSError, Failure) as error:
        return fail(Failure(str(error)) if isinstance(error, ValueError) else error)
    return 0
