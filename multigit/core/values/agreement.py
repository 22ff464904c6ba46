"""Who ran an operation, who agreed to it and how: what journals and the log keep of people."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    """What runs multigit, as far as its environment says."""

    PERSON = "person"  # nothing says otherwise
    CI = "ci"
    AGENT = "agent"  # an automated one


@dataclass(frozen=True, slots=True)
class Actor:
    """Who ran an operation: git identity, login name, host, and what kind; empty: unknown."""

    identity: str
    user: str
    host: str
    kind: ActorKind | None = None


class ConsentState(StrEnum):
    """How a plan was agreed to."""

    TERMINAL = "terminal"  # somebody answered the question
    YES = "yes"  # by --yes
    CONFIRM = "confirm"  # by --confirm
    NOT_REQUIRED = "not_required"  # nothing is asked
    NOT_GIVEN = "not_given"  # nobody agreed, so nothing was done
    UNKNOWN = "unknown"  # an earlier version kept no note of it


class ChecklistState(StrEnum):
    """What became of a checklist."""

    TICKED = "ticked"  # each item, at a terminal
    BY_OPTION = "confirmed_by_option"  # by --checklist-done
    NOT_TICKED = "not_ticked"  # nobody was asked, or not every item was ticked


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a plan was agreed to, by whom, and what became of its checklist (None: it has none)."""

    consent: ConsentState = ConsentState.NOT_GIVEN
    checklist: ChecklistState | None = None
    actor: Actor | None = None


ASKS_NOTHING = Agreement(ConsentState.NOT_REQUIRED)
NOT_NOTED = Agreement(ConsentState.UNKNOWN)
