"""Deployments while they run, on a screen of any height: what matters comes first, and stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.spinner import Spinner
from rich.text import Text

from multigit.core.reports.deployment_words import in_short
from multigit.core.values.deployment import Deployment, RunState
from multigit.core.values.duration import briefly
from multigit.core.values.text import visible
from multigit.ui.deployments import mark_of
from multigit.ui.hint_lines import Flowing
from multigit.ui.render import linked, one_line

LEAVING = "Ctrl-C leaves the deployments running."
SPINNER = Spinner("dots")
URGENT = (*(state for state in RunState if state.bad), RunState.WAITING)  # in this order


@dataclass(frozen=True, slots=True)
class LiveDeployments:
    """The deployments of a phase, by repository, at a Unix time, in at most `height` lines.

    What failed and what waits always has its row. Where there is no room for all others, these are
    counted; where there is none for the rows, only the names of what is urgent are shown, by state.
    `review` says how to review those that wait for us; it stays longer than other advice.
    """

    seen: Mapping[str, Deployment]
    now: float
    height: int
    review: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the counts, the rows by urgency, and what can be done now."""
        urgent, others = self._urgent(), self._others()
        least = len(urgent) + min(len(others), 1)  # lines
        width = options.max_width
        room = max(self.height - 1, 0)
        yield one_line(self._counts())
        if least <= room:
            advice = self._advice(width, room - least)
            yield from self._rows(urgent)
            yield from self._rows_within(others, room - len(urgent) - len(advice))
        else:
            names = [line for text in self._names() for line in text.wrap(console, width)][:room]
            advice = self._advice(width, room - len(names))
            yield from names
        yield from advice

    def _counts(self) -> Text:
        """Return how many are in which state, the urgent ones first: 3 failed · 5 waiting."""
        others = self._others()
        states = [each.state for each in self.seen.values()]
        deployed, skipped = states.count(RunState.SUCCEEDED), states.count(RunState.SKIPPED)
        parts = [Text(f"{len(of)} {state.in_words}", mark_of(state)[1]) for state, of in self._by()]
        parts += [Text(f"{len(others)} running")] if others else []
        parts += [Text(f"{deployed} deployed", "green")] if deployed else []
        parts += [Text(f"{skipped} skipped", mark_of(RunState.SKIPPED)[1])] if skipped else []
        return Text(" · ").join(parts)

    def _by(self) -> Iterator[tuple[RunState, Sequence[str]]]:
        """Yield the repositories in each urgent state; what waits for us, and longest, first."""
        for state in URGENT:
            found = [repo for repo, each in self.seen.items() if each.state is state]
            if found:
                yield state, sorted(found, key=self._patience)

    def _patience(self, repo: str) -> tuple[bool, float]:
        status = self.seen[repo].status
        return not status.mine, status.since

    def _urgent(self) -> Sequence[str]:
        return [repo for _, repos in self._by() for repo in repos]

    def _others(self) -> Sequence[str]:
        left = (repo for repo, each in self.seen.items() if not each.state.good)
        return [repo for repo in left if self.seen[repo].state not in URGENT]

    def _rows(self, repos: Sequence[str]) -> Iterator[Text]:
        width = max((cell_len(visible(repo)) for repo in self.seen), default=0)
        for repo in repos:
            each = self.seen[repo]
            name = linked(visible(repo), each.url, "bold")
            name.pad_right(width - name.cell_len)
            yield one_line(Text.assemble(self._mark(each), " ", name, "  ", self._words(each)))

    def _rows_within(self, repos: Sequence[str], room: int) -> Iterator[Text]:
        """Yield a row for each, or for as many as there is room for, and the names of the rest."""
        if len(repos) <= room:
            yield from self._rows(repos)
            return
        shown, rest = repos[: room - 1], repos[room - 1 :]
        yield from self._rows(shown)
        names = ", ".join(map(visible, rest))
        yield one_line(Text(f"  {len(rest)} {'more ' if shown else ''}running: {names}", "dim"))

    def _names(self) -> Iterator[Text]:
        for state, repos in self._by():
            mark, style = mark_of(state)
            names = ", ".join(map(visible, repos))
            yield Text.assemble((f"{mark} {state.in_words}: ", style), names)

    def _mark(self, each: Deployment) -> Text:
        if each.state in URGENT:
            return Text(*mark_of(each.state))
        frame = SPINNER.render(self.now)
        return frame if isinstance(frame, Text) else Text(" ")

    def _words(self, each: Deployment) -> Text:
        style = mark_of(each.state)[1] if each.state in URGENT else ""
        return Text(visible(in_short(each, self._time(each))), style)

    def _time(self, each: Deployment) -> str:
        if each.state.over:
            return f"after {briefly(each.seconds, units=1)}" if each.seconds else ""
        begun = each.status.since if each.state is RunState.WAITING else each.since
        return briefly(max(0.0, self.now - begun), units=1) if begun else ""

    def _advice(self, width: int, room: int) -> Sequence[Text]:
        """Return what can be done now, as far as there is room: how to review comes first."""
        ours = any(self.seen[repo].status.mine for repo in self._urgent())
        review = [*_within(Flowing(self.review), width)] if ours else []
        leaving = [*_within(Flowing(LEAVING, style="dim"), width)]
        return next((each for each in ([*review, *leaving], review) if len(each) <= room), [])


def _within(text: Flowing, width: int) -> Iterator[Text]:
    """Yield the lines of a text; a command longer than that is folded: what is drawn is cropped."""
    for line in text.lines(width):
        yield from line.divide(range(width, len(line), width))
