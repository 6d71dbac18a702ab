"""Fuzzing the envelope along its branches; as a program it ends with 77 at the first fault.

Run as `python -m tests.limits.envelope_fuzz`; options are those of libFuzzer:
`-max_total_time=SECONDS`, `-runs=COUNT`, `-seed=NUMBER`, and folders of inputs to begin with.
"""

import sys

import atheris

with atheris.instrument_imports(include=["threadhost.adapters.jsonrpc"]):
    from threadhost.adapters.jsonrpc import envelope

from tests.limits.byte_fuzz import LIMITS, fault_of


def judge(data: bytes) -> None:
    """One input: nothing is raised, and the outcome is the one that JSON asks for."""
    outcome = envelope.parse(data, LIMITS)
    fault = fault_of(data, outcome)
    if fault:
        raise AssertionError(f"{fault}: {outcome!r}")


def main() -> None:
    """Fuzz until an option says that it is enough."""
    atheris.Setup(sys.argv, judge)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
