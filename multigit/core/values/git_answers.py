"""What is asked of one repository, and what it answers: the words of the git port."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RefQuery:
    """Branches by name and tags by pattern (`deploy-*`) that a command wants to know about."""

    branches: tuple[str, ...]
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signature:
    """What a commit or tag says beside its content; `date` is in git's form "seconds +zone"."""

    message: str
    date: str


@dataclass(frozen=True, slots=True)
class Publication:
    """A ref of the remote, the value it must still hold (empty: absent) and the one it gets."""

    ref: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Merged:
    """A merge's result: `commit` when there is one to publish, else the reason in the others.

    `tree` without `commit` means that ours already holds the content, or that no signature was
    given to make a commit with, or with conflict markers in it, that it is `conflicted`; `files`
    counts the paths that change on ours. A merge can be `conflicted` without a path in `conflicts`:
    where one side splits a directory, for one.
    """

    commit: str = ""
    tree: str = ""
    files: int = 0
    conflicted: bool = False
    conflicts: tuple[str, ...] = ()
    unrelated: bool = False


@dataclass(frozen=True, slots=True)
class PushReport:
    """What a push said. Only `accepted` with every ref named as done is believed.

    `final` is False when the connection broke off: then the server may still act on it. `sent` is
    False when nothing went out that a server could act on, which has to be known; `faster` tells
    that somebody else moved a ref meanwhile. `code` and `hint` say more where the reason is one
    that we know.
    """

    accepted: bool
    reason: str = ""
    final: bool = True
    sent: bool = True
    faster: bool = False
    code: str = ""
    hint: str = ""
