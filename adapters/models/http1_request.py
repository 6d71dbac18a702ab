"""The head of an HTTP/1.1 request as bytes."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadhost.adapters.models.transport import Headers

LINE_END = "\r\n"
HEAD = re.compile(
    r"[A-Z]+ [!-~]+ HTTP/1\.1\r\n(?:[A-Za-z0-9!#$%&'*+.^_`|~-]+: [\t\x20-\x7e]*\r\n)+\r\n"
)


def head_of(method: str, target: str, headers: "Headers") -> bytes:
    """The head; raises ValueError, which repeats nothing of it, where it would not be one head.

    What a provider is configured with is checked there, in words for people; this is the last wall.
    """
    lines = [f"{method} {target} HTTP/1.1", *map(": ".join, headers)]
    head = LINE_END.join(lines) + LINE_END + LINE_END
    # As many line ends as lines: none came with a name, a value or the target.
    if HEAD.fullmatch(head) is None or head.count("\n") != len(lines) + 1:
        raise ValueError("a request holds what no line of an HTTP head can hold")
    return head.encode("ascii")
