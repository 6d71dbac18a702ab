"""The reference pages of the documentation, generated from the code they describe."""

import ast
import inspect
import logging
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic.alias_generators import to_camel

import threadhost.events.fold
import threadhost.events.host  # noqa: F401  (declares its event types)
from tests.support import configuration_reference, field_reference, in_clear, protocol_reference
from tests.support.refusals import meaning_of
from threadhost.adapters import config
from threadhost.adapters.jsonrpc import methods  # noqa: F401  (fills the registry)
from threadhost.adapters.jsonrpc.reasons import GROUPS
from threadhost.adapters.jsonrpc.registry import Method, registry
from threadhost.events import catalogue as _all  # noqa: F401  (declares every type)
from threadhost.events.base import KINDS, Event
from threadhost.events.operator_log import LINES

FOLDER = Path(__file__).parents[2] / "docs" / "reference"


def pages() -> dict[str, str]:
    """Each page by its file name."""
    return {
        "events.md": _page("Events", EVENTS, _events()),
        "methods.md": _page("Methods", METHODS, _methods()),
        "in-clear.md": _page("What is in clear", IN_CLEAR, in_clear.rows()),
        "errors.md": _page("Errors", ERRORS, _errors()),
        "parameters.md": _page(
            "Parameters and answers", PARAMETERS, protocol_reference.parameters()
        ),
        "notifications.md": _page(
            "Notifications and requests of the host",
            NOTIFICATIONS,
            protocol_reference.notifications(),
        ),
        "objects.md": _page("Objects of the protocol", OBJECTS, protocol_reference.objects()),
        "settings.md": _page("Settings and limits", SETTINGS, _settings()),
        "operator-log.md": _page("What an operator is told", OPERATOR, _operator_lines()),
        "fields.md": _page("Fields and their limits", FIELDS, field_reference.rows()),
        "configuration.md": _page(
            "The configuration file", CONFIGURATION, configuration_reference.rows()
        ),
    }


EVENTS = """Every type of event in the log: *since* which release it may be written, and of what the
*stream* is that it stands in, and [what led](../log.md#a-row) to it. A *sealed* event is encrypted
under its stream's key and is erased with it; a *structural* one stays readable. *Admitted* says
what the stream may be when the event is appended."""
IN_CLEAR = """All that can be read of a home without its keys, column by column, and how long it
stays; and every text in events that are never erased. Nothing else is there: what a person, a
model, a tool or a provider says lies under the key of its thread."""
METHODS = """Every method of the protocol that this host answers; [what each parameter
means](parameters.md). Params marked `?` may be left out."""
ERRORS = """Every error of this host has its reason in `data.reason`, for programs: reasons stay
within a major version, the words of a message need not, and codes are shared by many reasons. What
nobody expected is `internalError` with a number that the host's log knows; no reply ever holds a
traceback. The `--json` errors of [commands](../cli.md) have the same `reason`."""
PARAMETERS = """Every method that this host answers, with each of its parameters and each key of its
answer, in TypeScript's notation. Types with a capital letter are [objects](objects.md). What has no
default and may be absent says itself what that means. What is experimental needs
`capabilities.experimentalApi`."""
NOTIFICATIONS = """Everything that the host says of itself. Beside its params each notification has
`emittedAtMs`, in milliseconds since 1970, and [its place in the log](../log.md): `position` and
`cursor`. Types with a capital letter are [objects](objects.md)."""
OBJECTS = """What stands inside of [params and answers](parameters.md) and of
[notifications](notifications.md), by name."""
FIELDS = """How large each field of a request may be that can hold a text, a list, a map or a value
of any shape; texts are counted in UTF-8. What is larger is refused with -32600, the field, its
size and the limit, also as `data`. The limits are [settings](settings.md#fieldlimits)."""
CONFIGURATION = """Every key of [the file](../configuration.md). *Read again* says whether a key
that says something else holds as soon as [the file is read
again](../configuration.md#reading-it-again), or needs a restart; *since*, which release has it."""
OPERATOR = """Every line that a host writes for its operator on standard error, [by level and
form](../operations.md#what-a-host-says). As text it is `TIME LEVEL CODE WORDS`, as JSON an object
with `time`, `level`, `code`, `message` and the values named here. Codes and names of values stay
within a major version, words need not."""
SETTINGS = """Every setting and limit with its default; the unit is in the name."""


def _page(title: str, text: str, rows: Iterable[str]) -> str:
    note = "<!-- generated by `make docs`; a test fails when it is not up to date -->"
    return "\n".join([f"# {title}", "", note, "", text, "", *rows, ""])


def _events() -> Iterator[str]:
    yield "| type | since | stream | led by | kept | admitted | fields | meaning |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for kind, event in sorted(KINDS.items()):
        kept = "sealed" if event.sealed else "structural"
        admitted = ", ".join(sorted(event.admitted))
        place = f"{event.since} | {event.stream} | {event.cause} | {kept} | {admitted}"
        yield f"| `{kind}` | {place} | {_fields(event)} | {_first(event)} |"


def _operator_lines() -> Iterator[str]:
    yield "| code | level | words | values | meaning |"
    yield "| --- | --- | --- | --- | --- |"
    for line in LINES.values():
        values = ", ".join(f"`{to_camel(name)}`" for name in line.fields) or "none"
        level = logging.getLevelName(line.level).lower()
        words = re.sub(r"\{(\w+)\}", lambda name: f"{{{to_camel(name[1])}}}", line.words)
        yield f"| `{line.code}` | {level} | {words} | {values} | {line.means} |"


def _fields(event: type[Event]) -> str:
    return ", ".join(f"`{name}`" for name in event.model_fields) or "none"


def _methods() -> Iterator[str]:
    yield "| method | params | experimental | what it does |"
    yield "| --- | --- | --- | --- |"
    for method in sorted(registry, key=lambda m: m.name):
        gate = "yes" if method.experimental else "no"
        yield f"| `{method.name}` | {_params(method)} | {gate} | {_first(method.handler)} |"


def _params(method: Method) -> str:
    model = method.params_model
    if model is None:
        return "none"
    fields = zip(model.wire_names(), model.model_fields.values(), strict=True)
    names = [f"`{name}{'' if field.is_required() else '?'}`" for name, field in fields]
    return ", ".join(names) or "none"


def _errors() -> Iterator[str]:
    for group, reasons in GROUPS.items():
        yield from (f"## {group}", "")
        yield from ("| reason | code | what it means | what helps |", "| --- | --- | --- | --- |")
        for name, reason in reasons.items():
            codes = ", ".join(map(str, reason.codes))
            yield f"| `{name}` | {codes} | {meaning_of(name)} | {reason.remedy} |"
        yield ""


def _settings() -> Iterator[str]:
    for name in ("Settings", "WsAuth", "Limits", "FieldLimits"):
        yield f"## {name}"
        yield ""
        yield "| name | default | meaning |"
        yield "| --- | --- | --- |"
        for field, default, meaning in _attributes(config, name):
            yield f"| `{field}` | {default} | {meaning} |"
        yield ""


def _attributes(module: ModuleType, class_name: str) -> Iterator[tuple[str, str, str]]:
    """Fields with their defaults and the texts under them."""
    tree = ast.parse(inspect.getsource(module))
    body = next(n.body for n in tree.body if isinstance(n, ast.ClassDef) and n.name == class_name)
    for field, text in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
            default = "required" if field.value is None else f"`{ast.unparse(field.value)}`"
            yield ast.unparse(field.target), default, ast.literal_eval(text.value)


def _first(described: Any) -> str:
    paragraph = inspect.cleandoc(described.__doc__ or "").split("\n\n")[0]
    return " ".join(paragraph.split()).replace("|", "\\|")


def write() -> None:
    """Bring the pages up to date."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    write()
