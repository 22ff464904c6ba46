"""What the branches of a held stage have that was rolled back."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from multigit.core.values.commits import PendingCommits
from multigit.core.values.hold import Hold
from multigit.core.values.listener import ShowActivity
from multigit.core.values.workspace import Repo
from multigit.engine.fleet import Fleet
from multigit.engine.ports import Git


def rolled_back_commits(
    git: Git, hold: Hold, repos: Collection[Repo], fleet: Fleet
) -> Mapping[str, PendingCommits]:
    """Return, by repository, the commits that a hold keeps from going out; reads no remote.

    They are empty where the clone lacks them, or cannot be read.
    """

    def read(repo: Repo, show: ShowActivity) -> PendingCommits:
        del show
        repository, held = git.repository(repo), hold.repos[repo.name]
        if not repository.holds([held.to, held.bad]):
            return PendingCommits()
        return repository.work_since(held.to, held.bad)

    items = {repo.name: repo for repo in repos if repo.name in hold.repos}
    results = fleet.for_each(items, read, phase="Reading", doing="reading")
    return results.completed(lambda _, __: PendingCommits())
