"""Whether a plan may run: what the command line agrees to, and what a person still has to."""

from __future__ import annotations

from dataclasses import dataclass

from multigit.core.plan import Plan
from multigit.core.problem import Problem
from multigit.core.workspace import Confirm


@dataclass(frozen=True, slots=True)
class Consent:
    """What the command line already agrees to."""

    dry_run: bool = False
    yes: bool = False
    confirm: str | None = None


def agreed_beforehand(plan: Plan, consent: Consent) -> bool:
    """Tell whether nothing has to be asked. --confirm NAME includes --yes."""
    if plan.confirm is Confirm.NONE:
        return True
    return consent.confirm == plan.word or (consent.yes and plan.confirm is Confirm.YES)


def missing_consent(plan: Plan, consent: Consent, *, interactive: bool) -> Problem | None:
    """Return why the plan may not run as the command line stands, when nobody can be asked."""
    option = f"--confirm {plan.word}" if plan.confirm is Confirm.NAME else "--yes"
    if consent.confirm and consent.confirm != plan.word:
        return Problem(
            "confirmation_differs",
            f"--confirm {consent.confirm} does not name the stage {plan.word}.",
            f"Pass {option}.",
        )
    if agreed_beforehand(plan, consent) or interactive:
        return None
    hint = f"To agree beforehand pass {option}."
    if consent.yes:
        hint = f"--yes does not count for {plan.word}, whose name has to be typed. {hint}"
    return Problem(
        "confirmation_needed", "There is no terminal to ask at. Nothing was changed.", hint
    )
