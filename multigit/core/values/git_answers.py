"""What one repository is asked, and what it answers: the values of the git port."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RefQuery:
    """Branches by name and tags by pattern (`deploy-*`) that a command wants to know about."""

    branches: tuple[str, ...]
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signature:
    """What a commit or tag says besides its content; `date` is in git's form "seconds +zone"."""

    message: str
    date: str


@dataclass(frozen=True, slots=True)
class Publication:
    """A ref of the remote, the value that it must still have (empty: absent), and its new one."""

    ref: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Merged:
    """A merge's result: `commit` if there is one to publish; else the other fields say why not.

    `tree` without `commit` means that ours already has the content, that there was no signature to
    make a commit with, or that the merge is `conflicted`, with conflict markers in the tree;
    `files` counts the paths that change on ours. A merge can be `conflicted` without a path in
    `conflicts`, for example if one side splits a directory.
    """

    commit: str = ""
    tree: str = ""
    files: int = 0
    conflicted: bool = False
    conflicts: tuple[str, ...] = ()
    unrelated: bool = False


@dataclass(frozen=True, slots=True)
class PushReport:
    """What a push reported. Only `accepted` with every ref named as done is believed.

    `final` is False if the connection broke off: then the server may still carry it out. `sent` is
    False only if it is certain that nothing was sent that a server could carry out; `faster` is
    True if someone else moved a ref meanwhile. `code` and `hint` say more if the reason is a known
    one.
    """

    accepted: bool
    reason: str = ""
    final: bool = True
    sent: bool = True
    faster: bool = False
    code: str = ""
    hint: str = ""
