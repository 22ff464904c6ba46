"""What the stages need from one workflow file, and what its inputs mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from multigit.core.values.deploy_config import GithubRunner
from multigit.core.values.deployment import filled
from multigit.core.values.workspace import Stage


@dataclass(frozen=True, slots=True)
class Use:
    """How one stage uses a workflow; `seconds` is how long a run may take.

    `configured` is False if the configuration has no deploy table yet.
    """

    stage: Stage
    runner: GithubRunner
    seconds: float = 1800.0
    configured: bool = True

    @property
    def environment(self) -> str:
        """Return what deployments call the stage."""
        return self.stage.environment or self.stage.name

    def value(self, name: str) -> str:
        """Return an input's value in every deployment; what differs stays a placeholder."""
        known = {
            "stage": self.stage.name,
            "environment": self.environment,
            "branch": self.stage.branch,
        }
        return filled(self.runner.inputs[name], known)

    def names_version(self, name: str) -> bool:
        """Return whether an input names what is deployed, so that git can check it out."""
        tags = ("{release}", "{tag}") if self.stage.tag else ()
        return self.runner.inputs[name] in {*tags, "{sha}"}

    def always_names_version(self, name: str) -> bool:
        """Return whether that input is never empty: what starts on a branch may have no tag."""
        return self.runner.ref == "tag" or self.runner.inputs[name] == "{sha}"


def distinguishing(uses: Sequence[Use]) -> str:
    """Return the input that is each stage's environment, or empty."""
    return next((n for n in common(uses) if all(u.value(n) == u.environment for u in uses)), "")


def common(uses: Sequence[Use]) -> tuple[str, ...]:
    """Return the inputs that all stages set; a push sets none."""
    given = [() if use.runner.by_push else tuple(use.runner.inputs) for use in uses]
    return tuple(name for name in given[0] if all(name in names for names in given))


def version_input(uses: Sequence[Use]) -> str:
    """Return the input that names what is deployed in every stage, or empty."""
    return next((n for n in common(uses) if all(use.names_version(n) for use in uses)), "")


def target_input(uses: Sequence[Use]) -> str:
    """Return the input that is the target in every stage, or empty."""
    named = (n for n in common(uses) if all(u.runner.inputs[n] == "{target}" for u in uses))
    return next(named, "")


def is_required(name: str, uses: Sequence[Use]) -> bool:
    """Return whether a run requires an input."""
    if name == version_input(uses):
        return all(use.always_names_version(name) for use in uses)
    return len(uses) > 1 and name == distinguishing(uses)
