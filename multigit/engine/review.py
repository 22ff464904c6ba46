"""Review: find what waits for a person everywhere, and send each answer once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from multigit.core.reports.reviews import Answer, Review, Waiting
from multigit.core.values.deployment import Order, Run
from multigit.core.values.listener import Listener
from multigit.core.values.problem import Problem
from multigit.engine.fleet import look_everywhere, sweep
from multigit.engine.ports import Reviewers
from multigit.errors import DoubtError, MultigitError


@dataclass(frozen=True, slots=True)
class Found:
    """What waits for somebody, and which runs could not be asked."""

    waiting: tuple[Waiting, ...]
    unread: tuple[Problem, ...]


def look_for_gates(
    runs: Sequence[tuple[Order, Run]], reviewers: Reviewers, *, jobs: int, listener: Listener
) -> Found:
    """Ask about each run whether it waits; one that cannot be asked keeps no other back."""
    by_key = {order.key: (order, run) for order, run in runs}

    def look(key: str) -> Waiting | Problem:
        order, run = by_key[key]
        listener.started(order.repo, "asking who has to review")
        try:
            return Waiting(order, run, reviewers.pending(order, run))
        except MultigitError as error:
            return Problem.of(error, about=order.repo)
        finally:
            listener.finished(order.repo, "read")

    listener.phase("Looking for reviews", tuple(dict.fromkeys(order.repo for order, _ in runs)))
    seen = look_everywhere(tuple(by_key), look, jobs=jobs)
    results = [seen[key] for key in by_key]
    return Found(
        tuple(each for each in results if isinstance(each, Waiting) and each.gates),
        tuple(each for each in results if isinstance(each, Problem)),
    )


def review(
    waiting: Sequence[Waiting], reviewers: Reviewers, answer: Answer, comment: str, *, jobs: int
) -> tuple[tuple[Review, ...], bool]:
    """Send the answer to what waits for us, and tell whether Ctrl-C left some unsent."""
    by_key = {each.order.key: each for each in waiting}

    def send(key: str) -> Review:
        one = by_key[key]
        try:
            approve = answer is Answer.APPROVED
            reviewers.review(one.order, one.run, one.mine, approve=approve, comment=comment)
        except MultigitError as error:
            problem = Problem.of(error, about=one.order.repo)
            doubt = isinstance(error, DoubtError)
            return Review(one, Answer.UNKNOWN if doubt else Answer.FAILED, problem)
        return Review(one, answer)

    done = sweep(tuple(by_key), send, jobs=jobs)
    reviews = (done.results.get(key, Review(one, Answer.NOT_SENT)) for key, one in by_key.items())
    return tuple(reviews), done.interrupted
