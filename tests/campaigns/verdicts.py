"""Verdicts: was a merge right, was it right to stop, or is something silently wrong?"""

from __future__ import annotations

from dataclasses import dataclass

from tests.campaigns.store import Merged
from tests.campaigns.ways import Answer, Asked
from tests.campaigns.world import Repo

RIGHT = "right"
NOTHING = "nothing new"
WRONG = "silently wrong"
UNCOMPARED = "not compared, since the other side is rolled back"
# Then follows why it was right to stop, or that it was not, and the problems' codes.
ASKED = "asked about a roll-back that does not say so, or does more"
NEEDLESS = "stopped for nothing"
CONFLICT = "stopped, since git conflicts, too"
DISPUTED = "stopped for a hotfix that means something else without the roll-back"
COLLIDES = "stopped, since a hotfix conflicts with what was rolled back"


@dataclass(frozen=True, slots=True)
class Before:
    """The tips of both worlds before a merge, by stage."""

    real: dict[str, str]
    ideal: dict[str, str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is counted, why it is wrong, and whether a campaign ends with it."""

    what: str
    why: str = ""
    ends: bool = False


def judged(repo: Repo, asked: Asked, answer: Answer, before: Before) -> Verdict:
    """Let both worlds follow an answer, and compare them.

    The ideal world merges with plain git, except that it makes no commit if the target has all of
    the content. It stays where it is if the answer is to stop.
    """
    ours, theirs = before.ideal[asked.target], before.ideal[asked.source]
    wanted = repo.store.merge(ours, theirs)
    nothing = wanted.tree == repo.store.tree(ours)
    if answer.codes:
        return _stopped(repo, asked, answer, wanted, nothing=nothing)
    if (
        not asked.forward
        and answer.tip == before.real[asked.target]
        and _alike(repo, asked, before)
    ):
        return Verdict(NOTHING)  # rolled-back hotfixes come back with a promotion
    if not wanted.conflicts and not nothing:
        message = f"Merge {asked.source} into {asked.target}"
        repo.ideal[asked.target] = repo.store.commit(wanted.tree, (ours, theirs), message)
    if answer.tip == before.real[asked.target]:
        if nothing:
            return Verdict(NOTHING)
    elif not _builds_on_both(repo, asked, answer.tip, before):
        return Verdict(WRONG, f"{answer.tip} does not build on both sides", ends=True)
    else:
        repo.move(asked.target, answer.tip)
    return _compared(repo, asked, before, unclear=_unclear(repo, asked, wanted))


def _stopped(repo: Repo, asked: Asked, answer: Answer, wanted: Merged, *, nothing: bool) -> Verdict:
    """Return why it was right to stop, or that it was not."""
    later = asked.target if asked.forward else asked.source
    because, ends = NEEDLESS, True
    if wanted.conflicts:
        because = CONFLICT
    elif nothing and asked.forward:
        because, ends = NOTHING, False
    elif repo.disputed & {asked.source, asked.target}:
        because = DISPUTED
    elif repo.unsaid & {asked.source, asked.target} and not asked.roll_forward:
        because, ends = ASKED, False
    elif _collides(repo, later):
        because = COLLIDES
    return Verdict(f"{because} ({' '.join(answer.codes)})", ends=ends)


def _collides(repo: Repo, stage: str) -> bool:
    """Return whether a hotfix of a stage conflicts with what the stage would be."""
    tree, apply = repo.ideal_tree(stage), repo.store.apply
    fixes = [fix for fix in repo.hotfixes if fix.stage == stage]
    return any(apply(fix.before, fix.after, tree).conflicts for fix in fixes)


def _alike(repo: Repo, asked: Asked, before: Before) -> bool:
    """Return whether both sides really have the same content."""
    return repo.store.tree(before.real[asked.source]) == repo.store.tree(before.real[asked.target])


def _unclear(repo: Repo, asked: Asked, wanted: Merged) -> bool:
    """Return whether only a person can say what the result should be."""
    return bool(wanted.conflicts) or bool(repo.disputed & {asked.source, asked.target})


def _compared(repo: Repo, asked: Asked, before: Before, *, unclear: bool) -> Verdict:
    """Compare the target's content in both worlds, if the earlier stage was the same in both."""
    earlier, tree = asked.source if asked.forward else asked.target, repo.store.tree
    if unclear:
        moved = repo.real[asked.target] != before.real[asked.target]
        why = "a person has to decide, and was not asked"
        return Verdict(WRONG, why, ends=True) if moved else Verdict(NOTHING, ends=True)
    if tree(before.real[earlier]) != tree(before.ideal[earlier]):
        return Verdict(UNCOMPARED)
    if not repo.same(asked.target):
        return Verdict(WRONG, difference(repo, asked.target), ends=True)
    if asked.forward:
        repo.unsaid.discard(asked.target)
    return Verdict(RIGHT)


def _builds_on_both(repo: Repo, asked: Asked, tip: str, before: Before) -> bool:
    """Return whether a tip has all that both sides had, and the target goes first."""
    target, source = before.real[asked.target], before.real[asked.source]
    return target in repo.store.line(tip) and source in repo.store.ancestors(tip)


def difference(repo: Repo, stage: str) -> str:
    """Return in words how a stage differs from what it would be."""
    real, ideal = repo.files(stage), repo.store.files(repo.ideal_tree(stage))
    rows = []
    for path in sorted({*real, *ideal}):
        if real.get(path) != ideal.get(path):
            mine, wanted = (
                {*each.get(path, (b"", b""))[1].decode().splitlines()} for each in (real, ideal)
            )
            rows.append(f"{path}: has {sorted(mine - wanted)}, lacks {sorted(wanted - mine)}")
    return "; ".join(rows)
