"""What GitHub says about a run, its jobs and its gates, as the status of a deployment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from multigit.adapters.github.deploy_jobs import ALL_SKIPPED, nothing_deployed
from multigit.adapters.github.workflow_file import WorkflowJob
from multigit.adapters.http.documents import Document, mapping, mappings, number, text
from multigit.core.values.deployment import Gate, RunState, RunStatus

_STATUSES = {
    "queued": RunState.QUEUED,
    "requested": RunState.QUEUED,
    "pending": RunState.QUEUED,
    "waiting": RunState.WAITING,
    "in_progress": RunState.RUNNING,
}
_CONCLUSIONS = {
    "success": RunState.SUCCEEDED,
    "cancelled": RunState.CANCELLED,
    "skipped": RunState.SKIPPED,
}
_SENTENCES = {
    "cancelled": "it was cancelled on GitHub.",
    "skipped": ALL_SKIPPED,
    "startup_failure": "GitHub could not start its workflow.",
    "action_required": "GitHub requires someone to act before it runs.",
    "timed_out": "it timed out on GitHub",
    "failure": "it failed",
}
_FAILURES = ("failure", "timed_out", "startup_failure", "action_required", "cancelled")


def state_of(run: Document) -> RunState | None:
    """Return the state of a run, None if its document does not say."""
    status, conclusion = text(run.get("status")), text(run.get("conclusion"))
    if status == "completed":
        return _CONCLUSIONS.get(conclusion, RunState.FAILED) if conclusion else None
    return _STATUSES.get(status, RunState.QUEUED) if status else None


def under_way(state: RunState, url: str, jobs: Sequence[Document]) -> RunStatus:
    """Return the status of a run that has not ended: the first running job, and its step."""
    job = _first(jobs, "status", "in_progress")
    step = _first(mappings(job.get("steps")), "status", "in_progress")
    return RunStatus(state, text(job.get("name")), text(step.get("name")), url=url)


def waiting(url: str, gates: Sequence[Gate], *, since: float) -> RunStatus:
    """Return the status of a run that waits for approval since a Unix time."""
    reviewers = dict.fromkeys(name for gate in gates for name in gate.reviewers)
    return RunStatus(
        RunState.WAITING,
        url=url,
        since=since,
        environments=tuple(filter(None, (gate.name for gate in gates))),
        reviewers=tuple(reviewers),
        mine=any(gate.mine for gate in gates),
    )


def ended(
    run: Document,
    jobs: Sequence[Document],
    approvals: Sequence[Document],
    deploying: Sequence[WorkflowJob] = (),
) -> RunStatus:
    """Return the status of a run that ended: where it failed, and who approved it.

    `deploying` are the jobs that deploy, as far as they are known.
    """
    word, state = text(run.get("conclusion")), state_of(run) or RunState.FAILED
    idle = nothing_deployed(jobs, deploying) if state is RunState.SUCCEEDED else ""
    state = RunState.SKIPPED if idle else state
    succeeded = state is RunState.SUCCEEDED
    job, step = _failed_at(jobs) if state.bad else ("", "")
    failure = _sentence(word, job, step)
    return RunStatus(
        state,
        job,
        step,
        detail="" if succeeded else idle or _reason(run, jobs, approvals, failure),
        url=link(run),
        approved_by=_reviewers(approvals, "approved"),
        rejected=state.bad and _rejected(run, jobs, approvals),
    )


def stray(run: Document, head: str, commit: str) -> RunStatus:
    """Return the status of a run of a commit other than the planned one.

    Until it has ended it is running: nothing may be started beside it.
    """
    branch = text(run.get("head_branch")) or "the branch"
    detail = (
        f"GitHub runs {head[:7]}, not {commit[:7]}: someone moved {branch} before it started. "
        "This run does not deploy what was planned."
    )
    known = state_of(run)
    state = RunState.FAILED if known and known.over else RunState.RUNNING
    return RunStatus(state, detail=detail, url=link(run))


def gate(pending: Document) -> Gate:
    """Return a gate at which a run waits."""
    environment = mapping(pending.get("environment"))
    reviewers = (mapping(one.get("reviewer")) for one in mappings(pending.get("reviewers")))
    names = (text(one.get("login")) or text(one.get("name")) for one in reviewers)
    return Gate(
        environment=number(environment.get("id")),
        name=text(environment.get("name")),
        reviewers=tuple(filter(None, names)),
        mine=pending.get("current_user_can_approve") is True,
    )


def changed_at(run: Document, ahead: float) -> float:
    """Return when a run changed last, in Unix seconds of our clock; 0 if it does not say.

    `ahead` is how far the host's clock is ahead of ours, in seconds.
    """
    try:
        return datetime.fromisoformat(text(run.get("updated_at"))).timestamp() - ahead
    except (ValueError, OverflowError):
        return 0.0


def link(document: Document) -> str:
    """Return the web page of a run, or empty."""
    url = text(document.get("html_url"))
    return url if url.startswith(("https://", "http://")) else ""


def _failed_at(jobs: Sequence[Document]) -> tuple[str, str]:
    """Return the job and step that failed; the most serious failure counts."""
    for word in _FAILURES:
        if job := _first(jobs, "conclusion", word):
            step = _first(mappings(job.get("steps")), "conclusion", word)
            return text(job.get("name")), text(step.get("name"))
    return "", ""


def _first(documents: Sequence[Document], key: str, value: str) -> Document:
    return next((one for one in documents if one.get(key) == value), {})


def _sentence(word: str, job: str, step: str) -> str:
    sentence = _SENTENCES.get(word, f"it ended as {word}")
    if sentence.endswith("."):
        return sentence
    return f"{sentence}{f' in {job}' if job else ''}{f' at {step}' if step else ''}."


def _rejected(run: Document, jobs: Sequence[Document], approvals: Sequence[Document]) -> bool:
    """Return whether a run ended, or may have ended, because someone rejected it."""
    began = next((job.get("steps") for job in jobs if job.get("conclusion") in _FAILURES), None)
    again = number(run.get("run_attempt")) > 1
    return bool(_reviewers(approvals, "rejected")) and not (again and began)


def _reason(
    run: Document, jobs: Sequence[Document], approvals: Sequence[Document], failure: str
) -> str:
    """Return why a run did not succeed: its `failure`, or who rejected it.

    The reviews of a run are those of all its attempts, without a time. So after it was run again, a
    rejection counts only if the job that failed never began, and may still be an earlier one.
    """
    names = _reviewers(approvals, "rejected")
    if not _rejected(run, jobs, approvals):
        return failure
    if number(run.get("run_attempt")) > 1:
        return f"{failure} In this attempt or an earlier one, {', '.join(names)} rejected it."
    return f"it was rejected by {', '.join(names)}."


def _reviewers(approvals: Sequence[Document], word: str) -> tuple[str, ...]:
    given = (one for one in approvals if one.get("state") == word)
    names = (text(mapping(one.get("user")).get("login")) for one in given)
    return tuple(dict.fromkeys(filter(None, names)))
