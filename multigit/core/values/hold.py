"""A hold on a stage that was rolled back: what its branch has must not go out by accident."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import asdict, dataclass, field, replace

from multigit.phrase import Instant, phrase


@dataclass(frozen=True, slots=True)
class HeldRepo:
    """One repository of a held stage.

    It is deployed at the commit `to`; `bad` is the tip of the branch, which must not go out, and
    `tag` its deploy tag, or empty.
    """

    to: str
    bad: str
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """Why nothing new is deployed to a stage, who decided that, and since when, in UTC.

    The `operation` rolled the stage back to `release`; `bad` is the release that it had before, or
    empty. In `running` repositories it did not see its deployments end: other machines cannot know
    whether they have. A hold is `local` if only this workspace knows of it.
    """

    stage: str
    operation: str
    release: str
    bad: str
    who: str
    host: str
    since: str
    why: str
    repos: Mapping[str, HeldRepo] = field(default_factory=dict)
    running: tuple[str, ...] = ()
    local: bool = False

    def on(self, repos: Mapping[str, HeldRepo]) -> Hold:
        """Return the hold on these of its repositories only."""
        return replace(self, repos=repos).while_running(repos)

    def while_running(self, repos: Container[str]) -> Hold:
        """Return the hold once its operation has ended in all but these repositories."""
        return replace(self, running=tuple(name for name in self.running if name in repos))

    def sentence(self) -> str:
        """Return a sentence that says who rolled the stage back, when, to what, and why."""
        return phrase(
            "{stage} is held{here} since {since}: {who} on {host} rolled it back{release} ({why}).",
            stage=self.stage,
            here=" in this workspace" if self.local else "",
            since=Instant(self.since),
            who=self.who.partition(" <")[0],
            host=self.host,
            release=f" to {self.release}" if self.release else "",
            why=self.why,
        )

    def document(self) -> dict[str, object]:
        """Return it as the ref or file of the stage has it."""
        content = {**asdict(self), "running": [*self.running]}
        del content["local"]
        return content


@dataclass(frozen=True, slots=True)
class SeenHold:
    """The hold that a plan was made with: its operation, and the object that held it.

    The object is empty if the ref has another one once the stage is free: it was locked then. In
    `running` repositories the operation did not see its deployments end.
    """

    operation: str
    sha: str = ""
    running: tuple[str, ...] = ()
