"""One repository in two worlds: as it is, and as it would be if nothing had been rolled back."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.campaigns.contents import Change, Files, applied, new_file, spot
from tests.campaigns.store import Store
from tests.support.fastimport import GITLINK

MODULE = "lib/sub"
FIRST = "1" * 40


@dataclass(frozen=True, slots=True)
class Hotfix:
    """A stage's own commit, and the trees before and after it."""

    stage: str
    commit: str
    before: str
    after: str


@dataclass(slots=True)
class Repo:
    """The branches of both worlds, by stage.

    `real` is where roll-backs happen, `ideal` is where they do not. `past` are the commits that a
    stage really had, oldest first. A stage is `disputed` if a hotfix on it means something else
    without the roll-backs, `unsaid` if something on it looks like a roll-back and does not say
    so, or is not exactly one: then it is right to stop.
    """

    name: str
    store: Store
    stages: tuple[str, ...]
    real: dict[str, str] = field(default_factory=dict)
    ideal: dict[str, str] = field(default_factory=dict)
    past: dict[str, list[str]] = field(default_factory=dict)
    hotfixes: list[Hotfix] = field(default_factory=list)
    disputed: set[str] = field(default_factory=set)
    unsaid: set[str] = field(default_factory=set)
    undoable: dict[str, str] = field(default_factory=dict)
    rolled_back: list[str] = field(default_factory=list)
    """The commits that rolled something back."""
    texts: dict[str, str] = field(default_factory=dict)
    """The text of each edited line before its last edit, by the line's name."""

    def begin(self, files: int) -> None:
        """Write the first commit, from which all stages start."""
        first: Files = {
            f"{'src' if number % 2 else 'doc'}/f{number}.txt": new_file(f"f{number}")
            for number in range(files)
        }
        first[MODULE] = (GITLINK, FIRST.encode())
        sha = self.store.commit(self.store.write(first), (), f"Begin {self.name}")
        for stage in self.stages:
            self.real[stage] = self.ideal[stage] = sha
            self.past[stage] = [sha]

    def files(self, stage: str) -> Files:
        """Return the files that a stage really has."""
        return self.store.files(self.store.tree(self.real[stage]))

    def tree(self, stage: str) -> str:
        """Return the tree that a stage really has."""
        return self.store.tree(self.real[stage])

    def ideal_tree(self, stage: str) -> str:
        """Return the tree that a stage would have."""
        return self.store.tree(self.ideal[stage])

    def same(self, stage: str) -> bool:
        """Return whether a stage has the same content in both worlds."""
        return self.tree(stage) == self.ideal_tree(stage)

    def move(self, stage: str, sha: str) -> None:
        """Move the real branch."""
        self.real[stage] = sha
        self.past[stage].append(sha)

    def roll_back(self, stage: str, tree: str, message: str, *, branch: bool = False) -> None:
        """Commit the tree of a roll-back, which only the real stage gets."""
        self.move(stage, self.committed(self.real[stage], tree, message, branch=branch))
        self.rolled_back.append(self.real[stage])

    # Changes that happen in both worlds

    def change(self, stage: str, change: Change, message: str, *, branch: bool = False) -> bool:
        """Commit a change on a stage, maybe through a merged branch; return False if there is none.

        If the spot that it touches differs between the worlds, and is not already what the change
        makes of it, no one knows what the person would have done: the stage is disputed.
        """
        before, ideal = self.files(stage), self.store.files(self.ideal_tree(stage))
        after = applied(change, before)
        if after is None or after == before:
            return False
        wanted: Files | None = ideal
        if spot(change, ideal) == spot(change, before):
            wanted = applied(change, ideal)
        elif spot(change, ideal) != spot(change, after):
            wanted = None
        tree = self.store.write(after)
        old = self.tree(stage)
        self.move(stage, self.committed(self.real[stage], tree, message, branch=branch))
        if stage != self.stages[0]:
            self.hotfixes.append(Hotfix(stage, self.real[stage], old, tree))
        if stage != self.stages[0] and not branch:
            self.undoable[stage] = self.real[stage]
        if wanted is None:
            self.disputed.add(stage)
        else:
            tree = self.store.write(wanted)
            self.ideal[stage] = self.committed(self.ideal[stage], tree, message, branch=branch)
        return True

    def undo(self, stage: str) -> bool:
        """Revert the newest hotfix of a stage with git, or that revert; it must be only there."""
        sha = self.undoable.pop(stage, "")
        others = [self.store.ancestors(self.real[each]) for each in self.stages if each != stage]
        if not sha or any(sha in each for each in others):
            return False
        store = self.store
        before, after = store.tree(sha), store.tree(store.parents(sha)[0])
        sides = self.real[stage], self.ideal[stage]
        made = [store.apply(before, after, store.tree(side)) for side in sides]
        if any(each.conflicts for each in made) or made[0].tree == self.tree(stage):
            return False
        subject = store.message(sha).partition("\n")[0]
        message = f'Revert "{subject}"\n\nThis reverts commit {sha}.'
        old = self.tree(stage)
        self.move(stage, store.commit(made[0].tree, (self.real[stage],), message))
        self.hotfixes.append(Hotfix(stage, self.real[stage], old, made[0].tree))
        self.undoable[stage] = self.real[stage]
        self.ideal[stage] = store.commit(made[1].tree, (self.ideal[stage],), message)
        return True

    def committed(self, parent: str, tree: str, message: str, *, branch: bool = False) -> str:
        """Commit a tree on a parent, directly or with the merge of a branch."""
        made = self.store.commit(tree, (parent,), message)
        if branch:
            merge = "Merge pull request #13 from acme/quick"
            made = self.store.commit(tree, (parent, made), merge)
        return made
