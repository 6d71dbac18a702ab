"""The outside world: the wire, models, the command line, and the wiring of them all."""
