"""Where `make test-clients` puts the clients that are written in JavaScript."""

import sys
from pathlib import Path

LISTS = Path(__file__).parent / "npm"
MODULES = Path(sys.prefix) / "npm" / "node_modules"
WHERE = "`make test-clients` installs it where there are node and npm"
