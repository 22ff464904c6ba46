"""Whether a plan may run: what the command line confirms, and what a person still has to."""

from __future__ import annotations

from dataclasses import dataclass

from multigit.core.planning.overrides import NOTHING_OVERRIDDEN, Override
from multigit.core.planning.plan import Plan
from multigit.core.values.agreement import ChecklistState, ConsentState
from multigit.core.values.problem import Problem
from multigit.core.values.workspace import Confirm
from multigit.phrase import Phrase


@dataclass(frozen=True, slots=True)
class Consent:
    """What the command line confirms."""

    dry_run: bool = False
    yes: bool = False
    confirm: str | None = None
    checklist_done: bool = False
    accept_doubt: bool = False
    override: Override = NOTHING_OVERRIDDEN


def given_by_option(plan: Plan, consent: Consent) -> ConsentState | None:
    """Return how the command line confirms the plan; None if a person has to be asked.

    --confirm NAME includes --yes.
    """
    if plan.confirm is Confirm.NONE:
        return ConsentState.NOT_REQUIRED
    if consent.confirm == plan.word:
        return ConsentState.CONFIRM
    return ConsentState.YES if consent.yes and plan.confirm is Confirm.YES else None


def checklist_by_option(plan: Plan, consent: Consent) -> ChecklistState | None:
    """Return the state of the plan's checklist if no one is asked; None: it has no checklist."""
    if not plan.checklist:
        return None
    return ChecklistState.BY_OPTION if consent.checklist_done else ChecklistState.NOT_TICKED


def missing_consent(plan: Plan, consent: Consent, *, interactive: bool) -> Problem | None:
    """Return why the command line does not allow the plan to run, or None.

    If `interactive`, a person can still be asked.
    """
    option = f"--confirm {plan.word}" if plan.confirm is Confirm.NAME else "--yes"
    if consent.confirm and consent.confirm != plan.word:
        return Problem(
            "confirmation_differs",
            f"--confirm {consent.confirm} does not name the stage {plan.word}. "
            "Nothing was changed.",
            f"Pass {option}.",
        )
    if given_by_option(plan, consent) or interactive:
        return None
    hint = f"To confirm, pass {option}."
    if consent.yes:
        hint = f"{plan.word} must be confirmed by name: pass {option} (--yes is not enough)."
    if plan.checklist and not consent.checklist_done:
        hint = Phrase(hint, " If the checklist is done, also pass --checklist-done.")
    return Problem(
        "confirmation_needed",
        "Cannot ask for confirmation: no interactive terminal. Nothing was changed.",
        hint,
    )
