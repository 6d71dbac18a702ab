"""The keywords of JSON Schema at a bounded cost: each takes steps from the check's budget."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import chain
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from threadhost.adapters.tables.patterns import WEIGHT_MAX, Pattern, PatternRefused
from threadhost.events.job_rows import compact
from threadhost.events.words import truncate

Json = Any
"""A JSON value, or a validator of an untyped library."""
ValidationErrors = Iterator[ValidationError]
Keyword = Callable[..., ValidationErrors]
"""`keyword(validator, value, instance, schema)`; ours take steps before the check."""
STEPS_MAX = 100_000
CHARS_A_STEP = 100
MESSAGE_CHARS_MAX = 200
SHOWN_CHARS = 60
LISTS = frozenset({"enum", "const"})
"""Their elements are compared with every value."""


class StepBudgetExceeded(Exception):
    """A check needs more steps than its budget."""


class StepBudget:
    """The remaining steps of a check, and the patterns of its schema."""

    def __init__(self) -> None:
        self._steps_left = STEPS_MAX
        self._patterns: dict[str, Pattern] = {}
        self._weights: dict[int, int] = {}
        self._weight = 0

    def begin(self) -> None:
        """Begin a check."""
        self._steps_left = STEPS_MAX

    def take(self, steps: int) -> None:
        """Take steps. Raises StepBudgetExceeded if too few are left."""
        self._steps_left -= steps
        if self._steps_left < 0:
            raise StepBudgetExceeded

    def has(self, text: str, pattern: str) -> bool:
        """Whether a text contains a match. Raises StepBudgetExceeded, PatternRefused."""
        compiled = self.pattern(pattern)
        self.take(1 + len(text) * compiled.weight // CHARS_A_STEP)
        return compiled.is_in(text)

    def pattern(self, text: str) -> Pattern:
        """A pattern, compiled once. Raises PatternRefused."""
        if text not in self._patterns:
            self._patterns[text] = compiled = Pattern(text)
            self._weight += compiled.weight
            if self._weight > WEIGHT_MAX:
                raise PatternRefused("its patterns are too large together")
        return self._patterns[text]

    def weight(self, keyword: str, value: Json) -> int:
        """The cost of a keyword with this value, whatever it is applied to."""
        if keyword not in LISTS:
            return 1 + len(value) if isinstance(value, (list, dict)) else 1
        if id(value) not in self._weights:  # the value is part of the schema, which stays in memory
            self._weights[id(value)] = 1 + len(compact(value)) // CHARS_A_STEP
        return self._weights[id(value)]


def bounded(steps: StepBudget) -> type[Draft202012Validator]:
    """A validator of draft 2020-12 whose keywords take steps."""
    metered: dict[str, Keyword] = {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "uniqueItems": _unique_items,
    }
    keywords: dict[str, Keyword] = {
        **Draft202012Validator.VALIDATORS,
        **{name: partial(keyword, steps) for name, keyword in metered.items()},
    }
    counted = {name: partial(_counted, steps, name, of) for name, of in keywords.items()}
    validator: type[Draft202012Validator] = extend(Draft202012Validator, counted)  # type: ignore[no-untyped-call]
    return validator


def _counted(
    steps: StepBudget, name: str, keyword: Keyword, validator: Json, value: Json, *about: Json
) -> ValidationErrors:
    steps.take(steps.weight(name, value))
    for error in keyword(validator, value, *about):
        # The message shows the whole value: of many such only the beginnings are kept.
        steps.take(len(error.message) // CHARS_A_STEP)
        error.message = truncate(error.message, MESSAGE_CHARS_MAX)
        yield error


def _pattern(
    steps: StepBudget, validator: Json, value: str, instance: Json, schema: Json
) -> ValidationErrors:
    if isinstance(instance, str) and not steps.has(instance, value):
        yield ValidationError(f"it does not match {value!r}: {truncate(instance, SHOWN_CHARS)!r}")


def _pattern_properties(
    steps: StepBudget, validator: Json, value: Mapping[str, Any], instance: Json, schema: Json
) -> ValidationErrors:
    if isinstance(instance, dict):
        for pattern, inner in value.items():
            for name in instance:
                if steps.has(name, pattern):
                    yield from validator.descend(
                        instance[name], inner, path=name, schema_path=pattern
                    )


def _additional_properties(
    steps: StepBudget, validator: Json, value: Json, instance: Json, schema: Json
) -> ValidationErrors:
    if not isinstance(instance, dict):
        return
    steps.take(len(instance))
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for name in instance:
        if name in named or any(steps.has(name, pattern) for pattern in patterns):
            continue
        if value is False:
            yield ValidationError(f"the property {truncate(name, SHOWN_CHARS)!r} is not expected")
        else:
            yield from validator.descend(instance[name], value, path=name)


def _unique_items(
    steps: StepBudget, validator: Json, value: Json, instance: Json, schema: Json
) -> ValidationErrors:
    if not value or not isinstance(instance, list):
        return
    keys = [_key(item, steps) for item in instance]
    if len(set(keys)) < len(keys):
        yield ValidationError("it has the same item twice")


def _key(value: Json, steps: StepBudget) -> str:
    """One text for values that JSON Schema calls equal: 1 and 1.0 are, true and 1 are not."""
    steps.take(1)
    if isinstance(value, dict):
        members = sorted((compact(name), _key(value[name], steps)) for name in value)
        return "{" + ",".join(chain.from_iterable(members)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_key(item, steps) for item in value) + "]"
    is_whole = isinstance(value, float) and value.is_integer()
    return compact(int(value) if is_whole else value)
