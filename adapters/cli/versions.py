"""`threadhost version`: the version of this program."""

import platform

from threadhost.adapters.build import commit
from threadhost.adapters.cli.output import print_result
from threadhost.adapters.version import PROTOCOL_VERSION, product_version

SHOWN_DIGITS = 12


def version(*, json: bool) -> None:
    """Print the version."""
    document = {
        "version": product_version(),
        "build": commit(),
        "protocol": PROTOCOL_VERSION,
        "python": platform.python_version(),
    }
    build = commit()[:SHOWN_DIGITS]
    words = f"threadhost {product_version()}, build {build}, protocol {PROTOCOL_VERSION}"
    print_result(document, words, json=json)
