"""The facts about a step that moves a branch: to plan, show, undo and report it."""

from __future__ import annotations

from dataclasses import dataclass

from multigit.core.values.commits import PendingCommits


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """The facts about a step that moves a branch.

    It moves the branch of `stage` to the commit `goal` (empty: not known yet) if the remote still
    has `lease` (empty: no such branch; None: what planning saw there). `own` is True for a person's
    own commits, which an undo leaves in the local branch. `brings` are the commits that are
    published, if they already exist.

    The rest is what people read: what is done, in `words`, with `into` before the name of the
    stage; from where to where, `before` and `after`; how many `commits` and `files` (None: not
    shown), or how many the stage loses, `leaves`; and the `subject`, if `brings` has none.
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
    leaves: int = 0
    files: int | None = None
    brings: PendingCommits | None = None
    subject: str = ""
