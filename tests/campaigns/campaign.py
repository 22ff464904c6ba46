"""A campaign: moves on a few repositories, and what must be true of each promotion.

A move is a line of words:

    edit|insert|drop|back STAGE REPO LINE [branch]   a line of a file, such as f3.07
    add|move STAGE REPO FILE FOLDER [branch]
    delete|mode STAGE REPO FILE [branch]
    point STAGE REPO sub                             the pointer of a submodule
    undo STAGE REPO                                  `git revert` of the stage's newest hotfix
    restore STAGE BACK HOW REPO...                   see `roll_backs.py`
    revert STAGE WHAT REPO...
    hand SOURCE TARGET REPO...                       merge without multigit
    promote SOURCE TARGET [roll-forward]
    backmerge SOURCE TARGET
    cross SOURCE TARGET                              promote and back-merge at the same time

A change on a stage after the first one is a hotfix; with `branch` it is merged from one. With
`quoting` instead, its message quotes a host's revert: then multigit may ask.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.campaigns.contents import CHANGES, EDITS, Change, text_of
from tests.campaigns.roll_backs import merged_by_hand, restored, reverted
from tests.campaigns.verdicts import ASKED, NEEDLESS, WRONG, Before, judged
from tests.campaigns.ways import Answer, Asked, Way
from tests.campaigns.world import Repo


@dataclass(slots=True)
class Campaign:
    """Repositories, and the way that is tested. `over` once something makes it pointless.

    `asked` is True if the last merge waits for a person's decision in one of them.
    """

    repos: Sequence[Repo]
    way: Way
    lines: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    stops: list[str] = field(default_factory=list)
    over: bool = False
    asked: bool = False

    def repo(self, name: str) -> Repo:
        """Return a repository."""
        return next(repo for repo in self.repos if repo.name == name)

    def play(self, line: str) -> bool:
        """Make a move; return False if it is impossible, and so left out."""
        verb, *words = line.split()
        self.lines.append(line)
        if verb in CHANGES:
            done = self._change(verb, words)
        elif verb == "undo":
            done = self.repo(words[1]).undo(words[0])
        elif verb == "restore":
            stage, back, how, *names = words
            done = self._in_each(names, lambda repo: restored(repo, stage, int(back), how))
        elif verb == "revert":
            stage, what, *names = words
            done = self._in_each(names, lambda repo: reverted(repo, stage, what))
        elif verb == "hand":
            stage, target, *names = words
            done = self._in_each(names, lambda repo: merged_by_hand(repo, stage, target))
        else:
            self._merge(verb, words)
            done = True
        if not done:
            self.lines.pop()
        return done

    def _change(self, verb: str, words: list[str]) -> bool:
        stage, name, what, *more = words
        repo, number = self.repo(name), len(self.lines)
        branch = more[-1:] == ["branch"]
        file, new = what.partition(".")[0], f"v{number}"
        match verb:
            case "insert":
                new = f"{file}.{number}i"
            case "add" | "move":
                new = f"{more[0]}/{file}{'' if verb == 'add' else f'-{number}'}.txt"
            case "point":
                new = hashlib.sha1(f"{number}".encode(), usedforsecurity=False).hexdigest()
            case "back":
                new = repo.texts.get(what, "")
        if verb in EDITS:
            old = text_of(repo.files(stage), file, what)
            if not new or not old:
                return False
            repo.texts[what] = old
        change = Change(verb, file, what if verb in EDITS else "", new)
        kind = "feat" if stage == repo.stages[0] else "fix"
        message = f"{kind}: {verb} {what} {number}"
        if more[-1:] == ["quoting"]:
            message += f"\n\nReverts acme/{name}#12"
            repo.unsaid.add(stage)
        return repo.change(stage, change, message, branch=branch)

    def _in_each(self, names: Sequence[str], make: Callable[[Repo], bool]) -> bool:
        """Make a move in each of these repositories; return whether it was possible in any."""
        done = [make(self.repo(name)) for name in names]
        return any(done)

    # Through the way that is tested

    def _merge(self, verb: str, words: list[str]) -> None:
        source, target, *more = words
        roll_forward = "roll-forward" in more
        asked = [Asked(source, target, verb != "backmerge", roll_forward)]
        if verb == "cross":
            asked.append(Asked(target, source, forward=False))
        self.asked = False
        answers = [(each, self.way.merge(self.repos, each)) for each in asked]
        for repo in self.repos:
            before = Before(dict(repo.real), dict(repo.ideal))
            for each, made in answers:
                self._judge(repo, each, made[repo.name], before)

    def _judge(self, repo: Repo, asked: Asked, answer: Answer, before: Before) -> None:
        """Count what happened in one repository, and let both worlds follow."""
        verdict = judged(repo, asked, answer, before)
        kind = "promotion" if asked.forward else "back-merge"
        self.counts[f"{kind}: {verdict.what}"] += 1
        self.asked = self.asked or verdict.what.startswith(ASKED)
        self.over = self.over or verdict.ends
        where = f"{repo.name}, {asked.source} to {asked.target}"
        if verdict.what == WRONG:
            self.wrong.append(f"{where}: {verdict.why}")
        elif verdict.what.startswith(NEEDLESS):
            self.stops.append(f"{where}: {' '.join(answer.codes)}")
