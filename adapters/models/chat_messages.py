"""A history as messages of the chat completions API, in an order that strict servers accept.

Servers write a conversation with their model's template, and many templates refuse what the
Responses API accepts: a system message that is not the first, two messages of one role in a row, an
output that does not follow its call.
"""

from collections.abc import Iterable

from pydantic_core import to_json

from threadhost.adapters.models.chat_items import Piece, inside, piece_of, text_part
from threadhost.adapters.models.flat_names import FlatNames

PARAGRAPH = b"\\n\\n"
BETWEEN = b","


class Conversation:
    """Takes pieces in the order of a history, and makes messages."""

    def __init__(self, names: FlatNames) -> None:
        self._renamed = names.renamed
        self._messages: list[bytes] = []
        self._system: list[bytes] = []
        self._user: list[Piece] = []
        self._texts: list[bytes] = []
        self._calls: dict[str, Piece] = {}
        self._outputs: dict[str, Piece] = {}
        self._later: list[Piece] = []

    def instruct(self, text: str | None) -> None:
        """Set the text before all messages."""
        if text:
            self._system.append(inside(text))

    def take(self, lines: Iterable[bytes]) -> list[bytes]:
        """The messages of these lines, after the instructions."""
        take = self._take
        for line in lines:
            take(piece_of(line))
        self._end_assistant()
        self._end_user()
        return self._messages

    def _take(self, piece: Piece) -> None:
        kind = piece.kind
        if kind == "call" or kind == "assistant":  # noqa: PLR1714 - half the time of a set
            self._assistant(piece)
        elif kind == "output":
            self._output(piece)
        elif kind != "nothing":
            self._outside(piece)

    def _assistant(self, piece: Piece) -> None:
        """Text and calls of one answer share a message; after answered calls another begins."""
        if self._calls and len(self._outputs) == len(self._calls):
            self._end_assistant()
        if self._user or self._system:
            self._end_user()
        if piece.kind == "call":
            self._calls[piece.call_id] = piece
        else:
            self._texts.append(piece.text)

    def _output(self, piece: Piece) -> None:
        if piece.call_id not in self._calls:
            return
        self._outputs[piece.call_id] = piece
        if self._later and len(self._outputs) == len(self._calls):
            later, self._later = self._later, []
            for item in later:
                self._outside(item)

    def _outside(self, piece: Piece) -> None:
        """A message of the user or the developer waits until the calls before it are answered."""
        if len(self._outputs) < len(self._calls):
            self._later.append(piece)
            return
        if self._calls or self._texts:
            self._end_assistant()
        if piece.kind == "user":
            self._user.append(piece)
        elif self._messages or self._user:
            # Strict templates accept a system message only as the first.
            text = b"<developer>\\n" + piece.text + b"\\n</developer>"
            self._user.append(Piece("user", text))
        else:
            self._system.append(piece.text)

    def _end_user(self) -> None:
        if self._system:
            self._say(b"system", b'"' + PARAGRAPH.join(self._system) + b'"')
            self._system = []
        if not self._user:
            return
        if any(piece.parts for piece in self._user):
            parts = [piece.parts or text_part(piece.text) for piece in self._user]
            content = b"[" + BETWEEN.join(parts) + b"]"
        else:
            content = b'"' + PARAGRAPH.join([piece.text for piece in self._user]) + b'"'
        self._user = []
        self._say(b"user", content)

    def _end_assistant(self) -> None:
        if not self._calls and not self._texts:
            return
        calls, texts = [*self._calls.values()], self._texts
        content = b'"' + PARAGRAPH.join(texts) + b'"' if texts else b"null"
        encoded_calls = BETWEEN.join([self._call(call) for call in calls])
        self._say(
            b"assistant", content, b',"tool_calls":[' + encoded_calls + b"]" if calls else b""
        )
        outputs = [self._outputs[call.call_id] for call in calls if call.call_id in self._outputs]
        self._messages += [output.text for output in outputs]
        self._calls, self._texts, self._outputs = {}, [], {}
        later, self._later = self._later, []
        self._user += [Piece("user", parts=output.parts) for output in outputs if output.parts]
        for piece in later:
            self._outside(piece)

    def _call(self, piece: Piece) -> bytes:
        name = self._renamed.get(piece.tool) if self._renamed else None
        return piece.text if name is None else to_json(name).join(piece.named)

    def _say(self, role: bytes, content: bytes, members: bytes = b"") -> None:
        self._messages.append(b'{"role":"' + role + b'","content":' + content + members + b"}")
