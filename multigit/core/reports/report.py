"""A report in the words of scripts (one JSON document) and of people (a sentence and a hint)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from multigit.core.planning.plan import (
    AdvanceStep,
    CommitStep,
    DeleteTagStep,
    MergeStep,
    MovingStep,
    Plan,
    PullingStep,
    RestoreStep,
    Result,
    State,
)
from multigit.core.progress.deployments import still_to_come
from multigit.core.progress.outcome import Outcome, Report
from multigit.core.records.record import deployment_document
from multigit.core.recovery.ways_out import can_be_undone
from multigit.core.values.deployment import Deployment, RunState
from multigit.core.values.problem import Problem
from multigit.core.values.snapshot import Change
from multigit.core.values.text import masked, plural
from multigit.errors import OK, ConfigError, MultigitError
from multigit.hints import Hint

SCHEMA = "multigit/1"
CLOSED_BY = {"undone", "abandoned"}  # the problems that say how an operation was closed


def frame(
    command: str | None,
    message: str,
    *,
    result: str = Result.DONE,
    exit_code: int = OK,
    operation: str | None = None,
    repos: Sequence[Mapping[str, Any]] = (),
    problems: Iterable[Problem] = (),
    hint: str = "",
    **extra: Any,
) -> dict[str, Any]:
    """Return the document that `--json` prints: the same keys for every command, and its own."""
    return {
        "schema": SCHEMA,
        "command": command,
        "operation": operation,
        "result": str(result),
        "exit_code": exit_code,
        **extra,
        "repos": list(repos),
        "problems": [problem_document(problem) for problem in problems],
        "message": message,
        "hint": hint or None,
    }


def document(report: Report) -> dict[str, Any]:
    """Return the report as the document that `--json` prints."""
    plan = report.plan
    sentence, hint = summary(report)
    return frame(
        report.closing or plan.command,
        sentence,
        result=report.told,
        exit_code=report.exit_code,
        operation=plan.operation,
        source=plan.source or None,
        target=plan.target or None,
        release=plan.release or None,
        repos=[repo_document(outcome) for outcome in report.outcomes],
        problems=report.problems,
        hint=hint,
    )


def repo_document(outcome: Outcome) -> dict[str, Any]:
    """Return one repository of the document."""
    repo = outcome.plan
    after = repo.after if outcome.state is State.PLANNED else outcome.after
    return {
        "repo": repo.repo,
        "path": repo.path,
        "state": outcome.told,
        "branch": repo.branch,
        "source_sha": repo.source_sha or None,
        "before": repo.before or None,
        "after": after or None,
        "tag": repo.tag or None,
        "commits": repo.commit_count,
        "steps": [step_document(step, outcome) for step in repo.moves()]
        + [asdict(step) for step in repo.steps if isinstance(step, PullingStep | DeleteTagStep)],
        "problems": [problem_document(problem) for problem in outcome.problems],
        "deployment": None if not outcome.deployments else _deployments(outcome.deployments),
    }


def _deployments(deployments: Sequence[Deployment]) -> dict[str, Any]:
    """Return a repository's deployments with the state that they have together."""
    states = [each.state for each in deployments]
    unlike = [state for state in states if state is not RunState.SUCCEEDED]
    return {
        "state": str(unlike[0] if unlike else RunState.SUCCEEDED),
        "targets": [deployment_document(each) for each in deployments],
    }


def step_document(step: MovingStep, outcome: Outcome) -> dict[str, Any]:
    """Return one step that moves a branch."""
    made = outcome.made.get
    match step:
        case MergeStep():
            return {
                "type": step.type,
                "source": step.source,
                "target": step.target,
                "branch": step.branch,
                "source_sha": step.theirs.sha,
                "before": step.ours.sha,
                "after": made(f"refs/heads/{step.branch}", step.commit),
                "commits": step.waiting.commits,
                "files": step.files,
            }
        case CommitStep():
            return {
                "type": step.type,
                "branch": step.branch,
                "before": step.parent,
                "after": made(f"refs/heads/{step.branch}") or step.commit or None,
                "files": [file_document(change) for change in step.changes],
            }
        case AdvanceStep():
            return {
                "type": step.type,
                "branch": step.branch,
                "before": step.before or None,
                "after": step.after,
                "commits": step.waiting.commits,
            }
        case RestoreStep():
            return {
                "type": step.type,
                "branch": step.branch,
                "before": step.before,
                "after": step.after or None,
            }


def file_document(change: Change) -> dict[str, Any]:
    """Return a changed file; of a submodule also where its pointer moves."""
    file = {"path": change.path, "change": change.kind}
    if not change.before and not change.commit:
        return file
    pointer = {"before": change.before or None, "after": change.commit or None}
    return {**file, "submodule": {**pointer, "repo": change.follows or None}}


def problem_document(problem: Problem) -> dict[str, Any]:
    """Return a problem as scripts read it."""
    return {
        "code": problem.code,
        "message": problem.message,
        "hint": problem.hint or None,
        "severity": str(problem.severity),
        "files": list(problem.files),
    }


def summary(report: Report) -> tuple[str, str]:
    """Return how it stands as one sentence, and what to do next (may be empty)."""
    if report.plan.command == "pull":
        return _pulled(report)
    if report.closing:
        return _closed(report), next((p.hint for p in report.problems if p.code in CLOSED_BY), "")
    if report.result in {Result.PLANNED, Result.NOTHING, Result.BLOCKED, Result.CANCELLED}:
        return _stopped(report)
    return _ended(report)


def _stopped(report: Report) -> tuple[str, str]:
    """Return the sentence of a plan that was not run."""
    count = report.count
    if report.problems:
        return report.problems[0].message, report.problems[0].hint
    match report.result:
        case Result.PLANNED:
            rest, skipped = count(State.UP_TO_DATE), count(State.SKIPPED)
            also = f", {rest} {'is' if rest == 1 else 'are'} up to date" if rest else ""
            left = f", {skipped} left {'as it is' if report.plan.undoes else 'out'}"
            moving = f"{will_happen(report.plan)}{also}{left if skipped else ''}."
            return f"{moving} {arrivals(report)}".rstrip(), ""
        case Result.NOTHING:
            if skipped := count(State.SKIPPED):
                return (
                    f"Nothing to do: {count(State.UP_TO_DATE)} up to date, {skipped} left out.",
                    "",
                )
            return "Nothing to do: every repository is up to date.", ""
        case Result.BLOCKED:
            blocked = count(State.BLOCKED) or count(State.SKIPPED)
            verb = "is" if blocked == 1 else "are"
            sentence = f"{plural(blocked, 'repository')} {verb} blocked. Nothing was changed."
            return sentence, _past_what_blocks(report)
    return "Cancelled. Nothing was changed.", ""


def _past_what_blocks(report: Report) -> str:
    """Return how to get past what blocks: --skip-blocked only where something is left to do then.

    What was begun is never left out, and what is in a later wave may come after what is.
    """
    blocked = [o.plan for o in report.outcomes if o.state is State.BLOCKED]
    first = min((repo.wave for repo in blocked), default=0)
    free = sum(repo.wave <= first for repo in report.plan.planned())
    if not free or report.plan.undoes or any(repo.begun for repo in blocked):
        return "Fix what blocks, then run the command again."
    whom = f"with the other {free}" if free > 1 else "with the other one"
    if free < len(report.plan.planned()):
        them = "them" if len(blocked) > 1 else "it"
        whom = f"without {them} and what comes after {them}"
    return f"Fix what blocks, or continue {whom}: --skip-blocked"


def will_happen(plan: Plan) -> str:
    """Return what a plan does, as the beginning of a sentence.

    Of what an earlier attempt published, only the deployments are left: to start, or to watch.
    """
    begun = [still_to_come(repo) for repo in plan.planned() if repo.published]
    moves = len(plan.planned()) - len(begun)
    deploys = sum(bool(started) for started, _ in begun)
    watches = sum(not started for started, _ in begun)
    verb = "go back" if plan.undoes else "be deployed" if plan.command == "deploy" else "move"
    noun = "repository" if plan.command == "deploy" else "published one"
    parts = [
        (moves, f"{plural(moves, 'repository')} will {verb}"),
        (deploys, f"{plural(deploys, noun)} will be deployed"),
        (watches, f"{plural(watches, noun)} will be watched"),
    ]
    return ", ".join(part for number, part in parts if number)


def arrivals(report: Report) -> str:
    """Return how many commits reach which stage: 2 commits reach stg, 1 commit reaches dev."""
    totals: Counter[str] = Counter()
    for repo in report.plan.planned():
        if not repo.published:
            totals.update(repo.arriving())
    told = [
        f"{plural(n, 'commit')} {'reaches' if n == 1 else 'reach'} {s}" for s, n in totals.items()
    ]
    return f"{', '.join(told)}." if told else ""


def _pulled(report: Report) -> tuple[str, str]:
    """Return the sentence of a pull."""
    words = (
        (State.PLANNED, "to update"),
        (State.UPDATED, "updated"),
        (State.UP_TO_DATE, "up to date"),
        (State.BLOCKED, "left as it is"),
        (State.FAILED, "failed"),
    )
    counts = [(report.count(state), word) for state, word in words]
    return ", ".join(f"{number} {word}" for number, word in counts if number) + ".", ""


def _ended(report: Report) -> tuple[str, str]:
    """Return the sentence of an operation that was run: a count for each way it ended."""
    count, back = report.count, _taken_back(report)
    counts = [
        (count(State.PUBLISHED), done_word(report.plan)),
        (back, "taken back"),
        (count(State.FAILED), "failed"),
        (count(State.UNKNOWN), "unknown"),
        (count(State.NOT_PUBLISHED) - back, not_begun_word(report.plan)),
        (count(State.SKIPPED), "left as it is" if report.plan.undoes else "left out"),
    ]
    sentence = _counted(report, counts)
    if report.result is Result.DONE:
        return sentence, _still_open(report)
    if blocking := [problem for problem in report.problems if problem.blocks]:
        return f"{blocking[0].message} {sentence}", ""
    if report.interrupted:
        sentence = f"Interrupted. {sentence}"
    if any(outcome.deployments for outcome in report.outcomes):
        return sentence, _deploying_on(report)
    if report.unfinished:
        return sentence, Hint.FINISH_OR_UNDO if can_be_undone(report) else Hint.FINISH
    broken = report.count(State.FAILED) or not report.interrupted
    again = "Fix it, then run" if broken else "Run"
    return sentence, f"Nothing was {done_word(report.plan)}. {again} the command again."


def _taken_back(report: Report) -> int:
    """Count the repositories that were published and that an undo took back."""
    return sum(any(p.code == "taken_back" for p in o.problems) for o in report.outcomes)


def _counted(report: Report, of_repos: Sequence[tuple[int, str]]) -> str:
    """Return a count for each way in which repositories and deployments ended."""
    counts = [*of_repos, *deployment_counts(report)]
    return ", ".join(f"{number} {word}" for number, word in counts if number) + "."


def _closed(report: Report) -> str:
    """Return the sentence of an operation that was closed before it was finished."""
    message = " ".join(each.message for each in report.problems if each.code in CLOSED_BY)
    if report.result is Result.NOTHING:
        return f"{message} Nothing of it is {done_word(report.plan)}."
    count, done = report.count, done_word(report.plan)
    half = sum(outcome.partial for outcome in report.outcomes)
    back = _taken_back(report)
    counts = [
        (count(State.PUBLISHED), done),
        (back, "taken back"),
        (half, f"{done} in part"),
        (count(State.FAILED) - half, "moved by somebody else"),
        (count(State.UNKNOWN), "unknown"),
        (count(State.NOT_PUBLISHED) - back, not_begun_word(report.plan)),
    ]
    return f"{message} {_counted(report, counts)}"


def _deploying_on(report: Report) -> str:
    """Return how to go on where deployments did not all end well."""
    deployments = [each for outcome in report.outcomes for each in outcome.deployments]
    states = {each.state for each in deployments}
    if any(each.state is RunState.WAITING and each.sight.mine for each in deployments):
        return Hint.APPROVE
    if any(state.may_run for state in states - {RunState.UNKNOWN}):
        return Hint.STILL_RUNNING if report.unfinished else Hint.RUNS_ON
    if RunState.UNKNOWN in states:
        return Hint.LOOK_AGAIN if report.unfinished else Hint.WATCH_AGAIN
    bad = [o.plan for o in report.outcomes if any(each.state.bad for each in o.deployments)]
    if report.unfinished:
        return Hint.DEPLOY_CONTINUE if bad else Hint.FINISH_WAVES
    ways = [step.runner for repo in bad for step in repo.deploys()]
    if all(each.by_push for each in ways):
        return Hint.RERUN.format(host=ways[0].host) if ways else ""
    since = any(problem.code == "deployed_since" for problem in report.problems)
    return "" if since else Hint.DEPLOY_FAILED.format(stage=report.plan.target)


def done_word(plan: Plan) -> str:
    """Return what to say of a repository that the operation moved."""
    return "taken back" if plan.undoes else "published"


def not_begun_word(plan: Plan) -> str:
    """Return what to say of a repository that the operation did not come to."""
    if plan.undoes:
        return "not taken back"
    return "not started" if plan.command == "deploy" else "not published"


def deployment_counts(report: Report) -> list[tuple[int, str]]:
    """Return how many deployments ended, or stand, in which way: 3 deployed, 1 unhealthy."""
    counted = Counter(each.state for o in report.outcomes for each in o.deployments)
    words = {RunState.SUCCEEDED: "deployed", RunState.FAILED: "not deployed"}
    return [(counted[state], words.get(state, state.in_words)) for state in RunState]


def _still_open(report: Report) -> str:
    """Return how to come back to deployments that nobody waited for."""
    states = {each.state for o in report.outcomes for each in o.deployments}
    running = any(not state.over for state in states)
    return Hint.WATCH if running else ""


def error_document(error: MultigitError, command: str | None) -> dict[str, Any]:
    """Return the document of a command that could not begin."""
    details = error.details if isinstance(error, ConfigError) else ()
    problems = details or ((error.message, error.hint),)
    return frame(
        command,
        masked(error.message),
        result=Result.ERROR,
        exit_code=error.exit_code,
        problems=[Problem(error.code, masked(message), masked(hint)) for message, hint in problems],
        hint=masked(error.hint),
    )
