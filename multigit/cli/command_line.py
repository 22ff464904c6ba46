"""A command line that could not be read: the command on it, and the options before its words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class CommandLine:
    """The words of the command, and the names of the options before the last of them.

    `fits` is true if the command has all those options.
    """

    path: tuple[str, ...]
    early: tuple[str, ...]
    fits: bool

    @classmethod
    def of(cls, program: Any, arguments: Sequence[str]) -> CommandLine:
        """Return what is on a command line of typer's `program`."""
        command, at = program, 0
        path: list[str] = []
        early: list[str] = []
        while at < len(arguments) and hasattr(command, "commands"):
            word, size = arguments[at], 1
            if word in command.commands:
                command = command.commands[word]
                path.append(word)
            elif word.startswith("-"):
                early.append(word.partition("=")[0])
                size += any(word in _names(each) and not each.is_flag for each in _options(command))
            else:
                break
            at += size
        known = {name for option in _options(command) for name in _names(option)}
        fits = not hasattr(command, "commands") and known.issuperset(early)
        return cls(tuple(path), tuple(early), fits)


def _options(command: Any) -> Iterator[Any]:
    """Yield the options of a command, or of all commands of a group."""
    for each in getattr(command, "commands", {}).values():
        yield from _options(each)
    yield from (each for each in command.params if each.param_type_name == "option")


def _names(option: Any) -> list[str]:
    return [*option.opts, *option.secondary_opts]
