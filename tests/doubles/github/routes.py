"""The effect and the answer of each operation of the contract."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .documents import Documents, number, user
from .filters import fits
from .runs import Review, Run
from .workflows import FOLDER
from .world import RefusedError, Repository, Token, World


@dataclass(frozen=True, slots=True)
class Call:
    """A request that satisfies the contract."""

    world: World
    documents: Documents
    token: Token
    repo: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any]
    run_details: bool

    @property
    def repository(self) -> Repository:
        """The repository in the path."""
        return self.world.repositories[self.repo]

    def run(self) -> Run:
        """The run in the path."""
        return self.world.run(self.repo, self.params["run_id"])

    def commit(self, name: str) -> str:
        """The commit that a ref or SHA names. Raises RefusedError."""
        found = self.repository.git.commit(name)
        if found is None:
            raise RefusedError(404, "Not Found")
        return found

    def show(self, run: Run) -> dict[str, Any]:
        """A run as shown by this poll."""
        path = run.workflow.path
        shown = self.world.poll(run)
        return self.documents.run(
            shown, self.world.workflow_id(self.repo, path), self.world.repositories[self.repo]
        )


@dataclass(frozen=True, slots=True)
class Page:
    """A list that is shown one page at a time, in an object; without `key`, as a bare array.

    `around` is the rest of that object.
    """

    items: Sequence[Any]
    show: Callable[[Any], Any]
    key: str | None = None
    around: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """A status and a value; None means no body."""

    value: Any
    status: int = 200


Route = Callable[[Call], Page | Reply]


def _get_repo(call: Call) -> Reply:
    return Reply(call.documents.repository(call.repo, call.repository, "full-repository"))


def _user(call: Call) -> Reply:
    return Reply({**user(call.token.login, "public-user"), "user_view_type": "public"})


def _ref(call: Call) -> Reply:
    full = f"refs/{call.params['ref']}"
    sha = call.repository.git.refs().get(full)
    if sha is None or not call.world.sees(call.repo, full):
        raise RefusedError(404, "Not Found")
    return Reply(_one_ref(call, full, sha))


def _matching_refs(call: Call) -> Reply:
    begin = f"refs/{call.params['ref']}"
    refs = call.repository.git.refs().items()
    return Reply([_one_ref(call, full, sha) for full, sha in refs if full.startswith(begin)])


def _one_ref(call: Call, full: str, sha: str) -> dict[str, Any]:
    return call.documents.ref(call.repo, full, sha, call.repository.git.kind(sha))


def _branch(call: Call) -> Reply:
    full = f"refs/heads/{call.params['branch']}"
    if full not in call.repository.git.refs():
        raise RefusedError(404, "Not Found")
    sha = call.commit(full)
    return Reply(call.documents.branch(call.repo, call.params["branch"], sha))


def _commit(call: Call) -> Reply:
    return Reply(call.documents.commit(call.repo, call.commit(call.params["ref"])))


def _content(call: Call) -> Reply:
    path = call.params["path"].strip("/")
    bare = call.repository.git
    commit = call.commit(call.query.get("ref", call.repository.default_branch))
    folder, _, name = path.rpartition("/")
    if folder == FOLDER and name in call.repository.workflows:
        data = call.repository.workflows[name].encode()
        sha = hashlib.sha1(b"blob %d\0%b" % (len(data), data)).hexdigest()
        return Reply(call.documents.file(call.repo, path, sha, data))
    entry = bare.entry(commit, path)
    if entry is None:
        raise RefusedError(404, "Not Found")
    if entry.kind == "blob":
        return Reply(call.documents.file(call.repo, path, entry.sha, bare.content(entry.sha)))
    return Reply([call.documents.listed(call.repo, one) for one in bare.entries(commit, path)])


def _workflows(call: Call) -> Page:
    return Page(call.world.workflows(call.repo), lambda one: _one_workflow(call, one), "workflows")


def _workflow(call: Call) -> Reply:
    return Reply(_one_workflow(call, call.world.workflow(call.repo, call.params["workflow_id"])))


def _one_workflow(call: Call, one: Any) -> dict[str, Any]:
    known = call.world.workflow_id(call.repo, one.path)
    disabled = one.file in call.repository.disabled
    return call.documents.workflow(call.repo, known, one, disabled=disabled)


def _dispatch(call: Call) -> Reply:
    """Start a run; a server without `return_run_details` refuses that parameter with 400."""
    wanted = call.body.get("return_run_details")
    if wanted is not None and not call.run_details:
        raise RefusedError(400, 'Invalid request. "return_run_details" is not a permitted key.')
    login = call.token.login
    run = call.world.dispatch(call.repo, call.params["workflow_id"], call.body, login)
    return Reply(call.documents.dispatched(run)) if wanted else Reply(None, 204)


def _runs(call: Call) -> Page:
    return _page(call, call.world.runs_of(call.repo))


def _runs_of_workflow(call: Call) -> Page:
    workflow = call.world.workflow(call.repo, call.params["workflow_id"])
    runs = call.world.runs_of(call.repo)
    return _page(call, [run for run in runs if run.workflow.path == workflow.path])


def _page(call: Call, runs: Iterable[Run]) -> Page:
    fitting = [run for run in runs if fits(run, call.query)]
    return Page([run for run in fitting if call.world.listed(run)], call.show, "workflow_runs")


def _run(call: Call) -> Reply:
    return Reply(call.show(call.run()))


def _jobs(call: Call) -> Page:
    return Page(call.documents.jobs(call.run()), lambda job: job, "jobs")


def _attempt_jobs(call: Call) -> Page:
    if int(call.params["attempt_number"]) != call.run().attempt:
        raise RefusedError(404, "Not Found")
    return _jobs(call)


def _pending(call: Call) -> Reply:
    run = call.run()
    waiting = [one for one in run.environments if one.name in run.gates]
    return Reply([call.documents.pending(run, one, call.token.login) for one in waiting])


def _review(call: Call) -> Reply:
    run, wanted = call.run(), call.body["environment_ids"]
    names = tuple(one.name for one in run.environments if number(one.name) in wanted)
    if len(names) != len(wanted) or not names:
        raise RefusedError(422, "No pending deployment requests to approve or reject")
    review = Review(call.token.login, names, call.body["state"], call.body["comment"])
    call.world.review(run, review)
    return Reply([call.documents.deployment(run, name) for name in names])


def _approvals(call: Call) -> Reply:
    run = call.run()
    return Reply([call.documents.approval(run, review) for review in run.reviews])


def _cancel(call: Call) -> Reply:
    call.world.cancel(call.run())
    return Reply({}, 202)


def _rerun(call: Call) -> Reply:
    call.world.rerun(call.run(), call.token.login)
    return Reply({}, 201)


def _rerun_failed(call: Call) -> Reply:
    if call.run().conclusion == "success":
        raise RefusedError(403, "This workflow run has no failed jobs to re-run")
    return _rerun(call)


def _environments(call: Call) -> Page:
    def show(one: Any) -> Any:
        return call.documents.environment(call.repo, one)

    return Page(call.repository.environments, show, "environments")


def _environment(call: Call) -> Reply:
    for one in call.repository.environments:
        if one.name == call.params["environment_name"]:
            return Reply(call.documents.environment(call.repo, one))
    raise RefusedError(404, "Not Found")


def _combined_status(call: Call) -> Page:
    sha = call.commit(call.params["ref"])
    latest = {
        one.context: one for one in call.world.statuses if (one.repo, one.sha) == (call.repo, sha)
    }
    around = call.documents.combined(call.repo, call.repository, sha, latest)
    return Page(list(latest.values()), call.documents.status, "statuses", around)


def _check_runs(call: Call) -> Page:
    """Newest first; only the newest of each name, unless all are requested.

    GitHub does not say among which runs it chooses; this is the worst case.
    """
    sha = call.commit(call.params["ref"])
    found = [one for one in call.world.checks if (one.repo, one.sha) == (call.repo, sha)]
    if call.query.get("filter", "latest") == "latest":
        found = list({one.name: one for one in found}.values())
    if "check_name" in call.query:
        found = [one for one in found if one.name == call.query["check_name"]]
    return Page(found[::-1], call.documents.check, "check_runs")


ROUTES: Mapping[str, Route] = {
    "repos/get": _get_repo,
    "users/get-authenticated": _user,
    "git/get-ref": _ref,
    "git/list-matching-refs": _matching_refs,
    "repos/get-branch": _branch,
    "repos/get-commit": _commit,
    "repos/get-content": _content,
    "actions/list-repo-workflows": _workflows,
    "actions/get-workflow": _workflow,
    "actions/create-workflow-dispatch": _dispatch,
    "actions/list-workflow-runs-for-repo": _runs,
    "actions/list-workflow-runs": _runs_of_workflow,
    "actions/get-workflow-run": _run,
    "actions/list-jobs-for-workflow-run": _jobs,
    "actions/list-jobs-for-workflow-run-attempt": _attempt_jobs,
    "actions/get-pending-deployments-for-run": _pending,
    "actions/review-pending-deployments-for-run": _review,
    "actions/get-reviews-for-run": _approvals,
    "actions/cancel-workflow-run": _cancel,
    "actions/force-cancel-workflow-run": _cancel,
    "actions/re-run-workflow": _rerun,
    "actions/re-run-workflow-failed-jobs": _rerun_failed,
    "repos/get-all-environments": _environments,
    "repos/get-environment": _environment,
    "repos/get-combined-status-for-ref": _combined_status,
    "checks/list-for-ref": _check_runs,
}
