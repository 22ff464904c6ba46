"""A hold on a stage that was rolled back: what its branch has must not go out by accident."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import asdict, dataclass, field, replace

from multigit.core.values.text import shortened
from multigit.phrase import Instant, phrase


@dataclass(frozen=True, slots=True)
class HeldRepo:
    """One repository of a held stage.

    It is deployed at the commit `to`; `bad` is the tip of the branch, which must not go out, and
    `tag` its deploy tag, or empty. `release` is what it was deployed with, if not with the hold's.
    """

    to: str
    bad: str
    tag: str = ""
    release: str = ""


@dataclass(frozen=True, slots=True)
class Ends:
    """Where the deployments of an operation are `over`, and where they are `done`: all are good."""

    over: frozenset[str] = frozenset()
    done: frozenset[str] = frozenset()


NOTHING_ENDED = Ends()


@dataclass(frozen=True, slots=True)
class Hold:
    """Why nothing new is deployed to a stage, who decided that, and since when, in UTC.

    The `operation` rolled the stage back to `release`; `bad` is the release that it had before, and
    `why` the reason, both perhaps empty. In `running` repositories it did not see its deployments
    end: other machines cannot know whether they have. It is not known that those `left` have come
    back: they are running, failed, or were not started. A hold is `local` if only this workspace
    knows of it.
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
    left: tuple[str, ...] = ()
    local: bool = False

    def release_of(self, repo: str) -> str:
        """Return the release that the stage has of one of its repositories."""
        return self.repos[repo].release or self.release

    def with_deployed(self, repos: Mapping[str, str], release: str, done: Container[str]) -> Hold:
        """Return the hold once a release is deployed to the held stage, by repository the commit.

        Where it is not `done`, it is not known what the stage has. What was running there is over,
        or a person has said so: nothing is started before.
        """
        known = {name: self.repos[name] for name in repos if name in self.repos}
        again = {n: replace(each, to=repos[n], release=release) for n, each in known.items()}
        running = tuple(name for name in self.running if name not in again)
        left = tuple(sorted({*self.left, *again} - {name for name in again if name in done}))
        return replace(self, repos={**self.repos, **again}, running=running, left=left)

    def on(self, repos: Mapping[str, HeldRepo]) -> Hold:
        """Return the hold on these of its repositories only."""
        running = (name for name in self.running if name in repos)
        left = (name for name in self.left if name in repos)
        return replace(self, repos=repos, running=tuple(running), left=tuple(left))

    def after(self, ends: Ends) -> Hold:
        """Return the hold once its operation knows this of its deployments."""
        running = (name for name in self.running if name not in ends.over)
        left = (name for name in self.left if name not in ends.done)
        return replace(self, running=tuple(running), left=tuple(left))

    def sentence(self) -> str:
        """Return what says who rolled the stage back, when, to what, and why, and what is left."""
        return phrase(
            "{stage} is held{here} since {since}: {who} on {host} rolled it back{release}{why}."
            "{left}",
            left=f" That is unfinished in {shortened(self.left)}." if self.left else "",
            stage=self.stage,
            here=" in this workspace" if self.local else "",
            since=Instant(self.since),
            who=self.who.partition(" <")[0],
            host=self.host,
            release=f" to {self.release}" if self.release else "",
            why=f" ({self.why})" if self.why else "",
        )

    def document(self) -> dict[str, object]:
        """Return it as the ref or file of the stage has it."""
        content = {**asdict(self), "running": [*self.running], "left": [*self.left]}
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
