"""Questions, asked on standard error and answered at a terminal. Nothing else may wait.

Each raises EOFError if the terminal is gone.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from select import select
from typing import Any

import questionary
from prompt_toolkit.filters import Condition
from prompt_toolkit.input import Input
from prompt_toolkit.input.typeahead import get_typeahead
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent, merge_key_bindings
from prompt_toolkit.output import Output, create_output
from prompt_toolkit.utils import get_cwidth

from multigit.core.values.text import visible

MARK = 4  # columns of the mark before a question and of the blanks around it
LAST = 13  # columns for the last column of a list, before its cells are below each other
INDENT, BELOW = "\n   ", " " * 5  # before the further rows of a question, and of an item
ENDS = frozenset(b"\x04\0")  # Ctrl-D, and what the system makes of one typed in line mode


def line(question: str, keys: str = "", *, room: int = 0) -> str:
    """Ask for a line; return it without surrounding blanks. Raises KeyboardInterrupt on Ctrl-C.

    The question breaks between words, and leaves `room` for the answer behind it if it can.
    `keys` are what can be typed.
    """
    output = _stderr()
    rows = with_keys(question, keys, _width(output) - MARK, room)
    return str(_answer(questionary.text(INDENT.join(rows), output=output))).strip()


def text(question: str, keys: str, proposal: str) -> str:
    """Ask for a line that begins as proposed, below the question; as `line` otherwise."""
    output = _stderr()
    rows = [*with_keys(question, keys, _width(output) - MARK), ">"]
    asked = questionary.text(INDENT.join(rows), default=proposal, output=output)
    return str(_answer(asked)).strip()


def check_off(items: Sequence[str], checked: Collection[int]) -> list[int] | None:
    """Ask to check off a checklist; return the numbers of the items that are, counted from 0.

    At first the `checked` ones are. None on Ctrl-D; raises KeyboardInterrupt on Ctrl-C.
    """
    return _chosen("Checklist", "(space to check off, enter to continue)", items, checked)


def choose(question: str, items: Sequence[str]) -> list[int]:
    """Ask which of the items, all of them at first; return their numbers, counted from 0."""
    every = range(len(items))
    return _chosen(question, "(space to deselect, enter to continue)", items, every) or []


def pick(question: str, rows: Sequence[Sequence[str]]) -> int | None:
    """Ask to pick one row of a list, and return its number; None if none was picked.

    Their cells are in columns where these have room, or else below the first one. The last one is
    cut, and shown only where there is room beside the others.
    """
    output = _stderr()
    width = _width(output) - len(BELOW)
    listed = beside(in_columns([row[:-1] for row in rows], width), [row[-1] for row in rows], width)
    items = (f"\n{BELOW}".join(item) for item in listed)
    choices = [
        questionary.Choice([("class:text", item)], number) for number, item in enumerate(items)
    ]
    keys = "(arrow keys to move, Enter to pick, Ctrl-C to cancel)"
    asked = questionary.select(
        INDENT.join(with_keys(question, keys, _width(output) - MARK)),
        instruction=" ",
        choices=choices,
        output=output,
        erase_when_done=True,
    )
    answer: int | None = _answer(asked, ended=None)
    return answer


def in_columns(rows: Sequence[Sequence[str]], width: int) -> list[list[str]]:
    """Return the lines of each row: its cells in columns, of which the last may have several lines.

    If the last column has less than `LAST` columns of room, all cells but the first are below it.
    """
    shown = [[visible(cell) for cell in row] for row in rows]
    widths = [max(map(get_cwidth, column)) for column in zip(*shown, strict=True)]
    before = sum(widths[:-1]) + 2 * len(widths[:-1])
    if width - before < min(LAST, widths[-1]):
        return [[*broken(row[0], width), *_below(row[1:], width)] for row in shown]
    found = []
    for row in shown:
        padded = "".join(_padded(*each) for each in zip(row[:-1], widths, strict=False))
        first, *more = broken(row[-1], width - before)
        found.append([f"{padded}{first}".rstrip(), *(" " * before + line for line in more)])
    return found


def beside(items: Sequence[list[str]], texts: Sequence[str], width: int) -> Sequence[Sequence[str]]:
    """Return the items with a text on the right of each, cut to fit; or as they are, without room.

    There is room if each item is one line, and `LAST` columns are left.
    """
    widest = max((get_cwidth(line) for item in items for line in item), default=0)
    room = width - widest - 2
    if room < LAST or any(len(item) > 1 for item in items):
        return items
    return [
        [f"{_padded(item[0], widest)}{cut(visible(text), room)}".rstrip()]
        for item, text in zip(items, texts, strict=True)
    ]


def cut(text: str, width: int) -> str:
    """Return the text, or as much of it as fits, and that it was cut."""
    return text if get_cwidth(text) <= width else f"{_pieces(text, width - 1)[0]}…"


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - get_cwidth(cell) + 2)


def _below(cells: Sequence[str], width: int) -> list[str]:
    return [f"  {line}" for line in broken(", ".join(filter(None, cells)), width - 2)]


def _chosen(
    question: str, keys: str, items: Sequence[str], checked: Collection[int]
) -> list[int] | None:
    output = _stderr()
    width = _width(output) - len(BELOW)
    below = f"\n{BELOW}"
    rows = (below.join(broken(visible(item), width)) for item in items)
    choices = [
        questionary.Choice([("class:text", row)], number, checked=number in checked)
        for number, row in enumerate(rows)
    ]
    checklist = questionary.checkbox(
        INDENT.join(with_keys(question, keys, _width(output) - MARK)),
        instruction=" ",
        choices=choices,
        initial_choice=next((each for each in choices if not each.checked), None),
        output=output,
        erase_when_done=True,  # it would repeat a single item, broken anywhere
    )
    answer: list[int] | None = _answer(checklist, ended=None)
    return answer


def with_keys(question: str, keys: str, width: int, room: int = 0) -> list[str]:
    """Return a question in rows of this width, with what can be typed in one piece if it fits.

    It is behind the last word, or else below. The last row leaves `room` behind it if it can.
    """
    if not keys:
        return broken(question, width, room)
    *rows, last = broken(question, width, get_cwidth(f" {keys}") + room)
    if get_cwidth(f"{last} {keys}") <= width:
        return [*rows, f"{last} {keys}"]
    return [*rows, last, *broken(keys, width, room)]


def broken(text: str, width: int, room: int = 0) -> list[str]:
    """Return the text in rows of this width, broken between words; a longer word fills its rows.

    The last row leaves `room` behind it, if its last word does.
    """
    rows: list[str] = []
    words = text.split(" ")
    room = room if get_cwidth(words[-1]) + room <= width else 0
    for number, word in enumerate(words, start=1):
        after = room if number == len(words) else 0
        if rows and get_cwidth(f"{rows[-1]} {word}") + after <= width:
            rows[-1] += f" {word}"
        else:
            rows += _pieces(word, max(width, 1))
    return rows


def _pieces(word: str, width: int) -> list[str]:
    pieces = [""]
    for letter in word:
        if pieces[-1] and get_cwidth(pieces[-1] + letter) > width:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _answer(question: questionary.Question, ended: str | None = "") -> Any:
    """Ask; return the answer, or `ended` for Ctrl-D at the end of the line, or at a list."""
    ending, asking = KeyBindings(), question.application
    behind = Condition(lambda: asking.current_buffer.document.is_cursor_at_the_end)

    @ending.add("c-d", filter=behind, eager=True)
    def _(event: KeyPressEvent) -> None:
        event.app.exit(result=ended)

    asking.key_bindings = merge_key_bindings([asking.key_bindings or KeyBindings(), ending])
    with _from_now_on(asking.input):
        return question.unsafe_ask()


@contextmanager
def _from_now_on(keys: Input) -> Iterator[None]:
    """Discard what was typed before the question was shown: it cannot be the answer to it.

    Some of it may have been read with the answer to the question before. The end of the input is
    kept. A program without input for us, such as `script </dev/null`, sends a single Ctrl-D, which
    must not get lost.
    """
    read = "".join(key.data for key in get_typeahead(keys)).encode(errors="replace")
    if os.name != "posix":
        yield
        return
    import termios
    import tty

    try:
        terminal = sys.stdin.fileno()
        before = termios.tcgetattr(terminal)
    except (OSError, termios.error) as error:  # it has hung up
        raise EOFError from error
    try:
        tty.setcbreak(terminal, termios.TCSANOW)
        if ENDS.intersection(read + _typed(terminal)):
            raise EOFError
        yield
    finally:
        with suppress(termios.error):
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _typed(terminal: int) -> bytes:
    typed = b""
    with suppress(OSError):  # it has hung up, as the question will notice
        while select([terminal], [], [], 0)[0] and (more := os.read(terminal, 4096)):
            typed += more
    return typed


def _stderr() -> Output:
    return create_output(stdout=sys.stderr)


def _width(output: Output) -> int:
    return output.get_size().columns - 1  # terminals differ about what follows the last one
