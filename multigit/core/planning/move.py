"""What is to be known of a step that moves a branch, to plan, show, undo and report it."""

from __future__ import annotations

from dataclasses import dataclass

from multigit.core.values.commits import PendingCommits


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What is to be known of a step that moves a branch.

    It moves the branch of `stage` to the commit `goal`, empty where that is not known yet, while
    the remote still holds `lease` (empty: no such branch; None: what was seen there). Commits of
    the person's `own` stay in the local branch when they are taken back. `brings` are those that
    arrive, where they have names by now.

    People read `words`, with `into` before the stage where it is named, and in a table that the
    branch goes from `before` to `after`, with so many `commits` and `files` (None: not told), and
    what they are about: the newest that arrives, or else the `subject`.
    """

    stage: str
    goal: str
    lease: str | None
    own: bool
    words: str
    into: str = ""
    before: str
    after: str
    commits: int | None = None
    files: int | None = None
    brings: PendingCommits | None = None
    subject: str = ""
