"""Runs of campaigns, from seeds or from given lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.campaigns.campaign import Campaign
from tests.campaigns.dice import Dice
from tests.campaigns.store import Store
from tests.campaigns.ways import MultigitWay, Way
from tests.campaigns.world import Repo
from tests.support.gitenv import init

STAGES = ("dev", "stg", "main")
NAMES = ("api", "web", "job")
FILES = 4
REMOTE = """\
[remote "origin"]
\turl = .
\tfetch = +refs/heads/*:refs/remotes/origin/*
"""


@dataclass(slots=True)
class Field:
    """Clones in a folder, in which one campaign is played after another."""

    folder: Path
    make: Callable[[Path, Sequence[str], Sequence[str]], Way] = MultigitWay
    _stores: dict[str, Store] = field(default_factory=dict)
    _ways: dict[tuple[str, ...], Way] = field(default_factory=dict)

    def campaign(self, names: Sequence[str] = NAMES, stages: tuple[str, ...] = STAGES) -> Campaign:
        """Return a campaign that begins."""
        for name in names:
            if name not in self._stores:
                git_dir = init(self.folder / name)
                with (git_dir / "config").open("a", encoding="utf-8") as config:
                    config.write(REMOTE)
                self._stores[name] = Store(git_dir)
        if stages not in self._ways:
            self._ways[stages] = self.make(self.folder, NAMES, stages)
        repos = [Repo(name, self._stores[name], stages) for name in names]
        for repo in repos:
            repo.begin(FILES)
        return Campaign(repos, self._ways[stages])

    def play(self, seed: int, rounds: int) -> Campaign:
        """Play the campaign of a seed, with so many rounds of work, trouble and promotions."""
        rng = Random(seed)
        names = NAMES[: rng.choice((1, 1, 1, 1, 1, 2, 3))]
        stages = rng.choice((STAGES, STAGES[1:]))
        campaign = self.campaign(names, stages)
        dice = Dice(rng, campaign, stages, rng.random() < 0.15, rng.random() < 0.8, rounds)
        for line in dice.moves():
            campaign.play(line)
            if campaign.over:
                break
        return campaign

    def replay(self, lines: Sequence[str]) -> Campaign:
        """Play these lines, which name the repositories and stages."""
        words = {word for line in lines for word in line.split()}
        names = [name for name in NAMES if name in words] or NAMES[:1]
        stages = STAGES if "dev" in words else STAGES[1:]
        campaign = self.campaign(names, stages)
        for line in lines:
            campaign.play(line)
            if campaign.over:
                break
        return campaign
