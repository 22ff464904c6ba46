"""A session with repositories, hosts and people in memory, and its journals and log in files.

`Desk.promote`, `Desk.push` and so on run what the command line would run. They take options and
return how the command ended.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from multigit.adapters.files.folder import WorkspaceFiles
from multigit.core.planning.consent import Consent
from multigit.core.planning.deploy import DeployRequest
from multigit.core.planning.merges import MergeRequest
from multigit.core.planning.push_request import PushRequest
from multigit.core.planning.routes import hop, hops_down
from multigit.core.records.record import Record
from multigit.core.reports.reviews import PendingReview
from multigit.core.values.deploy_config import CommandRunner, Deploy, GithubRunner
from multigit.core.values.deployment import DeploymentSpec, Gate, GateState, Run, Verdict
from multigit.core.values.listener import Listener
from multigit.core.values.start_time import StartTime
from multigit.core.values.workspace import Repo, Workspace
from multigit.operation.deploying import deploy
from multigit.operation.merging import merge
from multigit.operation.pushing import push
from multigit.operation.run import Ended
from multigit.operation.session import Session
from multigit.ui.screen import Screen
from tests.support.fake_git import FakeGit
from tests.support.fake_runners import FakeRunners

YES = Consent(yes=True)
DRY = Consent(dry_run=True)
COMMAND = Deploy(CommandRunner(("true",)))
WORKFLOW = Deploy(GithubRunner("deploy.yml", ref="branch"))
NOON = datetime(2025, 1, 15, 12, tzinfo=UTC)


class DeskGit(FakeGit):
    """Fake repositories that a session can use."""

    def identity(self, name: str) -> str:
        """Return the committer."""
        return self.repos[name].settings.identity if name in self.repos else ""

    def keep_transcripts(self, folder: Path) -> None:
        """Keep none: no git runs in memory."""


class DeskRunners(FakeRunners):
    """Runners with reviews; `gates` holds those of each repository."""

    def __init__(self) -> None:
        super().__init__()
        self.leave = threading.Event()
        self.gates: dict[str, tuple[Gate, ...]] = {}
        self.reviewed: list[tuple[str, bool, str]] = []
        self.on_review: Callable[[Sequence[Gate]], Sequence[Verdict] | None] = lambda _: None

    def pending(self, spec: DeploymentSpec, run: Run) -> tuple[Gate, ...]:
        """Return the gates of the repository."""
        del run
        return self.gates.get(spec.repo, ())

    def review(
        self, spec: DeploymentSpec, run: Run, gates: Sequence[Gate], *, approve: bool, comment: str
    ) -> Sequence[Verdict]:
        """Record the review."""
        del run
        verdicts = self.on_review(gates)
        self.reviewed.append((spec.repo, approve, comment))
        state = GateState.APPROVED if approve else GateState.REJECTED
        return verdicts or [Verdict(gate, state) for gate in gates]


class DeskScreen(Screen):
    """A screen with or without a person, which records what is said and asked."""

    def __init__(self) -> None:
        super().__init__(color=False)
        self.person = False
        self.answer: bool | BaseException = True
        self.choice: Callable[[PendingReview], bool] = lambda _: True
        self.asked: list[str] = []
        self.said: list[str] = []

    @property
    def interactive(self) -> bool:
        """Return whether a person is there."""
        return self.person

    def say(self, text: str, style: str = "") -> None:
        """Record the text."""
        del style
        self.said.append(text)

    def note(self, text: str) -> None:
        """Record a note."""
        self.said.append(text)

    def confirm(self, question: str) -> bool:
        """Answer the question."""
        return self._answer(question)

    def type_word(self, word: str, purpose: str) -> bool:
        """Answer as if the word, or another one, were typed."""
        return self._answer(f"{purpose}: {word}")

    def choose(self, waiting: Sequence[PendingReview]) -> tuple[PendingReview, ...]:
        """Choose among what waits for a review."""
        return tuple(filter(self.choice, waiting))

    def _answer(self, question: str) -> bool:
        self.asked.append(question)
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


@dataclass(frozen=True, slots=True)
class DeskSession(Session):
    """A session whose runners are in memory."""

    hosts: DeskRunners = field(default_factory=DeskRunners)

    def runners(self, listener: Listener | None = None) -> Any:
        """Return the runners."""
        del listener
        return self.hosts


class Desk:
    """A workspace with an `api` and a `web`, and what remains of it between commands.

    `change` modifies the workspace that the next command reads from the configuration.
    """

    def __init__(self, root: Path, *, deploys: Deploy | None = None) -> None:
        self.root = root
        self.git = DeskGit("api", "web")
        self.git.deploy = deploys
        self.hosts = DeskRunners()
        self.screen = DeskScreen()
        self.change: Callable[[Workspace], Workspace] = lambda space: space
        self._commands = 0

    def session(self) -> DeskSession:
        """Return the session of the next command, a minute later."""
        self._commands += 1
        for repo in self.git.repos.values():
            repo.shared_fetched = False  # a command knows nothing of the fetches of an earlier one
        space = self.change(replace(self.git.workspace, root=self.root))
        git: Any = self.git
        return DeskSession(
            workspace=space,
            screen=self.screen,
            git=git,
            files=WorkspaceFiles(space),
            start_time=StartTime(NOON + timedelta(minutes=self._commands), f"{self._commands:04x}"),
            jobs=2,
            hosts=self.hosts,
        )

    # What commands do

    def promote(self, consent: Consent = YES, *repos: str, wait: bool = True) -> Ended:
        """Promote from dev to stg."""
        session = self.session()
        space = session.workspace
        hops = (hop(space, space.stage("dev"), space.stage("stg"), None, forward=True),)
        chosen = self._repos(space, repos)
        request = MergeRequest("promote", session.start_time, hops, chosen, wait=wait)
        return merge(session, request, consent)

    def backmerge(self, consent: Consent = YES) -> Ended:
        """Merge what is on stg and not on dev back into dev."""
        session = self.session()
        space = session.workspace
        hops = hops_down(space, "stg", space.repos)
        return merge(
            session, MergeRequest("backmerge", session.start_time, hops, space.repos), consent
        )

    def push(self, consent: Consent = YES) -> Ended:
        """Push dev."""
        session = self.session()
        space = session.workspace
        request = PushRequest(space.stage("dev"), "feat: work", session.start_time, space.repos)
        return push(session, request, consent)

    def deploy(self, consent: Consent = YES, *, failed: bool = False, **options: Any) -> Ended:
        """Deploy what is on stg, or what the request's `options` say."""
        session = self.session()
        stage = session.workspace.stage("stg")
        request = DeployRequest(stage, session.start_time, session.workspace.repos, **options)
        return deploy(session, request, consent, failed=failed)

    # What stays

    @property
    def records(self) -> list[Record]:
        """Return the log's records, oldest first."""
        return list(reversed(list(WorkspaceFiles(self._space).log.newest())))

    @property
    def unfinished(self) -> tuple[str, ...]:
        """Return the unfinished operations."""
        return WorkspaceFiles(self._space).unfinished()

    @contextmanager
    def killed(self, *pushes: str) -> Iterator[None]:
        """Make the process die at the push of one of these repositories."""
        for name in pushes:
            self.git[name].remote.next_push = _die
        try:
            yield
        except KilledError:
            pass
        else:
            raise AssertionError("nothing was killed")

    @property
    def _space(self) -> Workspace:
        return replace(self.git.workspace, root=self.root)

    @staticmethod
    def _repos(space: Workspace, names: Sequence[str]) -> tuple[Repo, ...]:
        return tuple(repo for repo in space.repos if not names or repo.name in names)


class KilledError(BaseException):
    """The process was killed."""


def _die(*_: object) -> Any:
    raise KilledError
