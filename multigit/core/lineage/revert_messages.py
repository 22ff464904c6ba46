"""What commit messages say about reverts: what they revert, and what a person accepted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

ACCEPTS = "Accepts-revert"  # the trailer of a merge that a person accepted
ROLLS_BACK = "Rolls-back-to"  # of a commit that restores the tree of an earlier one, which it names
REAPPLIES = "Reapplies"  # of a commit that brings back what another one reverted, which it names

# What `git revert` writes; for a merge it names the parent to which the content returned.
_REVERTS = re.compile(
    r"^This reverts commit ([0-9a-f]{7,64})(?:,\s+reversing\s+changes made to ([0-9a-f]{7,64}))?",
    re.MULTILINE,
)
# What git and the hosts' revert buttons write, with or without the id of a commit.
_SAYS_SO = re.compile(
    r"""^(?:merged\ pr\ \d+:\ )?
    (?: revert(?:s|ed)?\ ["'“`]                       # Revert "feat: pay"
      | revert(?:\([^)]*\))?!?:                       # revert: feat: pay
      | reverts:?\ [\w./-]*[#!]\d+                    # Reverts acme/api#12, Reverts !12
      | (?:this\ reverts|revert(?:s|ed|\ of)?)\ (?:commit|merge\ request|pull\ request|pr)\b
      | reapply\ "revert\ "
      | rolls-back-to:\ [0-9a-f]{40,64}\r?$           # multigit's own trailer
    )""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
# Lines may end in CR LF, if a host or an editor wrote the message again.
_REAPPLIED = re.compile(rf"^{REAPPLIES}: ([0-9a-f]{{40,64}})\r?$", re.MULTILINE)
_ROLLED_BACK = re.compile(rf"^{ROLLS_BACK}: ([0-9a-f]{{40,64}})\r?$", re.MULTILINE)
_ACCEPTED = re.compile(rf"^{ACCEPTS}: ([0-9a-f]{{40,64}})\r?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Span:
    """History that a message names: everything that `newer` has and `older` lacks."""

    older: str
    newer: str


def reverted_spans(message: str) -> tuple[Span, ...]:
    """Return the history that a commit reverts, as its message names it by commit ids."""
    return tuple(Span(mainline or f"{sha}^", sha) for sha, mainline in _REVERTS.findall(message))


def says_revert(message: str) -> bool:
    """Return whether a message calls its commit a revert, in the words of git or of a host."""
    return _SAYS_SO.search(message) is not None


def accepted_in(message: str) -> tuple[str, ...]:
    """Return the reverts that a merge's message accepts."""
    return tuple(_ACCEPTED.findall(message))


def rolling_back(message: str, to: str) -> str:
    """Return the message of a commit that restores the tree of the commit `to`."""
    return f"{message.rstrip()}\n\n{ROLLS_BACK}: {to}"


def rolled_back_to(message: str) -> str:
    """Return the commit whose tree a commit restores, as its trailer says; or empty."""
    found = _ROLLED_BACK.findall(message)
    return found[-1] if found else ""


def reapplying(branch: str, shas: Sequence[str]) -> str:
    """Return the message of a commit that brings back what these commits of a branch rolled back.

    In git's own words, so that others understand it, too.
    """
    named = "\n".join(f"This reverts commit {sha}." for sha in shas)
    trailers = "\n".join(f"{REAPPLIES}: {sha}" for sha in shas)
    return f"Reapply what was rolled back on {branch}\n\n{named}\n\n{trailers}"


def reapplied_in(message: str) -> tuple[str, ...]:
    """Return the commits whose work a message says that its commit brings back."""
    return tuple(_REAPPLIED.findall(message))


def accepting(message: str, shas: Sequence[str] = ()) -> str:
    """Return a merge's message with a trailer for each of these reverts, and for no other."""
    body = re.sub(rf"\n*^{ACCEPTS}: .*$", "", message, flags=re.MULTILINE).rstrip()
    trailers = "\n".join(f"{ACCEPTS}: {sha}" for sha in shas)
    return f"{body}\n\n{trailers}" if trailers else body
