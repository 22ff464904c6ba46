"""The layout of --help: paragraphs that fill the line, one example per line, no Python types."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from multigit.cli.process import silence_libraries

Parameters = list[Any]  # typer does not export what it lists here


class Command(TyperCommand):
    """A command whose help fits the width of the terminal, and in which only multigit speaks."""

    def __init__(self, *arguments: Any, help: str | None = None, **settings: Any) -> None:  # noqa: A002
        super().__init__(*arguments, help=laid_out(help or ""), **settings)

    def get_params(self, ctx: Any) -> Parameters:
        """Return the options and arguments, without types if they take no value."""
        return without_types(super().get_params(ctx))

    def invoke(self, ctx: Any) -> Any:
        """Run it."""
        silence_libraries()
        return super().invoke(ctx)


class Group(TyperGroup):
    """A group of commands with the same layout."""

    def get_params(self, ctx: Any) -> Parameters:
        """Return the options, without types if they take no value."""
        return without_types(super().get_params(ctx))


def group(text: str) -> typer.Typer:
    """Return a group of commands that shows its help if none of them is named."""
    return typer.Typer(cls=Group, help=text, callback=show_help, invoke_without_command=True)


def show_help(context: typer.Context) -> None:
    """Show the help of a group unless one of its commands is named."""
    if context.invoked_subcommand is None:
        context.get_help()


def laid_out(text: str) -> str:
    """Return a docstring with each paragraph on one line and indented lines unchanged.

    The markup in front of an indented line keeps typer from stripping its indentation.
    """
    return "\n\n".join(map(_paragraph, text.split("\n\n")))


def _paragraph(text: str) -> str:
    lines = [text.lstrip("\n").partition("\n")[0]]
    for line in text.lstrip("\n").split("\n")[1:]:
        if line.startswith(" "):
            lines.append(f"[not dim]{line}[/not dim]")
        else:
            lines[-1] = f"{lines[-1]} {line}"
    return "\n".join(lines)


def without_types(parameters: Parameters) -> Parameters:
    """Hide <bool> after flags and <str> after arguments: neither says anything."""
    for each in parameters:
        if each.param_type_name == "argument" or each.is_flag:
            setattr(each, "display_type_rich", _nothing)  # noqa: B010  (a method, to mypy)
    return parameters


def _nothing(ctx: Any) -> None:
    del ctx
