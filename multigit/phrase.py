"""A text that knows which of its parts are commands and times.

For everyone else it is a `str`: documents, journals and logs hold its plain text. A screen keeps
each command in one piece, so that it can be pasted, and shows each time in its reader's zone.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, groupby
from operator import itemgetter
from string import Formatter
from typing import Self

MARK = "`"  # in a template, before and after a command


class Typed(str):
    """A command, or an option, that is typed as is."""

    __slots__ = ()


class Instant(str):
    """A time in UTC as files hold it, such as 2025-01-15T15:01:30Z."""

    __slots__ = ()


class Phrase(str):
    """Some texts in a row, of which some are commands or times."""

    __slots__ = ("parts",)
    parts: tuple[str, ...]

    def __new__(cls, *texts: str) -> Self:
        """Return the texts as one; those that are phrases themselves are taken apart.

        A command in several pieces, one behind the other, is one command.
        """
        pieces = filter(None, chain.from_iterable(map(parts_of, texts)))
        parts = tuple(
            part
            for typed, run in groupby(pieces, lambda piece: isinstance(piece, Typed))
            for part in ([Typed("".join(run))] if typed else run)
        )
        phrase = super().__new__(cls, "".join(parts))
        phrase.parts = parts
        return phrase


def parts_of(text: str) -> tuple[str, ...]:
    """Return the parts of a phrase; another text is a single one."""
    return getattr(text, "parts", (text,))


def commands_in(text: str) -> tuple[str, ...]:
    """Return the commands in a text, each as it is typed."""
    return tuple(str(part) for part in parts_of(text) if isinstance(part, Typed))


def lines_of(text: str) -> list[Phrase]:
    """Return the lines of a text of several lines; commands and times stay what they are."""
    lines = list[list[str]]([[]])
    for part in parts_of(text):
        kind = type(part) if isinstance(part, Typed | Instant) else str
        first, *others = map(kind, part.split("\n"))
        lines[-1].append(first)
        lines += ([each] for each in others)
    return [Phrase(*line) for line in lines]


def mapped(change: Callable[[str], str], text: str) -> str:
    """Return the text with each part changed; commands and times stay what they are."""
    if isinstance(text, Typed | Instant):
        return type(text)(change(text))
    if hasattr(text, "parts"):
        return Phrase(*(mapped(change, part) for part in parts_of(text)))
    return change(text)


def phrase(template: str, /, **values: object) -> Phrase:
    """Return a template with its `{fields}` filled in; what is between two marks is a command.

    The parts of a value that is a phrase become parts of the result. No mark or field is looked for
    in a value.
    """
    texts, inside = list[tuple[bool, str]](), False
    for literal, field, _, _ in Formatter().parse(template):
        for number, text in enumerate(literal.split(MARK)):
            inside ^= number > 0
            texts.append((inside, text))
        if field is not None:
            value = values[field]
            texts.append((inside, value if isinstance(value, str) else str(value)))
    runs = ((within, [text for _, text in run]) for within, run in groupby(texts, itemgetter(0)))
    return Phrase(*(Typed("".join(run)) if within else Phrase(*run) for within, run in runs))


def marked(template: str) -> Phrase:
    """Return a text without fields; what is between two marks is a command."""
    return Phrase(
        *(Typed(text) if number % 2 else text for number, text in enumerate(template.split(MARK)))
    )
