"""Reviews: what waits for whom, and the results of the answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from rich.console import RenderableType
from rich.text import Text

from multigit.core.reports.reviews import PendingReview, Review, ReviewResult, reviews_sentence
from multigit.core.values.deployment import Gate
from multigit.core.values.duration import age
from multigit.core.values.text import visible
from multigit.ui.hint_lines import Flowing
from multigit.ui.render import Prose, indented


def gates_view(
    waiting: Iterable[PendingReview], now: datetime | None = None
) -> Iterator[RenderableType]:
    """Return a line for each environment that a run waits for, and the page of the run."""
    now = now or datetime.now(UTC)
    for each in waiting:
        for gate in each.gates:
            mine = "" if gate.mine else " (not yours)"
            yield Text(visible(f"  {gate_line(each, gate, now)}{mine}"))
        yield Flowing(each.run.url, 4, "dim")


def gate_line(waiting: PendingReview, gate: Gate, now: datetime) -> str:
    """Return for whom, and how long, a run has waited."""
    who = ", ".join(gate.reviewers) or "a reviewer"
    long = age(int(gate.since), now) if gate.since else "now"
    waits = "waits" if long == "now" else f"has waited {long}"
    return f"{waiting.name}  {gate.name}  {waits} for {who}"


def reviews_view(reviews: Sequence[Review]) -> Iterator[RenderableType]:
    """Return a line for each review, and how many ended with each result."""
    for each in reviews:
        style = "" if each.answer in {ReviewResult.APPROVED, ReviewResult.REJECTED} else "red"
        yield indented(Prose(Text(visible(f"{each.waiting.name}  {each.in_words}"), style)))
    yield Prose(Text(reviews_sentence(reviews), "bold"))
