"""Publish: push once, and read the result from the remote."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from multigit.core.planning.plan import RepoPlan, State
from multigit.core.progress.outcome import Outcome
from multigit.core.values.flight import Flight
from multigit.core.values.git_answers import Publication, PushReport, RefQuery
from multigit.core.values.listener import ShowActivity
from multigit.core.values.problem import Problem
from multigit.core.values.refs import HEADS, Objects, short
from multigit.engine.pending_push import may_be_pushing
from multigit.engine.ports import Repository
from multigit.engine.retry import with_retry
from multigit.errors import MultigitError
from multigit.hints import Hint


@dataclass(frozen=True, slots=True)
class Push:
    """The push of one repository's plan; `announce` notes each attempt before it starts."""

    repository: Repository
    repo: RepoPlan
    made: Objects
    announce: Callable[[], None]
    show: ShowActivity

    def publish(self, earlier: Flight | None = None) -> Outcome:
        """Push once; believe only a complete report, otherwise read the remote.

        `earlier` is a push of the same refs that may still be running since multigit was killed: it
        may publish what the remote refuses now.
        """
        wanted = [Publication(u.ref, u.before, self.made[u.ref]) for u in self.repo.updates()]
        report = self._push(wanted)
        if report.accepted:
            return self._outcome(State.PUBLISHED)
        if report.final and earlier and may_be_pushing(self.repository, earlier):
            ended = "refused" if report.sent else "not sent"
            reason = f"an earlier push may still succeed; this one was {ended}: {report.reason}"
            report = replace(report, reason=reason)
        else:
            earlier = None  # or this push itself may still be running
        return self._read_outcome(wanted, report, earlier)

    def _push(self, publications: Sequence[Publication]) -> PushReport:
        """Push after noting the start; a push that cannot be noted is not sent."""
        try:
            self.announce()
        except MultigitError as error:
            return PushReport(
                accepted=False, reason=error.message, sent=False, code=error.code, hint=error.hint
            )
        try:
            return self.repository.push(publications)
        except MultigitError as error:
            return PushReport(accepted=False, reason=error.message, final=False)

    def _read_outcome(
        self, wanted: Sequence[Publication], report: PushReport, earlier: Flight | None
    ) -> Outcome:
        """Read from the remote the result of a push that did not report success.

        What the server left out is pushed once more.
        """
        try:
            missing = self._unpublished(wanted)
            untouched = all(now == each.before for each, now in missing.items())
            if untouched and 0 < len(missing) < len(wanted):
                again = self._push(list(missing))
                if again.accepted:
                    return self._outcome(State.PUBLISHED)
                if not again.final:
                    earlier = None
                final, reason = report.final and again.final, again.reason or report.reason
                report = PushReport(accepted=False, reason=reason, final=final)
                missing = self._unpublished(wanted)
        except MultigitError as error:
            if not report.sent and not earlier:  # then there is no need to read the remote
                return self._outcome(State.FAILED, refusal(report))
            reasons = f"{report.reason}; then {error.message}"
            message = f"it is unknown whether the push was accepted: {reasons}"
            problem = Problem("outcome_unknown", message, Hint.CONTINUE_REACHABLE)
            return self._outcome(State.UNKNOWN, problem, flight=earlier)
        if not missing:
            return self._outcome(State.PUBLISHED)
        return self._incomplete(wanted, missing, report, earlier)

    def _unpublished(self, wanted: Sequence[Publication]) -> Mapping[Publication, str]:
        """Return the publications that the remote does not hold, with what it holds instead."""
        refs = [each.ref for each in wanted]
        now = with_retry(lambda: self.repository.remote_refs(refs), show=self.show)
        overtaken = built_on(self.repository, wanted, now)
        held = {each: now.get(each.ref, "") for each in wanted if each.ref not in overtaken}
        return {each: held_now for each, held_now in held.items() if held_now != each.after}

    def _incomplete(
        self,
        wanted: Sequence[Publication],
        missing: Mapping[Publication, str],
        report: PushReport,
        earlier: Flight | None,
    ) -> Outcome:
        """Return the outcome of a push that the remote lacks a part of, or all of.

        It may still be running; but it cannot succeed if someone moved what it expects.
        """
        done = [each for each in wanted if each not in missing]
        moved = [moved_problem(each, now) for each, now in missing.items() if now != each.before]
        doubt = not moved and (earlier is not None or not report.final)
        if done:
            problems = [half_problem(done, missing, report.reason, doubt=doubt), *moved]
        elif doubt:
            # Of an earlier push that may still succeed, the reason says so.
            but = "and" if report.final else "but it may still succeed:"
            message = f"the remote does not have it now, {but} {report.reason}"
            problems = [Problem("outcome_unknown", message, Hint.CONTINUE_SOON)]
        else:
            problems = moved or [refusal(report)]
        state, flight = (State.UNKNOWN, earlier) if doubt else (State.FAILED, None)
        return self._outcome(state, *problems, partial=bool(done), flight=flight)

    def _outcome(
        self, state: State, *problems: Problem, partial: bool = False, flight: Flight | None = None
    ) -> Outcome:
        problems = (*self.repo.problems, *problems)
        return Outcome(self.repo, state, self.made, problems, partial, flight=flight)


def refusal(report: PushReport) -> Problem:
    """Return the problem of a push that can no longer succeed."""
    if not report.sent:
        message = f"nothing was sent: {report.reason}"
        problem = Problem("not_sent", message, report.hint)
        return replace(problem, code=report.code or problem.code)
    if report.faster:
        message = f"someone else pushed at the same time: {report.reason}"
        return Problem("moved", message, "Their commits are safe.")
    return Problem("refused_by_remote", f"the remote refused: {report.reason}")


def built_on(
    repository: Repository, wanted: Sequence[Publication], now: Mapping[str, str]
) -> set[str]:
    """Return the branches that hold our commit with someone else's work on top: published.

    A branch that an undo moves back had that commit before: it was moved back if it lacks the
    other one.
    """
    found = set()
    for each in wanted:
        held_now = now.get(each.ref, "")
        known = held_now in {"", each.before, each.after} or not each.after
        if known or not each.ref.startswith(HEADS):
            continue
        repository.fetch(RefQuery((short(each.ref),)))
        if not is_in(repository, held_now, each.after):
            continue
        forward, _ = repository.divergence(each.before, each.after) if each.before else (1, 0)
        if forward or not is_in(repository, held_now, each.before):
            found.add(each.ref)
    return found


def is_in(repository: Repository, tip: str, commit: str) -> bool:
    """Return whether a fetched branch has a commit; one that does not exist here is not in it."""
    return repository.holds([commit]) and not repository.divergence(tip, commit)[0]


def half_problem(
    done: Sequence[Publication], missing: Iterable[Publication], reason: str, *, doubt: bool
) -> Problem:
    """Return the problem of a partly published push; with `doubt`, the rest may still succeed."""
    published = ", ".join(f"{short(each.ref)} at {each.after[:7]}" for each in done)
    missing_refs = ", ".join(short(each.ref) for each in missing)
    lacks = f"{missing_refs}, which may still follow" if doubt else missing_refs
    return Problem(
        "half_published",
        f"the remote has {published}, but not {lacks}: {reason or 'it stopped in between'}",
        Hint.CONTINUE_SOON if doubt else Hint.CONTINUE_FIXED,
    )


def moved_problem(publication: Publication, now: str) -> Problem:
    """Return the problem of a ref that someone else moved after the plan was made."""
    name = short(publication.ref)
    if not publication.before:
        message = f"{name} was created by someone else since the plan was made."
    elif now:
        before = publication.before[:7]
        message = f"{name} moved from {before} to {now[:7]} since the plan was made."
    else:
        message = f"{name} was deleted since the plan was made."
    return Problem("moved", message, "Their commits are safe.")
