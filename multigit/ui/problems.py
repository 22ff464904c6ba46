"""Problems for people, below what they are about."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType
from rich.text import Text

from multigit.core.values.problem import Problem
from multigit.core.values.text import visible
from multigit.ui.render import indented


def problem_lines(rows: Iterable[tuple[str, Iterable[Problem]]]) -> Iterable[RenderableType]:
    """Return each problem as a sentence that starts with its repository, if any, and its hint."""
    for repo, problems in rows:
        for problem in problems:
            mark = Text("✗ ", "red") if problem.blocks else Text("! ", "yellow")
            message = "\n".join(visible(line) for line in problem.message.split("\n"))
            whose = (f"{visible(repo)}: ", "bold") if repo else ""
            sentence = Text.assemble(mark, whose, message)
            yield indented(sentence)
            if problem.hint:
                yield indented(Text(f"Hint: {visible(problem.hint)}", "dim"), 4)
