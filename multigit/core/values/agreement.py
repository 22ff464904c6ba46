"""Who ran an operation, who confirmed it and how: what journals and the log keep about people."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    """What runs multigit, according to its environment."""

    PERSON = "person"  # unless something says otherwise
    CI = "ci"
    AGENT = "agent"  # an automated one


@dataclass(frozen=True, slots=True)
class Actor:
    """Who ran an operation: git identity, login name, host, and kind; empty: unknown."""

    identity: str
    user: str
    host: str
    kind: ActorKind | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """Something in the way of an operation that a person accepted: the problem's code and sentence.

    `about` is the key of the deployment whose result is unknown, or empty; `reason` is why a rule
    was overridden, or empty.
    """

    code: str = ""
    repo: str = ""
    message: str = ""
    about: str = ""
    reason: str = ""


class ConsentState(StrEnum):
    """How a plan was confirmed."""

    TERMINAL = "terminal"  # by an answer
    YES = "yes"  # by --yes
    CONFIRM = "confirm"  # by --confirm
    NOT_REQUIRED = "not_required"  # there is no question
    CONFIGURED = "configured"  # by the configuration: a roll-back that on_unhealthy asks for
    NOT_GIVEN = "not_given"  # it was not, so nothing was done
    UNKNOWN = "unknown"  # an earlier version did not record it


class ChecklistState(StrEnum):
    """What became of a checklist."""

    TICKED = "ticked"  # every item was checked off at a terminal
    BY_OPTION = "confirmed_by_option"  # by --checklist-done
    NOT_TICKED = "not_ticked"  # it was not shown, or not every item was checked off


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a plan was confirmed, by whom, and what became of its checklist (None: it has none)."""

    consent: ConsentState = ConsentState.NOT_GIVEN
    checklist: ChecklistState | None = None
    actor: Actor | None = None


ASKS_NOTHING = Agreement(ConsentState.NOT_REQUIRED)
NOT_NOTED = Agreement(ConsentState.UNKNOWN)
BY_CONFIGURATION = Agreement(ConsentState.CONFIGURED)
