"""A fake repository whose stg was rolled back, and what a plan has that brings the work back."""

from __future__ import annotations

from multigit.core.planning.plan import Plan, RepoPlan
from multigit.core.values.commits import Tip
from multigit.core.values.git_answers import Signature
from multigit.core.values.merge import Fold, Merge
from multigit.core.values.problem import Problem
from tests.engine.operations import execute, plan_promotion
from tests.support.fake_git import ADA, Edits, FakeGit, FakeRepository, Files

WEB = "web"


def released(git: FakeGit, edits: Edits, message: str = "feat: pay") -> str:
    """Let a colleague commit on dev, promote that to stg, and return the colleague's commit."""
    work = git[WEB].remote.commit("dev", edits, message=message)
    assert execute(git, plan_promotion(git)).exit_code == 0
    git[WEB].remote.pushes.clear()
    for ref in [ref for ref in git[WEB].remote.refs if ref.startswith("refs/tags/")]:
        del git[WEB].remote.refs[ref]  # the next release is at the same time
    return work


def revert(git: FakeGit, work: str, edits: Edits, branch: str = "stg") -> str:
    """Let a colleague revert work on a stage, with a message that says so."""
    message = f'Revert "feat: pay"\n\nThis reverts commit {work}.'
    return git[WEB].remote.commit(branch, edits, message=message)


def rolled_back() -> tuple[FakeGit, str]:
    """Return a repository whose stg has no `pay` any more, but a hotfix; and the revert."""
    git = FakeGit(WEB)
    reverted = revert(git, released(git, {"pay": "1"}), {"pay": None})
    git[WEB].remote.commit("stg", {"hot": "1"}, message="fix: hot")
    return git, reverted


def merged_by_hand(repo: FakeRepository, files: Files) -> str:
    """Let a colleague merge dev into stg by hand, with these files as the result."""
    parents = [repo.remote.tip("stg"), repo.remote.tip("dev")]
    signature = Signature("Merge dev", f"{next(repo.objects.clock)} +0000")
    made = repo.objects.commit(files, parents, signature, ADA)
    repo.remote.refs["refs/heads/stg"] = made.sha
    return made.sha


def row(plan: Plan) -> RepoPlan:
    """Return the plan of the repository."""
    (found,) = plan.repos
    return found


def merged(plan: Plan, hop: int = 0) -> Merge:
    """Return a merge that is planned."""
    return row(plan).merges()[hop].merge


def fold_of(merge: Merge) -> tuple[Fold, Tip]:
    """Return what a merge brings back, and the commit that does."""
    assert merge.fold
    assert merge.fold.tip
    return merge.fold, merge.fold.tip


def problems(plan: Plan) -> list[Problem]:
    """Return the problems of the repository, without the warnings."""
    return [each for each in row(plan).problems if each.blocks]


def codes(plan: Plan) -> list[str]:
    """Return the codes of all problems."""
    return [each.code for each in row(plan).problems]


def files_on(git: FakeGit, branch: str) -> dict[str, str]:
    """Return the files of a branch on the remote, without the first one."""
    found = git[WEB].objects.files(git[WEB].remote.tip(branch))
    return {path: content for path, content in found.items() if path != "README.md"}


def parents(git: FakeGit, commit: str) -> list[str]:
    """Return the parents of a commit."""
    return list(git[WEB].objects.commits[commit].parents)


def gone(git: FakeGit, *commits: str, tree: str = "") -> None:
    """Remove objects, as gc does."""
    for commit in commits:
        del git[WEB].objects.commits[commit]
    if tree:
        del git[WEB].objects.trees[tree]
