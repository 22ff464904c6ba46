"""Roll-backs of a stage, which happen only in the real world, in the ways in which people do it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from multigit.core.lineage.revert_messages import rolling_back
from tests.campaigns.contents import Change
from tests.campaigns.world import Repo

UNSAID = ("unsaid", "halves-unsaid", "mixed", "part")  # multigit may ask about these
NAMING = ("trailer", "halves", "mixed")  # these name the commit that they restore


def restored(repo: Repo, stage: str, back: int, how: str) -> bool:
    """Give a stage the tree of one of its earlier tips; return False if nothing would change."""
    past = repo.past[stage]
    to = past[max(0, len(past) - 1 - back)]
    if repo.store.tree(to) == repo.tree(stage) or not _rolls_back(repo, stage, to, how):
        return False
    _RESTORES[how](repo, stage, to)
    if how in UNSAID:
        repo.unsaid.add(stage)
    return True


def _rolls_back(repo: Repo, stage: str, to: str, how: str) -> bool:
    """Return whether it is plain what is rolled back.

    A commit that names none, and so means a promotion, could otherwise mean a hotfix, too, or an
    earlier roll-back.
    """
    if how in NAMING:
        return True
    since = [sha for sha in repo.store.line(repo.real[stage], to) if sha != to]
    promoted = any(_promoted(repo, stage, sha) for sha in since)
    again = any(sha in repo.rolled_back for sha in since)
    fixed = any(fix.commit in since for fix in repo.hotfixes)
    return promoted and not again and not fixed


def _by_trailer(repo: Repo, stage: str, to: str) -> None:
    """One commit, as multigit makes it."""
    message = rolling_back(f"Roll back {stage}", to)
    repo.roll_back(stage, repo.store.tree(to), message)


def _by_host(repo: Repo, stage: str, to: str) -> None:
    """A branch with a commit whose message names no commit, merged with a host's button."""
    message = f'Revert "Release of {stage}"\n\nReverts acme/{repo.name}#12'
    repo.roll_back(stage, repo.store.tree(to), message, branch=True)


def _by_title(repo: Repo, stage: str, to: str) -> None:
    """One commit that only says that it reverts something."""
    message = f'Revert "Release of {stage}" (#12)'
    repo.roll_back(stage, repo.store.tree(to), message)


def _unsaid(repo: Repo, stage: str, to: str) -> None:
    """One commit that does not say what it is."""
    repo.roll_back(stage, repo.store.tree(to), "Quick help")


def _halves(repo: Repo, stage: str, to: str, message: str = "") -> None:
    """Two commits, each with some of the files."""
    store, old = repo.store, repo.store.files(repo.store.tree(to))
    new = repo.files(stage)
    paths = sorted(path for path in {*old, *new} if old.get(path) != new.get(path))
    first = {*paths[::2]}
    half = {path: file for path, file in new.items() if path not in first}
    half |= {path: file for path, file in old.items() if path in first}
    for tree in (store.write(half), store.tree(to)):
        said = message or rolling_back(f"Roll back a part of {stage}", to)
        repo.roll_back(stage, tree, said)


def _halves_unsaid(repo: Repo, stage: str, to: str) -> None:
    """Two commits that do not say what they are."""
    _halves(repo, stage, to, "Quick help")


def _mixed(repo: Repo, stage: str, to: str) -> None:
    """One commit that says what it is, and changes a line of another file, too."""
    old, new = repo.store.files(repo.store.tree(to)), repo.files(stage)
    kept = sorted(path for path in old if old[path] == new.get(path) and b".05 " in old[path][1])
    name = new[kept[0]][1].split(b".")[0].decode() if kept else ""
    _by_trailer(repo, stage, to)
    if not name:
        return
    parent = repo.real[stage]
    repo.change(stage, Change("edit", name, f"{name}.05", f"beside {len(repo.past[stage])}"), "x")
    message = repo.store.message(parent)
    mixed = repo.store.commit(repo.tree(stage), repo.store.parents(parent), message)
    del repo.past[stage][-2:]
    repo.move(stage, mixed)
    repo.rolled_back.remove(parent)  # to revert it would revert that change, too
    repo.hotfixes[-1] = replace(repo.hotfixes[-1], commit=mixed)


_RESTORES: dict[str, Callable[[Repo, str, str], None]] = {
    "trailer": _by_trailer,
    "host": _by_host,
    "title": _by_title,
    "halves": _halves,
    "unsaid": _unsaid,
    "halves-unsaid": _halves_unsaid,
    "mixed": _mixed,
}
HOW = tuple(_RESTORES)


def reverted(repo: Repo, stage: str, what: str) -> bool:
    """Revert a commit of a stage as `git revert` does; return False if that is impossible.

    `merge` is the newest merge of a promotion, `roll-back` the newest commit that rolls something
    back, and `work` a commit that the newest promotion brought.
    """
    store, commit = repo.store, ""
    line = store.line(repo.real[stage])
    merges = [sha for sha in line if len(store.parents(sha)) > 1 and _promoted(repo, stage, sha)]
    if what == "merge":
        commit = next(iter(merges), "")
    elif what == "roll-back":
        commit = next((sha for sha in line if sha in repo.rolled_back), "")
    elif merges:
        brought = store.line(store.parents(merges[0])[1], store.parents(merges[0])[0])
        commit = next((sha for sha in brought if len(store.parents(sha)) == 1), "")
        repo.unsaid.add(stage)  # other work in the same file may make it inexact
    if not commit or not store.parents(commit):
        return False
    parent = store.parents(commit)[0]
    undone = store.apply(store.tree(commit), store.tree(parent), repo.tree(stage))
    if undone.conflicts or undone.tree == repo.tree(stage):
        return False
    subject = store.message(commit).partition("\n")[0]
    ending = "."
    if len(store.parents(commit)) > 1:
        ending = f", reversing\nchanges made to {parent}."
    message = f'Revert "{subject}"\n\nThis reverts commit {commit}{ending}'
    repo.roll_back(stage, undone.tree, message)
    return True


def _promoted(repo: Repo, stage: str, sha: str) -> bool:
    earlier = repo.stages[repo.stages.index(stage) - 1]
    return repo.store.message(sha).startswith(f"Merge {earlier} into {stage}")


def merged_by_hand(repo: Repo, source: str, target: str) -> bool:
    """Merge with git alone; while something is rolled back, that loses it again."""
    store, message = repo.store, f"Merge {source} into {target}"
    for side in (repo.real, repo.ideal):
        merged = store.merge(side[target], side[source])
        if merged.conflicts or merged.tree == store.tree(side[target]):
            return False
    for side in (repo.ideal, repo.real):
        tree, parents = store.merge(side[target], side[source]).tree, (side[target], side[source])
        side[target] = store.commit(tree, parents, message)
    repo.past[target].append(repo.real[target])
    return True
