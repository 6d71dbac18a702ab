"""The program, one of whose syncs fails: `python -m tests.crash.failing_server HOME NTH`."""

import errno
import os
import sys
from pathlib import Path

from tests.crash import shim
from threadhost.adapters.cli.serve import run


def main() -> int:
    """Its exit code."""
    home, nth = Path(sys.argv[1]), int(sys.argv[2])
    shim.arm(home)
    shim.fail(shim.SYNC, nth, 1, errno.EIO)
    return run("serve", ["--home", str(home), "--listen", "stdio://"], os.environ)


if __name__ == "__main__":
    sys.exit(main())
