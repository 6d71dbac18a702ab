"""A call of a tool that the host answers by itself."""

from typing import NamedTuple


class HostCall(NamedTuple):
    """Which tool, and the arguments as the model wrote them."""

    name: str
    arguments: str
