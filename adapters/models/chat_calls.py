"""Assembles the calls of a chat completions stream, which servers split and number in many ways."""

from pydantic_core import from_json

from threadhost.actors.models import FunctionCall
from threadhost.adapters.models.answer import OTHERWISE, Answer
from threadhost.adapters.models.answer_part import NAME_CHARS_MAX, Place
from threadhost.adapters.models.flat_names import FlatNames
from threadhost.adapters.models.json_values import Object, text
from threadhost.adapters.models.lenient_text import arguments, count_strange, name_of, object_of

CHECKS_MAX = 8
"""How often one call's arguments are parsed: a server may repeat the name in each piece."""
OF_CALL = frozenset({"arguments", "function", "id", "index", "name", "type"})


class _Call:
    """A call in progress."""

    def __init__(self, number: int, index: int | None, id_: str) -> None:
        self.place = Place(id=f"call {number}")
        self.index = index
        self.id = id_
        self.name = ""
        self.arguments: list[str] = []
        self._checks_left = CHECKS_MAX

    def is_whole(self) -> bool:
        """Whether the arguments so far are an object; gives up after CHECKS_MAX looks."""
        if self._checks_left == 0 or not self.arguments:
            return False
        self._checks_left -= 1
        try:
            is_whole = isinstance(from_json(self.whole_arguments), dict)
        except ValueError:
            return False
        self._checks_left += is_whole
        return is_whole

    @property
    def whole_arguments(self) -> str:
        """The arguments so far."""
        return "".join(self.arguments)


class Calls:
    """Assembles calls from their pieces."""

    def __init__(self, answer: Answer, names: FlatNames) -> None:
        self._answer = answer
        self._names = names
        self._calls: list[_Call] = []
        self._at: dict[int | None, _Call] = {}

    @property
    def are_any(self) -> bool:
        """Whether the model made any call."""
        return bool(self._calls)

    def take(self, piece: Object) -> None:
        """Add a piece of a call, or a whole call."""
        skipped = self._answer.skipped
        function = object_of(piece.get("function"), skipped) or piece
        count_strange(function, OF_CALL, skipped)
        name, id_ = name_of(function.get("name"), skipped), text(piece.get("id"))
        at = piece.get("index")
        index = at if isinstance(at, int) else None
        raw_arguments = function.get("arguments")
        arguments_text = (
            "" if raw_arguments in ({}, []) else arguments(raw_arguments)
        )  # servers send these before pieces
        call = self._call_of(index, id_, name, arguments_text)
        if call is None:
            call = self._at[index] = _Call(len(self._calls), index, id_)
            self._calls.append(call)
            self._answer.started("call", call.place)
        elif name and call.is_whole():
            call.name = call.name or name
            if name != call.name or arguments_text.strip() not in call.whole_arguments:
                skipped[OTHERWISE] += 1
            return  # the call is repeated in full
        call.id = call.id or id_
        if name and len(call.name) < NAME_CHARS_MAX:
            longer = self._longer(call.name, name)
            if call.name not in longer:
                skipped[OTHERWISE] += 1
            call.name = longer
        if arguments_text:
            call.arguments.append(arguments_text)
            self._answer.arguments(call.place, arguments_text)

    def end(self, *, is_cut_off: bool) -> None:
        """Complete the calls, except the last one of an answer that was cut off."""
        for call in self._calls[:-1] if is_cut_off else self._calls:
            tool = self._names.tool(call.name)
            self._answer.done(call.place, FunctionCall(tool.name, "", tool.namespace or None))

    def _call_of(self, index: int | None, id_: str, name: str, text: str) -> _Call | None:
        """The call that a piece belongs to; None if it begins a new one.

        Servers may omit the index, or give every call the same one; they may omit the id, or give
        every piece a new one. A name begins a call, unless the call so far is not complete.
        """
        latest = self._calls[-1] if self._calls else None
        call = self._at.get(index) if index is not None else latest
        if call is None or not name:
            return call
        if id_ and call.id:
            return call if id_ == call.id else None
        if id_ and name == call.name and text == call.whole_arguments:
            return call  # repeated with its id
        return None if index is None or call.is_whole() else call

    def _longer(self, name: str, piece: str) -> str:
        """The name extended by a piece; some servers repeat the whole name instead."""
        if name + piece not in self._names and (piece == name or piece in self._names):
            return piece
        return name + piece
