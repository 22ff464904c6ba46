"""Reviews: what waits for whom, and the results of the answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.text import Text

from multigit.core.reports.reviews import PendingReview, Review, ReviewResult, reviews_sentence
from multigit.core.values.text import visible


def gates_view(waiting: Iterable[PendingReview]) -> Iterator[Text]:
    """Return a line for each environment that a run waits for, and the page of the run."""
    for each in waiting:
        for gate in each.gates:
            who = ", ".join(gate.reviewers) or "a reviewer"
            mine = "" if gate.mine else " (not yours)"
            yield Text(visible(f"  {_name(each)}  {gate.name}  waits for {who}{mine}"))
        yield Text(visible(f"  {each.run.url}"), "dim")


def reviews_view(reviews: Sequence[Review]) -> Iterator[Text]:
    """Return a line for each review, and how many ended with each result."""
    for each in reviews:
        words = str(each.answer).replace("_", " ")
        style = "" if each.answer in {ReviewResult.APPROVED, ReviewResult.REJECTED} else "red"
        yield Text(visible(f"  {_name(each.waiting)}  {words}"), style)
    yield Text(reviews_sentence(reviews), "bold")


def _name(waiting: PendingReview) -> str:
    target = waiting.spec.target
    return f"{waiting.spec.repo} ({target})" if target else waiting.spec.repo
