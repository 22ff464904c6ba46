"""Whether a plan may run: what the command line agrees to, and what a person still has to."""

from __future__ import annotations

from dataclasses import dataclass

from multigit.core.planning.plan import Plan
from multigit.core.values.agreement import ChecklistState, ConsentState
from multigit.core.values.problem import Problem
from multigit.core.values.workspace import Confirm


@dataclass(frozen=True, slots=True)
class Consent:
    """What the command line already agrees to."""

    dry_run: bool = False
    yes: bool = False
    confirm: str | None = None
    checklist_done: bool = False


def given_by_option(plan: Plan, consent: Consent) -> ConsentState | None:
    """Return how the command line agrees to the plan, None when somebody has to be asked.

    --confirm NAME includes --yes.
    """
    if plan.confirm is Confirm.NONE:
        return ConsentState.NOT_REQUIRED
    if consent.confirm == plan.word:
        return ConsentState.CONFIRM
    return ConsentState.YES if consent.yes and plan.confirm is Confirm.YES else None


def ticked_by_option(plan: Plan, consent: Consent) -> ChecklistState | None:
    """Return what is known of the plan's checklist where nobody ticks it; None without one."""
    if not plan.checklist:
        return None
    return ChecklistState.BY_OPTION if consent.checklist_done else ChecklistState.NOT_TICKED


def missing_consent(plan: Plan, consent: Consent, *, interactive: bool) -> Problem | None:
    """Return why the plan may not run as the command line stands, when nobody can be asked."""
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
    hint = f"To agree beforehand pass {option}."
    if plan.checklist and not consent.checklist_done:
        hint = f"{hint} If the checklist is done, also --checklist-done."
    if consent.yes:
        hint = f"--yes does not count for {plan.word}, whose name has to be typed. {hint}"
    return Problem("confirmation_needed", "There is nobody to ask. Nothing was changed.", hint)
