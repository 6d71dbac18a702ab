"""The real program with one deliberate fault: `mutant_server.py FAULT serve ...`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.crash.mutants import MUTANTS
from threadhost.adapters.cli.main import main

if __name__ == "__main__":
    fault, _ = MUTANTS[sys.argv.pop(1)]
    fault()
    main()
