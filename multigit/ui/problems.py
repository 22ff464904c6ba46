"""Problems for people, below what they are about."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType
from rich.text import Text

from multigit.core.values.problem import Problem
from multigit.core.values.text import visible
from multigit.ui.render import indented


def below(lines: Iterable[RenderableType]) -> list[RenderableType]:
    """Return the lines with an empty one above them; nothing if there are none."""
    shown = list(lines)
    return [Text(), *shown] if shown else []


def problem_line(repo: str, sentence: str, *, blocks: bool) -> RenderableType:
    """Return a sentence about a repository, if any, with the mark of an error or a warning."""
    mark = Text("✗ ", "red") if blocks else Text("! ", "yellow")
    return indented(Text.assemble(mark, (f"{visible(repo)}: ", "bold") if repo else "", sentence))


def problem_lines(rows: Iterable[tuple[str, Iterable[Problem]]]) -> Iterable[RenderableType]:
    """Return each problem as a sentence that starts with its repository, if any, and its hint."""
    for repo, problems in rows:
        for problem in problems:
            message = "\n".join(visible(line) for line in problem.message.split("\n"))
            yield problem_line(repo, message, blocks=problem.blocks)
            if problem.hint:
                yield indented(Text(f"Hint: {visible(problem.hint)}", "dim"), 4)
