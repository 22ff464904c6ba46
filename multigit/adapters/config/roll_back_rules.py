"""The rule for automatic roll-backs: [stages.main] on_unhealthy = "rollback".

Without a person, only what is known to be reversible goes back: each repository that such a stage
deploys must say which of its files are not, even if there are none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from multigit.adapters.config.deploys import merged
from multigit.adapters.config.mistakes import Key, Mistake
from multigit.adapters.config.stage_rules import stages_of
from multigit.core.values.workspace import OnUnhealthy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from multigit.adapters.config.sections import Configuration


def roll_back_mistakes(configuration: Configuration) -> Iterator[Mistake]:
    """Yield what automatic roll-backs lack: something that is deployed, and `irreversible`."""
    silent: dict[str, list[str]] = {}
    for stage in _rolling_back(configuration):
        repos = _deployed(configuration, stage)
        if not repos:
            yield Mistake(
                ("stages", stage, "on_unhealthy"),
                "no repository is deployed to this stage.",
                f"Add a table [stages.{stage}.deploy], or remove on_unhealthy.",
                tuple(_about_deployments(configuration, stage)),
            )
        for repo in repos:
            if configuration.repos[repo].irreversible is None:
                silent.setdefault(repo, []).append(stage)
    for repo, stages in silent.items():
        beside = [key for stage in stages for key in _about_deployments(configuration, stage, repo)]
        yield Mistake(
            ("repos", repo, "irreversible"),
            f"is missing: {' and '.join(stages)} may be rolled back without a person"
            ' (on_unhealthy = "rollback").',
            'Write the files that cannot be rolled back, such as irreversible = ["migrations/**"],'
            " or irreversible = [] if there are none.",
            tuple(beside),
        )


def _rolling_back(configuration: Configuration) -> list[str]:
    stages = configuration.stages.items()
    return [name for name, stage in stages if stage.on_unhealthy is OnUnhealthy.ROLLBACK]


def _deployed(configuration: Configuration, stage: str) -> list[str]:
    """Return the repositories that are deployed to a stage, in the order of the file."""
    deploys = {
        name: merged(configuration.stages[stage], repo, stage)[0]
        for name, repo in configuration.repos.items()
        if stage in stages_of(configuration, repo)
    }
    return [name for name, deploy in deploys.items() if deploy and deploy.runner != "none"]


def _about_deployments(configuration: Configuration, stage: str, *repos: str) -> Iterator[Key]:
    """Yield the keys that decide whether these repositories, or all, are deployed to a stage."""
    tables: list[Key] = [("stages", stage, "deploy")]
    for repo in repos or configuration.repos:
        yield ("repos", repo, "stages")
        tables.append(("repos", repo, "deploy", stage))
    for table in tables:
        yield table
        yield (*table, "runner")
