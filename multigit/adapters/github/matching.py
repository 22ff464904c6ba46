"""Which run on GitHub belongs to a deployment. No answer is better than a guess."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from multigit.adapters.http.documents import Document, number, text
from multigit.core.values.deploy_config import GithubRunner
from multigit.core.values.deployment import DeploymentSpec
from multigit.core.values.refs import short
from multigit.errors import MultigitError

ROUNDING = 5.0  # seconds by which two clocks may differ after the correction by `ahead`
PUSHED_BEFORE = 3600.0  # seconds by which a push may precede its deployment
_ANY_KEY = re.compile(r"\b\d{8}T\d{6}Z-[\w.-]+-[0-9a-f]{4}/")  # how keys begin


def full_name(runner: GithubRunner) -> str:
    """Return the workflow and its repository, as sentences name them."""
    return f"{runner.workflow} of {runner.slug}"


def started_ref(spec: DeploymentSpec, runner: GithubRunner) -> str:
    """Return the branch or tag that the workflow runs on."""
    return spec.tag if runner.ref == "tag" else spec.branch


def own_run(
    spec: DeploymentSpec,
    runner: GithubRunner,
    runs: Sequence[Document],
    ahead: float,
    pushed: Sequence[str] = (),
) -> Document | None:
    """Return the deployment's own run from a listing of its workflow, None if it is not there.

    With {key} in an input, only the key in its name identifies it. `ahead` is the seconds by which
    the host's clock is ahead of ours; `pushed` are the full names of the refs whose push starts a
    run, if that is known. Raises MultigitError, code runs_alike, if it is one of
    several, or if a run could be it whose name does not show the key.
    """
    earliest = spec.since + ahead - ROUNDING
    if runner.by_push:
        watched = watched_ref(spec, runner, pushed)
        return _only(spec, _by_push(spec, runner, runs, earliest, watched))
    recent = [run for run in runs if _is(run, "workflow_dispatch") and _created(run) >= earliest]
    ref, operation = started_ref(spec, runner), spec.key.partition("/")[0]
    alike = [
        run
        for run in recent
        if run.get("head_sha") == spec.sha
        and run.get("head_branch") in {ref, "", None}
        and not _names(run, operation)  # that of another deployment, as is any other key
        and not _ANY_KEY.search(text(run.get("display_title")))
    ]
    if not runner.keyed:
        return _only(spec, alike)
    named = [run for run in recent if _names(run, spec.key)]
    if alike and not named:
        raise _nameless(spec, alike)
    return _only(spec, named)


def watched_ref(spec: DeploymentSpec, runner: GithubRunner, pushed: Sequence[str]) -> str:
    """Return the branch or tag whose run is watched, of those whose push starts one; or empty."""
    names = [short(ref) for ref in pushed]
    wanted = started_ref(spec, runner)
    return wanted if wanted in names else next(iter(names), "")


def _by_push(
    spec: DeploymentSpec,
    runner: GithubRunner,
    runs: Sequence[Document],
    earliest: float,
    watched: str,
) -> list[Document]:
    """Return the runs of a push of this commit on the watched ref, and new, if there are such.

    If it is unknown which ref that is, that of the runner is preferred.
    """
    pushed = [
        run
        for run in runs
        if _is(run, "push")
        and run.get("head_sha") == spec.sha
        and run.get("head_branch") in ({watched} if watched else {spec.branch, spec.tag})
        and _created(run) >= earliest - PUSHED_BEFORE
    ]
    wanted = [run for run in pushed if run.get("head_branch") == started_ref(spec, runner)]
    found = wanted or pushed
    return [run for run in found if _created(run) >= earliest] or found


def _only(spec: DeploymentSpec, runs: Sequence[Document]) -> Document | None:
    if len(runs) > 1:
        raise MultigitError(
            f"several runs of {spec.repo} could be this deployment: {_numbers(runs)}.",
            hint="Add {key} to an input that the workflow's run-name shows.",
            code="runs_alike",
        )
    return runs[0] if runs else None


def _nameless(spec: DeploymentSpec, runs: Sequence[Document]) -> MultigitError:
    return MultigitError(
        f"no run of {spec.repo} shows the key of this deployment in its name, "
        f"and it may be one without a key: {_numbers(runs)}.",
        hint="Let the workflow's run-name show the input that holds {key}.",
        code="runs_alike",
    )


def _numbers(runs: Sequence[Document]) -> str:
    return ", ".join(str(number(run.get("id"))) for run in runs[:5])


def _is(run: Document, event: str) -> bool:
    return run.get("event") == event and number(run.get("id")) > 0


def _names(run: Document, key: str) -> bool:
    """Return whether the run's name shows this key, not one that only begins with it."""
    title = text(run.get("display_title"))
    return bool(key) and re.search(rf"{re.escape(key)}(?!\w)", title) is not None


def _created(run: Document) -> float:
    """Return the Unix time at which a run was created, 0 if it does not say."""
    try:
        return datetime.fromisoformat(text(run.get("created_at"))).timestamp()
    except ValueError:
        return 0.0
