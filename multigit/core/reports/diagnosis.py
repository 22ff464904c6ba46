"""Diagnosis: what was read in a workspace and its repositories, judged rule by rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from shlex import quote

from multigit.core.planning.checks import missing_branches, unpublishable, unreadable
from multigit.core.planning.dangers import missing_uploads
from multigit.core.progress.locks import PREFIX
from multigit.core.records.chain import BadLine, Head
from multigit.core.reports.checkup import Checkup, DoctorRequest, LockTrial, Surroundings
from multigit.core.reports.findings import Finding, Level
from multigit.core.reports.log_report import HINT, TORN
from multigit.core.values.duration import roughly
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.start_time import utc
from multigit.core.values.text import masked, pathspec, plural, shortened
from multigit.core.values.workspace import Repo
from multigit.hints import Hint
from multigit.phrase import phrase

CLOCK_SLACK = 120  # seconds that clocks may differ without a warning


def diagnose(
    request: DoctorRequest, around: Surroundings, seen: Mapping[str, Checkup]
) -> tuple[Finding, ...]:
    """Return every finding: the workspace's first, then each repository's."""
    found = [*_workspace(around), *_clock(around, seen.values())]
    for repo in request.repos:
        found += _repository(repo, request, seen[repo.name], around.now)
    return tuple(
        replace(each, message=masked(each.message), hint=masked(each.hint)) for each in found
    )


def _judged(repo: str, problem: Problem) -> Finding:
    state = Level.PROBLEM if problem.blocks else Level.WARNING
    return Finding(repo, state, problem.code, problem.message, problem.hint)


# The workspace


def _workspace(around: Surroundings) -> Iterator[Finding]:
    yield Finding("", Level.OK, "git_version", f"git {around.git}.")
    yield _log(around.log)
    unread = isinstance(around.log, Problem)  # which says as much
    for problem in around.unwritable:
        if not (unread and problem.code in {"log_not_writable", "log_unreadable"}):
            yield _judged("", problem)
    for operation, ways_out in around.unfinished.items():
        message = f"the operation {operation} is unfinished, so no other can start."
        yield Finding("", Level.PROBLEM, "unfinished_operation", message, ways_out)
    if around.in_flight:
        message = f"the push of {', '.join(around.in_flight)} was started and may still succeed."
        yield Finding("", Level.WARNING, "push_under_way", message, Hint.CONTINUE_SOON)
    if around.possible < around.jobs:
        possible = f"{plural(around.possible, 'repository')} at a time, not {around.jobs}"
        message = f"the limit of open files allows {possible}."
        hint = phrase("Raise it: `ulimit -n {files}`", files=around.files)
        yield Finding("", Level.WARNING, "open_files", message, hint)


def _log(log: BadLine | Head | Problem) -> Finding:
    match log:
        case Problem():
            return _judged("", log)
        case BadLine(code="torn"):
            message = f"line {log.line} of the deployment log {log.message}: a crash cut it off."
            return Finding("", Level.WARNING, "log_torn", message, TORN)
        case BadLine():
            message = f"the deployment log is not sound: line {log.line} {log.message}."
            return Finding("", Level.PROBLEM, f"log_{log.code}", message, HINT)
    message = f"the deployment log is sound: {plural(log.seq, 'record')}."
    return Finding("", Level.OK, "log", message)


def _clock(around: Surroundings, seen: Iterable[Checkup]) -> Iterator[Finding]:
    dates = [each.newest for each in seen if each.newest]
    if dates and max(dates) <= around.now + CLOCK_SLACK:
        message = "no stage has a commit from the future (git does not show the servers' time)."
        yield Finding("", Level.OK, "clock", message)


# A repository


def _repository(repo: Repo, request: DoctorRequest, seen: Checkup, now: int) -> Iterator[Finding]:
    remote = request.workspace.remote_of(repo)
    snapshot, stages = seen.snapshot, request.workspace.stages_of(repo)
    problems = [
        *unreadable(snapshot),
        *unpublishable(repo, snapshot, remote),
        *filter(None, [snapshot.stale]),
        *_unpushable(repo, remote, request.probe, seen.push),
        *(() if snapshot.stale else missing_branches(repo, snapshot, remote, stages)),
        *_locks(request.probe, seen.lock),
        *_secrets(repo, remote, snapshot),
        *_future(seen.newest, now),
        *_exposed(repo, seen.exposed),
        *(each.as_warning() for each in missing_uploads(repo, snapshot.facts, seen.carried)),
    ]
    found = [_judged(repo.name, problem) for problem in problems]
    if all(each.state is not Level.PROBLEM for each in found):
        message = f"can be read, and pushed to atomically, as {snapshot.facts.identity}."
        yield Finding(repo.name, Level.OK, "remote", message)
    if seen.lock == LockTrial():
        message = "accepts and deletes lock refs, so operations elsewhere are kept out."
        yield Finding(repo.name, Level.OK, "lock_refs", message)
    if snapshot.facts.follow_tags:
        message = "push.followTags is set; multigit overrides it and pushes only its own tags."
        yield Finding(repo.name, Level.OK, "follow_tags", message)
    yield from found


def _unpushable(repo: Repo, remote: str, probe: str, failure: Problem | None) -> Iterator[Problem]:
    """Yield why a push would fail; if git itself says little, with another hint."""
    if failure is None:
        return
    if failure.code == "no_atomic":
        yield failure
        return
    ask = Hint.TRY_PUSH.format(path=repo.typed(), remote=remote, ref=probe)
    vague = failure.code in {"git", "authentication"}
    message = f"can be read, but a push would fail: {failure.message}"
    yield Problem("not_pushable", message, ask if vague else failure.hint)


def _locks(probe: str, trial: LockTrial | None) -> Iterator[Problem]:
    if trial and trial.refused:
        hint = "Allow these refs there, or name another repository in the [lock] section."
        message = f"does not accept lock refs ({PREFIX}*): {trial.refused}"
        yield Problem("lock_refused", message, hint)
    if trial and trial.stays:
        hint = f"Allow {PREFIX}* to be deleted there, then delete {probe}."
        message = f"accepts lock refs, but does not delete them: {trial.stays}"
        yield Problem("lock_stays", message, hint)


def _secrets(repo: Repo, remote: str, snapshot: Snapshot) -> Iterator[Problem]:
    if snapshot.facts.credentials:
        hint = "Store it in a credential helper, and remove it from git's configuration."
        if snapshot.facts.plain_url:
            url = quote(snapshot.facts.plain_url)
            hint = Hint.CLEAN_URL.format(path=repo.typed(), remote=remote, url=url)
        message = f"the URL of {remote} holds a password or token, which every process list shows."
        yield Problem("credentials_in_url", message, hint, Severity.WARN)


def _future(newest: int, now: int) -> Iterator[Problem]:
    ahead = newest - now
    if ahead > CLOCK_SLACK:
        why = "this machine's clock is slow, or the committer's was fast"
        message = f"a stage's newest commit is dated {roughly(ahead)} in the future: {why}."
        hint = phrase(
            "Here it is {time}. If that is right, correct the committer's clock.", time=utc(now)
        )
        yield Problem("clock", message, hint, Severity.WARN)


def _exposed(repo: Repo, paths: Sequence[str]) -> Iterator[Problem]:
    if paths:
        hint = Hint.EXPOSED.format(
            lines=" ".join(quote(f"/{path}") for path in paths),
            ignore=repo.typed(".gitignore"),
            path=repo.typed(),
            files=" ".join(map(pathspec, paths)),
        )
        message = f"git would commit files that belong elsewhere: {shortened(tuple(paths))}."
        yield Problem("exposed_files", message, hint, Severity.WARN)
