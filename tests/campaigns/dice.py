"""Draws the moves of a campaign: what people do, and what fits the state of the repositories."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from tests.campaigns.campaign import Campaign
from tests.campaigns.contents import lines_of, names
from tests.campaigns.roll_backs import HOW
from tests.campaigns.world import Repo

FOLDERS = ("src", "doc", "src/core")
_CHANGES = ("edit", "insert", "drop", "back", "add", "delete", "move", "mode", "point")
_WEIGHTS = (30, 8, 5, 8, 8, 3, 4, 2, 3)
_PLAIN = ("trailer", "trailer", "trailer", "host", "title", "halves")


@dataclass(slots=True)
class Dice:
    """The same seed draws the same moves, as long as the repositories answer the same.

    If `collide`, hotfixes touch the same lines as the work, otherwise other ones. If `plain`, each
    roll-back says what it is.
    """

    rng: Random
    campaign: Campaign
    stages: tuple[str, ...]
    collide: bool = False
    plain: bool = True
    rounds: int = 3
    _names: int = 100

    def moves(self) -> Iterator[str]:
        """Yield the moves: rounds of work, promotions, trouble and its repair."""
        yield from self._work()
        yield from self._up()
        for _ in range(self.rounds):
            for part in self.rng.choices(_PARTS, [weight for _, weight in _WEIGHED], k=2):
                yield from part(self)
            yield from self._work()
            yield from self._up()

    # Parts

    def _work(self) -> Iterator[str]:
        """Work on the first stage, in some of the repositories."""
        for repo in self._some():
            for _ in range(self.rng.randint(1, 3)):
                yield self._change(repo, self.stages[0], early=True)

    def _up(self) -> Iterator[str]:
        """Promote as far as chance wants."""
        for source, target in pairwise(self.stages):
            yield from self._merge("promote", source, target)
            if self.rng.random() < 0.15:
                return

    def _merge(self, verb: str, source: str, target: str) -> Iterator[str]:
        """Merge, and decide if asked."""
        yield f"{verb} {source} {target}"
        if self.campaign.asked:
            yield f"{verb} {source} {target} roll-forward"

    def _hotfix(self) -> Iterator[str]:
        """Change a later stage."""
        for repo in self._some():
            line = self._change(repo, self._later(), early=self.collide)
            yield line + (" branch" if self.rng.random() < 0.2 and " sub" not in line else "")

    def _restore(self) -> Iterator[str]:
        """Roll a stage back, maybe twice in a row."""
        stage = self._later()
        for _ in range(self.rng.choice((1, 1, 2))):
            how = self.rng.choice(_PLAIN if self.plain else HOW)
            some = " ".join(repo.name for repo in self._some())
            yield f"restore {stage} {self.rng.randint(1, 4)} {how} {some}"

    def _revert(self) -> Iterator[str]:
        """Revert by git."""
        kinds = ("merge", "merge", "roll-back") if self.plain else ("merge", "roll-back", "work")
        yield f"revert {self._later()} {self.rng.choice(kinds)} {self._some()[0].name}"

    def _down(self) -> Iterator[str]:
        """Merge back."""
        for earlier, later in list(pairwise(self.stages))[::-1]:
            yield from self._merge("backmerge", later, earlier)
            if self.rng.random() < 0.5:
                return

    def _cross(self) -> Iterator[str]:
        """Promote and merge back at the same time."""
        source, target = self.stages[-2:]
        yield f"cross {source} {target}"

    def _undo(self) -> Iterator[str]:
        """Revert a hotfix."""
        yield f"undo {self._later()} {self._some()[0].name}"

    def _give_up(self) -> Iterator[str]:
        """Change lines back on the first stage."""
        repo = self._some()[0]
        known = {*names(repo.files(self.stages[0]))}
        edited = [line for line in repo.texts if line.partition(".")[0] in known]
        for line in self.rng.sample(edited, min(len(edited), 2)):
            yield f"back {self.stages[0]} {repo.name} {line}"

    def _by_hand(self) -> Iterator[str]:
        """Merge without multigit."""
        source, target = self.stages[-2:]
        yield f"hand {source} {target} {self._some()[0].name}"

    def _ask(self) -> Iterator[str]:
        """Promote although nothing may be new."""
        more = self.rng.choice(("", "", " roll-forward"))
        yield f"promote {self.stages[-2]} {self.stages[-1]}{more}"

    # Words

    def _later(self) -> str:
        return self.stages[-1] if self.rng.random() < 0.85 else self.rng.choice(self.stages[1:])

    def _some(self) -> list[Repo]:
        repos = list(self.campaign.repos)
        return self.rng.sample(repos, self.rng.randint(1, len(repos)))

    def _change(self, repo: Repo, stage: str, *, early: bool) -> str:
        """Return a change; early ones are in the first lines and files of a repository."""
        rng, files = self.rng, repo.files(stage)
        verb = rng.choices(_CHANGES, _WEIGHTS)[0]
        if verb == "point":
            return f"point {stage} {repo.name} sub"
        if verb == "add":
            self._names += 1
            return f"add {stage} {repo.name} f{self._names} {rng.choice(FOLDERS)}"
        known = sorted(names(files))
        if not self.collide and verb in {"delete", "move", "mode"}:
            known = known[::2] if early else known[1::2]
        file = rng.choice(known or ["f0"])
        if verb in {"delete", "mode"}:
            return f"{verb} {stage} {repo.name} {file}"
        if verb == "move":
            return f"move {stage} {repo.name} {file} {rng.choice(('lib', 'src', 'doc'))}"
        lines = lines_of(files, file)
        half = lines[: len(lines) // 2] if early else lines[len(lines) // 2 + 1 :]
        chosen = half if not self.collide and len(half) > 1 else lines
        return f"{verb} {stage} {repo.name} {rng.choice(chosen[1:] or [f'{file}.01'])}"


_WEIGHED: tuple[tuple[Callable[[Dice], Iterator[str]], int], ...] = (
    (Dice._restore, 10),
    (Dice._hotfix, 8),
    (Dice._down, 5),
    (Dice._revert, 3),
    (Dice._ask, 2),
    (Dice._cross, 2),
    (Dice._undo, 2),
    (Dice._give_up, 3),
    (Dice._by_hand, 1),
)
_PARTS = [part for part, _ in _WEIGHED]
