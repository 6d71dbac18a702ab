"""`threadhost version`: which version this is."""

import platform

from threadhost.adapters.build import commit
from threadhost.adapters.cli.output import console, print_json
from threadhost.adapters.version import PROTOCOL_VERSION, product_version

SHOWN_DIGITS = 12


def version(*, json: bool) -> None:
    """Print it."""
    if not json:
        build = commit()[:SHOWN_DIGITS]
        console().print(
            f"threadhost {product_version()}, build {build}, protocol {PROTOCOL_VERSION}"
        )
        return
    print_json(
        {
            "version": product_version(),
            "build": commit(),
            "protocol": PROTOCOL_VERSION,
            "python": platform.python_version(),
        }
    )
