"""Ways to promote: through multigit, and with a plain merge, which loses work after a roll-back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from multigit.adapters.git.workspace import GitRepositories
from multigit.core.planning.merges import MergeRequest, plan_merges
from multigit.core.planning.plan import RepoPlan, State
from multigit.core.planning.routes import hop
from multigit.core.planning.taking_part import taking_part
from multigit.core.values.refs import branch_ref
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.start_time import StartTime
from multigit.core.values.workspace import Repo as Configured
from multigit.core.values.workspace import Stage, Workspace
from multigit.engine.observe.merges import MergeObservation
from multigit.engine.prepare import prepare
from tests.campaigns.world import Repo


@dataclass(frozen=True, slots=True)
class Asked:
    """A merge of one stage into the next later one, or into the next earlier one."""

    source: str
    target: str
    forward: bool
    roll_forward: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The commit to which the target moves, or its own; or the problems because of which not."""

    tip: str
    codes: tuple[str, ...] = ()


class Way(Protocol):
    """Merges in several repositories; moves no branch."""

    def merge(self, repos: Sequence[Repo], asked: Asked) -> dict[str, Answer]:
        """Return what became of it, by repository."""


class PlainWay:
    """What a person does with git alone."""

    def __init__(self, folder: Path, repos: Sequence[str], stages: Sequence[str]) -> None:
        """Take what every way is made from; git needs none of it."""

    def merge(self, repos: Sequence[Repo], asked: Asked) -> dict[str, Answer]:
        """Merge without a question, unless there is a conflict."""
        return {repo.name: self._merge(repo, asked) for repo in repos}

    def _merge(self, repo: Repo, asked: Asked) -> Answer:
        ours, theirs = repo.real[asked.target], repo.real[asked.source]
        merged = repo.store.merge(ours, theirs)
        if merged.conflicts:
            return Answer(ours, ("conflict",))
        if merged.tree == repo.store.tree(ours):
            return Answer(ours)
        message = f"Merge {asked.source} into {asked.target}"
        return Answer(repo.store.commit(merged.tree, (ours, theirs), message))


class MultigitWay:
    """What multigit plans and makes, on clones that have just been fetched."""

    def __init__(self, folder: Path, repos: Sequence[str], stages: Sequence[str]) -> None:
        configured = tuple(Configured(name, name) for name in repos)
        steps = tuple(
            Stage(name, name, promotes_from=before)
            for name, before in zip(stages, ("", *stages), strict=False)
        )
        self._space = Workspace(folder, steps, configured, git_timeout=60)
        git = GitRepositories(self._space)
        self._repositories = {repo.name: git.repository(repo) for repo in configured}

    def merge(self, repos: Sequence[Repo], asked: Asked) -> dict[str, Answer]:
        """Plan, and prepare what the plan publishes."""
        space, request = self._space, self._request(repos, asked)
        for repo in repos:
            _fetched(repo)
        seen = {
            name: MergeObservation(own).read(
                self._repositories[name], Snapshot(name), lambda _: None
            )
            for name, own in taking_part(request, space).items()
        }
        plans = {plan.repo: plan for plan in plan_merges(request, space, seen).repos}
        date = request.start_time.git_date
        return {repo.name: self._answer(repo, plans[repo.name], asked, date) for repo in repos}

    def _request(self, repos: Sequence[Repo], asked: Asked) -> MergeRequest:
        space = self._space
        sides = space.stage(asked.source), space.stage(asked.target)
        route = (hop(space, *sides, None, forward=asked.forward),)
        time = StartTime.of(f"{max(repo.store.time for repo in repos) + 1} +0000", "7f3a")
        taking = tuple(space.repo(repo.name) for repo in repos)
        command = "promote" if asked.forward else "backmerge"
        request = MergeRequest(command, time, route, taking)
        return replace(request, roll_forward=True) if asked.roll_forward else request

    def _answer(self, repo: Repo, plan: RepoPlan, asked: Asked, date: str) -> Answer:
        before = repo.real[asked.target]
        codes = tuple(dict.fromkeys(each.code for each in plan.problems if each.blocks))
        if codes or plan.state is not State.PLANNED:
            return Answer(before, codes)
        made = prepare(self._repositories[repo.name], plan, date, "")
        return Answer(made[branch_ref(asked.target)])


def _fetched(repo: Repo) -> None:
    """Let the clone's remote-tracking branches be what the remote has."""
    for stage, sha in repo.real.items():
        file = repo.store.git_dir / "refs/remotes/origin" / stage
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{sha}\n", encoding="utf-8")
