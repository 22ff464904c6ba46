"""Mistakes in plain words: the messages of pydantic and tomllib are for programmers."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from multigit.adapters.config.sections import section_at
from multigit.adapters.config.values import dotted, shown
from multigit.core.values.text import masked, visible
from multigit.core.values.workspace import unknown

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Key = tuple[str | int, ...]
MOST_DIGITS = 20  # of a number that a message shows


_KINDS = {  # pydantic's kind of error → what the value must be, and the hint
    "bool_type": ("true or false", "Without quotes."),
    "dict_type": ("made of tables", "Write each as in [{table}.NAME]."),
    "int_type": ("a whole number", "Without quotes and without a fraction."),
    "model_type": ("a table", "Write it as [{table}]."),
    "string_type": ("a text", 'Put it in "quotes".'),
    "tuple_type": ("a list", 'Write it as ["one", "two"].'),
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """A sentence about the value at `key`; `beside` are the values that it was compared with."""

    key: Key
    sentence: str
    hint: str
    beside: tuple[Key, ...] = ()


def syntax_mistake(error: str, text: str) -> str:
    """Return tomllib's message the other way round: the place first, then the reason."""
    if "integer string conversion" in error:  # such a message has no place
        number = re.search(rf"\d(?:_?\d){{{sys.get_int_max_str_digits()},}}", text)
        line = text.count("\n", 0, number.start()) + 1 if number else 1
        return f"line {line}: a number has too many digits."
    reason, _, place = error.removesuffix(")").rpartition(" (at ")
    if not place.startswith("line"):  # it is the end of the document
        place = f"line {text.count(chr(10)) + 1}, column {len(text) - text.rfind(chr(10))}"
    reason = visible(masked(reason or error))
    return f"{place}: {reason[:1].lower()}{reason[1:]}."


def in_plain_words(error: ErrorDetails) -> Mistake:
    """Return an error of pydantic as a mistake."""
    key, value, context = error["loc"], error["input"], error.get("ctx", {})
    match error["type"]:
        case "multigit":
            return Mistake(key, context["sentence"], context["hint"])
        case "extra_forbidden":
            fields = section_at(key).model_fields
            known = [field.alias or name for name, field in fields.items()]
            return Mistake(key, "there is no such key.", unknown("key", str(key[-1]), known).hint)
        case "enum" | "literal_error":
            return Mistake(key, f"must be {context['expected']}, not {_kind(value)}.", "")
        case "greater_than_equal":
            return Mistake(key, f"must be at least {context['ge']}, not {_number(value)}.", "")
        case "less_than_equal":
            return Mistake(key, f"must be at most {context['le']}, not {_number(value)}.", "")
        case kind:
            expected, hint = _KINDS.get(kind, ("something else", ""))
            hint = hint.format(table=dotted(*key))
            return Mistake(key, f"must be {expected}, not {_kind(value)}.", hint)


def _number(value: float) -> str:
    """Return a number, unless it has too many digits to be shown."""
    return "a very large number" if abs(value) >= 10**MOST_DIGITS else str(value)


def _kind(value: object) -> str:
    """Describe a value for a message, without what may be long or secret."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f"the text {shown(value)}"
        case int() | float():
            return _number(value) if abs(value) >= 10**MOST_DIGITS else f"the number {value}"
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return "a date or time"


def as_detail(mistake: Mistake) -> tuple[str, str]:
    """Return a mistake as a sentence that names its key, and a hint; both can be shown."""
    sentence = f"{dotted(*mistake.key)}: {mistake.sentence}"
    return visible(masked(sentence)), visible(masked(mistake.hint))
