"""Names of tools for APIs without namespaces, and the way back."""

from collections.abc import Iterable
from hashlib import sha256

from threadhost.events.named_tuple import NamedTuple

CHARS_MAX = 64
DIGEST_CHARS = 8
BETWEEN = "__"


class Tool(NamedTuple):
    """A tool's own name, and its namespace, if any."""

    namespace: str
    name: str


class FlatNames:
    """One name of at most 64 characters for each tool of a request."""

    def __init__(self, tools: Iterable[Tool] = ()) -> None:
        self._tools: dict[str, Tool] = {}
        self.renamed: dict[Tool, str] = {}
        """The tools whose default name another tool has."""
        for tool in tools:
            flat = flat_name(tool)
            if flat in self._tools:
                flat = _shortened(f"{tool.namespace}.{tool.name}")
                self.renamed[_cut(tool)] = flat
            self._tools[flat] = tool

    def __contains__(self, flat: str) -> bool:
        """Whether a tool has this name."""
        return flat in self._tools

    def of(self, tool: Tool) -> str:
        """The name of a tool, even if it is no longer offered."""
        return self.renamed.get(_cut(tool)) or flat_name(tool)

    def tool(self, flat: str) -> Tool:
        """The tool that a model names; an unknown name is a tool without a namespace."""
        return self._tools.get(flat) or Tool("", flat)


def flat_name(tool: Tool) -> str:
    """The default name of a tool."""
    namespace, name = _cut(tool)
    return _shortened(f"{namespace}{BETWEEN}{name}") if namespace else name


def _cut(tool: Tool) -> Tool:
    """Both names, cut to the length that a history holds."""
    return Tool(tool.namespace[:CHARS_MAX], tool.name[:CHARS_MAX])


def _shortened(name: str) -> str:
    if len(name) <= CHARS_MAX and "." not in name:
        return name
    digest = sha256(name.encode()).hexdigest()[:DIGEST_CHARS]
    plain = name.replace(".", BETWEEN)
    return f"{plain[: CHARS_MAX - DIGEST_CHARS - 1]}_{digest}"
