"""Every refusal has a reason of one table."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.each import each
from tests.support.refusals import meaning_of, refusals
from threadhost.adapters.jsonrpc import errors
from threadhost.adapters.jsonrpc.failures import as_rpc_error
from threadhost.adapters.jsonrpc.reasons import REASONS

ROOT = Path(__file__).parents[3] / "adapters"
DOORS = {"errors.py"}
"""Where an error of the protocol is made."""
SOURCES = [*ROOT.glob("jsonrpc/**/*.py"), *ROOT.glob("joining/*.py")]
OWN = {name for name, reason in REASONS.items() if reason.meaning}


def calls(name: str, sources: list[Path] = SOURCES) -> Iterator[tuple[Path, ast.Call]]:
    """Every call of this name in the protocol's own source."""
    for path in sources:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == name:
                yield path, node


def test_an_error_of_the_protocol_is_made_in_one_place() -> None:
    assert {path.name for path, _ in calls("RpcError")} == DOORS


def test_each_refusal_names_a_reason_of_the_table_under_its_code() -> None:
    seen = 0
    for path, call in calls("refusal"):
        reason = call.args[0]
        if not isinstance(reason, ast.Constant):
            assert ast.unparse(reason) == "reason_of(error)", f"{path}: {ast.unparse(call)}"
            continue
        code = next((ast.unparse(k.value) for k in call.keywords if k.arg == "code"), None)
        number = getattr(errors, code) if code else errors.INVALID_REQUEST
        assert number in REASONS[str(reason.value)].codes, f"{path}: {ast.unparse(call)}"
        seen += 1
    assert seen > 40


def test_a_method_that_refuses_one_parameter_names_it() -> None:
    without = [
        ast.literal_eval(call.args[1])
        for path, call in calls("refusal")
        if path.parent.name == "methods" and ast.unparse(call.args[0]) == "'invalidParams'"
    ]
    assert without == ["thread metadata update must include at least one field"]


def test_each_reason_of_the_table_is_used() -> None:
    constants = {
        node.value
        for path in SOURCES
        if path.name != "reasons.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert constants >= OWN
    assert {*refusals()} == {*REASONS} - OWN | {*refusals()} & OWN


def test_each_exception_that_becomes_a_refusal_has_a_reason_under_its_code() -> None:
    for name, (kind, code) in refusals().items():
        assert name in REASONS, f"{kind.__name__} has no row in reasons.py"
        assert code in REASONS[name].codes, name
        error = kind.__new__(kind)
        vars(error).update(thread_id="t", kind="review")
        told = as_rpc_error(error, "thread/read")
        assert (told.reason, told.code) == (name, code)


def test_an_unexpected_exception_becomes_an_internal_error_with_an_incident_number() -> None:
    told = as_rpc_error(ZeroDivisionError(), "thread/read")
    assert told.reason == "internalError"
    assert isinstance(told.data, dict)
    assert told.data["incident"] in told.message


@each("name", sorted(REASONS))
def test_each_reason_has_a_name_a_meaning_and_a_remedy(name: str) -> None:
    assert re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", name)
    for text in (meaning_of(name), REASONS[name].remedy):
        assert text[:1].isupper() or text.startswith("`")
        assert text.endswith(".")
