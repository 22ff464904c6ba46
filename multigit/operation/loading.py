"""Loading what the question and the deployments require, while the plan is being made."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Thread
from typing import TYPE_CHECKING

from multigit.core.values.deploy_config import GithubRunner
from multigit.core.values.workspace import Repo, Stage

if TYPE_CHECKING:
    from multigit.operation.session import Session


def load_ahead(session: Session) -> None:
    """Import the libraries for questions and notifications in the background.

    They take longer than a person expects a question to take after the plan.
    """
    if session.screen.interactive:
        Thread(target=_load, args=(session,), name="loading", daemon=True).start()


def load_hosts_ahead(session: Session, stage: Stage, repos: Sequence[Repo]) -> None:
    """Import the library for GitHub in the background, if a workflow deploys one of these.

    That would otherwise delay the first deployment, after the fetches.
    """
    deploys = (session.workspace.deploy(repo, stage) for repo in repos)
    if any(deploy and isinstance(deploy.runner, GithubRunner) for deploy in deploys):
        Thread(target=_load_github, name="loading", daemon=True).start()


def _load_github() -> None:
    from multigit.adapters.github import requester, runs  # noqa: F401


def _load(session: Session) -> None:
    session.screen.load_questions()
    if session.workspace.notifications.addresses:
        from multigit.adapters.notify import apprise

        apprise.load()
