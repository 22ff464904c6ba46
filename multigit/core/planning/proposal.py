"""A proposal for the message of a release: the subjects of what goes out, on one line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from multigit.core.planning.plan import Plan, RepoPlan
from multigit.core.planning.steps import CommitStep
from multigit.core.values.pushed import without_instructions
from multigit.core.values.text import plural, visible

LENGTH = 72  # letters, as git recommends for the first line of a message
LEAST = 16  # letters of a subject, at the least


def proposed_message(plan: Plan) -> str:
    """Return what reaches the plan's target: api: fix: time-out, feat: orders; web: dark mode.

    If that is too long, some subjects are counted, and then shortened. Empty if nothing is known.
    """
    groups = _groups(plan)
    for most in (None, 3, 2, 1):
        text = _joined(groups, most)
        if len(text) <= LENGTH:
            return text
    around = len(_joined({repos: ["", *said[1:]] for repos, said in groups.items()}, 1))
    needed = [len(said[0]) for said in groups.values()]
    shares = _shares(needed, LENGTH - around)
    if all(share >= min(LEAST, need) for share, need in zip(shares, needed, strict=True)):
        short = {
            repos: [_cut(said[0], share), *said[1:]]
            for (repos, said), share in zip(groups.items(), shares, strict=True)
        }
        return _joined(short, 1)
    commits = sum(repo.commit_count for repo in plan.planned())
    count = f"{plural(commits, 'commit')} in {plural(len(plan.planned()), 'repository')}"
    return _cut(f"{count}: {next(iter(groups.values()))[0]}", LENGTH)


def _shares(needed: Sequence[int], room: int) -> list[int]:
    """Return what each gets of the room: all that it needs, or as much as others that need more."""
    shares = [0] * len(needed)
    by_need = sorted(range(len(needed)), key=needed.__getitem__)
    for place, number in enumerate(by_need):
        shares[number] = min(needed[number], room // (len(needed) - place))
        room -= shares[number]
    return shares


Groups = Mapping[tuple[str, ...], Sequence[str]]


def _groups(plan: Plan) -> Groups:
    """Return the subjects by the repositories that have the same ones; () for all of them."""
    repos = {repo.repo: tuple(_subjects(repo, plan.target)) for repo in plan.planned()}
    alike: dict[tuple[str, ...], list[str]] = {}
    for repo, subjects in repos.items():
        if subjects:
            alike.setdefault(subjects, []).append(visible(repo))
    if len(alike) == 1:
        return dict.fromkeys([()], *alike)
    return {tuple(names): subjects for subjects, names in alike.items()}


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


def _joined(groups: Groups, most: int | None) -> str:
    return "; ".join(
        (f"{', '.join(repos)}: " if repos else "") + _listed(subjects, most)
        for repos, subjects in groups.items()
    )


def _listed(subjects: Sequence[str], most: int | None) -> str:
    more = len(subjects[most:]) if most else 0
    return ", ".join(subjects[:most]) + (f" and {more} more" if more else "")


def _cut(text: str, length: int) -> str:
    """Return a text of at most this length, cut with … after a whole word where possible."""
    if len(text) <= length:
        return text
    words, _, part = text[:length].rpartition(" ")
    kept = words if len(part) < length // 2 else text[: length - 1]
    return f"{kept.rstrip(' ,;:')}…"
