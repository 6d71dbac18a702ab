"""What every message of a server has to be, whatever a test is about."""

from typing import Any

from tests.support import schema
from threadhost.adapters.jsonrpc.reasons import REASONS

OWN = ("host/", "job/")
"""Methods of this prefix are ours alone; the protocol's schema does not describe them."""
SUBSCRIBE = "host/events/subscribe"


class Judge:
    """Looks at each message of one connection in order; what is wrong is said by raising."""

    def __init__(self) -> None:
        self._asked: dict[str | int, str] = {}
        self._position = 0
        self._requested: set[int] = set()

    def sent(self, message: Any) -> None:
        """A client's message went out."""
        if isinstance(message, dict) and "id" in message and "method" in message:
            asked, method = message["id"], message["method"]
            if isinstance(asked, (str, int)) and isinstance(method, str):
                self._asked[asked] = method

    def look(self, message: Any) -> None:
        """Raises AssertionError for a message that no server should send."""
        assert isinstance(message, dict), f"not an object: {message!r}"
        assert "jsonrpc" not in message
        if "method" in message and "id" in message:
            self._request(message)
        elif "method" in message:
            self._notification(message)
        elif "error" in message:
            self._error(message)
        else:
            self._result(message)

    def _request(self, message: dict[str, Any]) -> None:
        assert set(message) == {"id", "method", "params"}, message
        assert type(message["id"]) is int, message
        assert message["id"] not in self._requested, f"an id is used again: {message}"
        self._requested.add(message["id"])
        schema.validate("request", message["method"], message["params"])

    def _notification(self, message: dict[str, Any]) -> None:
        assert set(message) == {"method", "params", "emittedAtMs", "position", "cursor"}, message
        assert type(message["emittedAtMs"]) is int
        assert type(message["position"]) is int
        assert message["position"] >= self._position, f"the cursor goes back: {message}"
        assert message["cursor"].split(".")[1] == str(message["position"]), message
        self._position = message["position"]
        if message["method"] not in schema.OUT_OF_SCOPE and not message["method"].startswith(OWN):
            schema.validate("notification", message["method"], message["params"])

    def _error(self, message: dict[str, Any]) -> None:
        assert set(message) == {"error", "id"}, message
        error = message["error"]
        assert set(error) - {"data"} == {"code", "message"}, message
        assert type(error["code"]) is int
        assert isinstance(error["message"], str)
        assert "Traceback" not in error["message"]
        assert isinstance(error.get("data"), dict), f"an error without data: {message}"
        reason = error["data"].get("reason")
        assert reason in REASONS, f"a reason that no table has: {message}"
        assert error["code"] in REASONS[reason].codes, f"not the code of the reason: {message}"

    def _result(self, message: dict[str, Any]) -> None:
        assert set(message) == {"id", "result"}, message
        assert message["id"] in self._asked, f"an answer to nothing: {message}"
        method = self._asked[message["id"]]
        if method == SUBSCRIBE:
            self._position = 0  # a replay begins where the client asked
        if not method.startswith(OWN):
            schema.validate("result", method, message["result"])
