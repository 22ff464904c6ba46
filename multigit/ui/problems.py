"""Problems for people, below what they are about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from rich.console import RenderableType
from rich.text import Text

from multigit.core.values.problem import Problem, about_several
from multigit.core.values.text import visible
from multigit.ui.hint_lines import hint_lines
from multigit.ui.local_times import local
from multigit.ui.render import Prose, indented


def below(lines: Iterable[RenderableType]) -> list[RenderableType]:
    """Return the lines with an empty one above them; nothing if there are none."""
    shown = list(lines)
    return [Text(), *shown] if shown else []


def problem_line(repo: str, sentence: str, *, blocks: bool) -> RenderableType:
    """Return a sentence about a repository, if any, with the mark of an error or a warning."""
    mark = Text("✗ ", "red") if blocks else Text("! ", "yellow")
    names = (f"{visible(repo)}: ", "bold") if repo else ""
    return indented(Prose(Text.assemble(mark, names, sentence)))


def problem_lines(rows: Iterable[tuple[str, Iterable[Problem]]]) -> Iterable[RenderableType]:
    """Return each problem as a sentence that starts with its repositories, if any, and its hint.

    What several repositories have in common is said once.
    """
    shared = defaultdict[tuple[str, bool, str], list[str]](list)
    for repo, problems in rows:
        for problem in problems:
            shared[problem.message, problem.blocks, problem.hint].append(repo)
    for (message, blocks, hint), named in shared.items():
        repos = [*dict.fromkeys(named)]
        said = about_several(message) if len(repos) > 1 else message
        lines = "\n".join(visible(line) for line in local(said).split("\n"))
        yield problem_line(", ".join(repos), lines, blocks=blocks)
        yield from hint_lines(hint, 4, "dim")
