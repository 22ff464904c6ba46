"""Names of repositories and branches in less room than they need: cut, but never alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import takewhile

from rich.cells import cell_len, chop_cells
from rich.console import RenderableType
from rich.text import Text

from multigit.core.values.text import visible
from multigit.ui.render import Adaptive, indented

CUT = "…"


def up_to_date(repos: Iterable[str]) -> list[RenderableType]:
    """Return one sentence with the names of what is up to date; nothing if nothing is."""
    names = [visible(repo) for repo in repos]

    def sentence(width: int) -> Text:
        shown = distinct(names, width - 1)
        return Text(f"up to date: {', '.join(shown[name] for name in names)}", "dim")

    return [indented(Adaptive(sentence))] if names else []


def distinct(names: Iterable[str], width: int) -> Mapping[str, str]:
    """Return each name as it is shown in so many columns: cut in the middle if it is longer.

    No two are shown alike. Where that is impossible, the names stay as they are.
    """
    groups = defaultdict[str, list[str]](list)
    for name in dict.fromkeys(names):
        groups[_cut(name, width, width // 2)].append(name)
    shown: dict[str, str] = {}
    for cut, group in groups.items():
        others = {*shown.values(), *groups} - {cut}
        cuts = [cut] if len(group) == 1 else _told_apart(group, width, others)
        shown |= zip(group, cuts, strict=True)
    return shown


def _told_apart(group: Sequence[str], width: int, others: AbstractSet[str]) -> Sequence[str]:
    """Return names that are alike when cut in the middle, cut in another place."""
    for candidate in _candidates(group, width):
        if len({*candidate} - others) == len(group):
            return candidate
    return group


def _candidates(group: Sequence[str], width: int) -> Iterator[list[str]]:
    """Yield the names cut at every place, the middle first, then where they begin to differ."""
    for head in sorted(range(width), key=lambda head: abs(head - width // 2)):
        yield [_cut(name, width, head) for name in group]
    alike = takewhile(lambda letters: len({*letters}) == 1, zip(*group, strict=False))
    parting = len([*alike])
    yield [f"{CUT}{_start(name[parting:], width - 2)}{CUT}" for name in group]


def _cut(name: str, width: int, head: int) -> str:
    """Return a name in so many columns; if it is longer, `head` of them are before the cut."""
    if cell_len(name) <= width:
        return name
    tail = _start(name[::-1], width - head - 1)[::-1]
    return f"{_start(name, head)}{CUT}{tail}"


def _start(text: str, width: int) -> str:
    return chop_cells(text, width)[0] if text and width > 0 else ""
