"""Loading what the question after a plan requires, while the plan is being made."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multigit.operation.session import Session


def load_ahead(session: Session) -> None:
    """Import the libraries for questions and notifications in the background.

    They take longer than a person expects a question to take after the plan.
    """
    if session.screen.interactive:
        Thread(target=_load, args=(session,), name="loading", daemon=True).start()


def _load(session: Session) -> None:
    session.screen.load_questions()
    if session.workspace.notifications.addresses:
        from multigit.adapters.notify import apprise

        apprise.load()
