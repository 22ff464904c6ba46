"""What blocks a push: work trees, files and branches that are not as they should be."""

from __future__ import annotations

from collections.abc import Iterable

from multigit.core.planning import checks
from multigit.core.planning.dangers import (
    dangerous,
    dangerous_commits,
    matches,
    staged_litter,
)
from multigit.core.planning.push_request import PushRequest, to_commit
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.push_rules import PushRules
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.text import plural
from multigit.core.values.work_tree import WorkTree
from multigit.core.values.workspace import Repo, Stage, Workspace
from multigit.hints import Hint


def work_problems(
    request: PushRequest, workspace: Workspace, repo: Repo, snapshot: Snapshot, work: WorkTree
) -> Iterable[Problem]:
    """Report what prevents a commit of the work tree, or why it is left alone."""
    stage, rules = request.stage, workspace.push
    remote = workspace.remote_of(repo)
    where = {"path": repo.typed(), "remote": remote, "branch": stage.branch}
    left = [change for change in work.changes if not matches(change.path, rules.ignore)]
    if work.branch != stage.branch:
        if left:
            on = f"branch {work.branch}" if work.branch else "a detached HEAD"
            stay, them = ("stays", "it") if len(left) == 1 else ("stay", "them")
            yield Problem(
                "other_branch",
                f"{plural(len(left), 'changed file')} on {on} {stay} unpushed.",
                Hint.SWITCH_FIRST.format(them=them, **where),
                Severity.WARN,
            )
        return
    yield from checks.unfinished_work(repo, work)
    if left and not work.head:
        there = snapshot.refs.branch(stage.branch).remote
        yield Problem(
            "unborn",
            f"{stage.branch} has no commits yet.",
            (Hint.PULL_UNBORN if there else Hint.FIRST_COMMIT).format(**where),
        )
    if left:
        yield from staged_litter(repo, work, rules)


def file_problems(
    request: PushRequest, rules: PushRules, repo: Repo, snapshot: Snapshot
) -> Iterable[Problem]:
    """Report files that should not be published, in commits and in the work tree, once each.

    A warning about the one does not replace a blocking problem of the other.
    """
    stage, changes = request.stage, to_commit(snapshot.work, request.stage, rules)
    found: dict[tuple[object, ...], Problem] = {}
    for each in (
        *dangerous_commits(repo, stage, snapshot, rules, request.allow),
        *dangerous(repo, snapshot, changes, rules, request.allow),
    ):
        found.setdefault((each.code, each.files, each.severity), each)
    return found.values()


def diverged(
    repo: Repo, stage: Stage, snapshot: Snapshot, workspace: Workspace
) -> Iterable[Problem]:
    """Report a local branch that is behind the remote one and also has something to push."""
    remote = workspace.remote_of(repo)
    changes = to_commit(snapshot.work, stage, workspace.push)
    if not snapshot.behind or not (snapshot.ahead or changes):
        return
    checked_out = snapshot.work is not None and snapshot.work.branch == stage.branch
    hint = Hint.PULL_REBASE if checked_out else Hint.PULL_REBASE_THERE
    yield Problem(
        "diverged",
        f"{stage.branch} is {snapshot.behind} behind {remote} and has local work.",
        hint.format(path=repo.typed(), remote=remote, branch=stage.branch),
    )
