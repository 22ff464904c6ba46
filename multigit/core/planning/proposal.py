"""A proposal for the message of a release: the subjects of what goes out, on one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from multigit.core.planning.plan import Plan, RepoPlan
from multigit.core.planning.steps import CommitStep
from multigit.core.values.pushed import without_instructions
from multigit.core.values.text import plural, visible

LENGTH = 72  # letters, as git recommends for the first line of a message


def proposed_message(plan: Plan) -> str:
    """Return what reaches the plan's target: api: fix: time-out, feat: orders; web: 2 commits.

    Repositories take turns to name their next commit, the newest first, while the line has room.
    No subject is cut: the other commits are counted. Empty if nothing is known.
    """
    groups = _groups(plan)
    if len(groups) == 1:
        groups = [replace(groups[0], repos=(), named=1)]  # whole, even if it is long
    for _ in range(max((len(each.subjects) for each in groups), default=0)):
        for at, group in enumerate(groups):
            groups[at] = replace(group, named=group.named + 1)
            if len(_joined(groups)) > LENGTH:
                groups[at] = group
    if len(groups) <= 1 or len(_joined(groups)) <= LENGTH:
        return _joined(groups)
    commits = sum(repo.commit_count for repo in plan.planned())
    return f"{plural(commits, 'commit')} in {plural(len(plan.planned()), 'repository')}"


@dataclass(frozen=True, slots=True)
class _Group:
    """What goes out alike in some repositories: the commits of each, the newest by subject."""

    subjects: tuple[str, ...]
    commits: int
    repos: tuple[str, ...] = ()
    named: int = 0

    @property
    def text(self) -> str:
        """Return the commits that are named, and how many others there are."""
        names = self.subjects[: self.named]
        rest = self.commits - len(names)
        said = f"{', '.join(names)} and {rest} more" if rest else ", ".join(names)
        text = said if names else plural(self.commits, "commit")
        return f"{', '.join(self.repos)}: {text}" if self.repos else text


def _joined(groups: Sequence[_Group]) -> str:
    return "; ".join(group.text for group in groups)


def _groups(plan: Plan) -> list[_Group]:
    alike: dict[_Group, list[str]] = {}
    for repo in plan.planned():
        if subjects := tuple(_subjects(repo, plan.target)):
            alike.setdefault(_Group(subjects, repo.commit_count), []).append(visible(repo.repo))
    return [replace(group, repos=tuple(repos)) for group, repos in alike.items()]


def _subjects(repo: RepoPlan, target: str) -> Iterator[str]:
    """Yield what reaches the target: the files of a commit still to be made, then subjects.

    A subject that kept a workflow from starting must not do so for the whole release.
    """
    yield from map(_changes, repo.commits())
    for move in (step.move() for step in repo.branch_steps()):
        if move.stage == target and move.brings:
            subjects = map(without_instructions, move.brings.subjects)
            yield from filter(None, (visible(each).strip() for each in subjects))


def _changes(step: CommitStep) -> str:
    if len(step.changes) == 1:
        return f"change {visible(PurePosixPath(step.changes[0].path).name)}"
    return f"change {plural(len(step.changes), 'file')}"
