"""`python -m threadhost` is the program `threadhost`."""

from threadhost.adapters.cli.main import main

if __name__ == "__main__":
    main()
