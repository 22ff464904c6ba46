"""Help: the output of --help for every command, at 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from multigit.cli.app import app
from multigit.cli.help import laid_out
from tests.cli.answers import DONE, in_shell
from tests.support.forge import Forge


def commands(group: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the arguments of each command and group, and its help text."""
    below = getattr(group, "commands", {})
    yield path, group.help if below else group.callback.__doc__
    for name, each in below.items():
        yield from commands(each, *path, name)


PAGES = dict(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("path", PAGES, ids=" ".join)
def test_page_fits_and_reads_well(path: tuple[str, ...], forge: Forge) -> None:
    """Paragraphs fill 80 columns, each example is on one line, and no Python type shows."""
    shown = forge.run(*path, "--help", check=0).stdout
    lines = [line.rstrip() for line in shown.splitlines()]
    assert max(map(len, lines)) <= 80
    assert [word for word in ("<bool>", "<str>", "<int", "<path>", "[[") if word in shown] == []
    text, _, examples = textwrap.dedent(f"    {PAGES[path]}").partition("Examples:\n")
    for paragraph in text.strip().split("\n\n"):
        expected = textwrap.fill(" ".join(paragraph.split()), 78, break_on_hyphens=False)
        assert textwrap.indent(expected, " ") in "\n".join(lines)
    for example in examples.strip().splitlines():
        assert f"   {example.strip()}" in lines


def test_indented_lines_stay_lines() -> None:
    """Indented lines are kept; other lines are joined into paragraphs."""
    text = "One\ntwo.\n\nThree\nfour:\n  five\n  six\n"
    assert laid_out(text.rstrip()).split("\n") == [
        "One two.", "", "Three four:", "[not dim]  five[/not dim]", "[not dim]  six[/not dim]",
    ]  # fmt: skip


def test_help_is_a_result_like_any_other(forge: Forge) -> None:
    """Help works in ASCII, piped into `head`, and in CI, without errors or escape codes."""
    assert forge.run("--help", env={"PYTHONIOENCODING": "ascii"}).returncode == DONE
    piped = in_shell(forge, "{ $MULTIGIT --help; echo $? >&2; } | head -1")
    assert piped.stderr.split() == ["0"]
    assert "\x1b" not in forge.run("--help", env={"GITHUB_ACTIONS": "true"}).stdout
