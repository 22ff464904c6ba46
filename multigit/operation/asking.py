"""Confirmation of a plan: by option, by an answer at the terminal, or not at all."""

from __future__ import annotations

from multigit.core.planning.consent import (
    Consent,
    checklist_by_option,
    given_by_option,
    missing_consent,
)
from multigit.core.planning.plan import Plan
from multigit.core.progress.outcome import Report, cancelled, refused
from multigit.core.values.agreement import Actor, Agreement, ChecklistState, ConsentState
from multigit.core.values.workspace import Confirm, Stage
from multigit.errors import RefusedError
from multigit.operation.ports import Terminal


def agree(planned: Report, consent: Consent, screen: Terminal, actor: Actor) -> Agreement | Report:
    """Return how the plan is confirmed, or the report of an operation that is not."""
    plan = planned.plan
    if missing := missing_consent(plan, consent, interactive=screen.interactive):
        return refused(planned, missing)
    given, ticks = given_by_option(plan, consent), checklist_by_option(plan, consent)
    try:
        if given is None:
            open_items = ticks is ChecklistState.NOT_TICKED
            if (open_items and not _ticked(plan, screen)) or not _answered(plan, screen):
                return cancelled(planned, interrupted=False)
            given, ticks = ConsentState.TERMINAL, ChecklistState.TICKED if open_items else ticks
    except KeyboardInterrupt:
        return cancelled(planned, interrupted=True)
    except EOFError:  # the terminal went away
        missing = missing_consent(plan, consent, interactive=False)
        return refused(planned, missing) if missing else cancelled(planned, interrupted=False)
    if ticks in {ChecklistState.NOT_TICKED, ChecklistState.BY_OPTION}:
        how = "confirmed by option" if ticks is ChecklistState.BY_OPTION else "not checked off"
        screen.note(f"Checklist {how}: {'; '.join(plan.checklist)}.")
    return Agreement(given, ticks, None if given is ConsentState.NOT_REQUIRED else actor)


def _ticked(plan: Plan, screen: Terminal) -> bool:
    if screen.check_off(plan.checklist):
        return True
    screen.note("Not every item of the checklist is checked off.")
    return False


def _answered(plan: Plan, screen: Terminal) -> bool:
    if plan.confirm is not Confirm.NAME:
        return screen.confirm("Continue?")
    if screen.type_word(plan.word, plan.command):
        return True
    screen.note(f"That was not {plan.word}.")
    return False


def ask_message(screen: Terminal, given: str | None, *, wanted_by: Stage | None) -> str | None:
    """Return the given message, or ask for one where a stage requires it.

    Without a terminal nothing is asked. Raises RefusedError when the answer is empty.
    """
    if given is not None or wanted_by is None or not screen.interactive:
        return given
    try:
        typed = screen.type_message(wanted_by.name)
    except EOFError:  # the terminal went away
        return given
    if not typed:
        raise RefusedError("Cancelled: no message. Nothing was changed.", code="cancelled")
    return typed
