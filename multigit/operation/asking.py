"""Confirmation of a plan: by option, by an answer at the terminal, or not at all.

What a plan lacks, such as its message, is asked for once the plan was shown, and before that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from multigit.core.planning.checks import check_message, without_controls
from multigit.core.planning.consent import (
    Consent,
    checklist_by_option,
    given_by_option,
    missing_consent,
)
from multigit.core.planning.plan import Plan
from multigit.core.planning.proposal import proposed_message
from multigit.core.planning.routes import message_required
from multigit.core.progress.outcome import Report, cancelled, refused
from multigit.core.values.agreement import Accepted, Actor, Agreement, ChecklistState, ConsentState
from multigit.core.values.problem import Problem
from multigit.core.values.pushed import skip_instruction
from multigit.core.values.workspace import Confirm, Stage
from multigit.errors import UsageError
from multigit.operation.ports import Terminal
from multigit.phrase import Phrase

TRIES = 3  # for one answer
VERBS = {"rollback": "roll back", "backmerge": "merge back"}  # where a command is not one


def agree(planned: Report, consent: Consent, screen: Terminal, actor: Actor) -> Agreement | Report:
    """Return how the plan is confirmed, or the report of an operation that is not."""
    plan = planned.plan
    if missing := missing_consent(plan, consent, interactive=screen.interactive):
        return refused(planned, missing)
    given, ticks = given_by_option(plan, consent), checklist_by_option(plan, consent)
    try:
        if given is None:
            open_items = ticks is ChecklistState.NOT_TICKED
            if open_items and not _checked_off(plan.checklist, screen):
                return cancelled(planned, interrupted=False)
            if not confirmed(plan, screen, VERBS.get(plan.command, plan.command), "Continue?"):
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


def _checked_off(checklist: Sequence[str], screen: Terminal) -> bool:
    """Ask again while items are open; those that were checked off stay so."""
    checked: Collection[int] = ()
    for _ in range(TRIES):
        answer = screen.check_off(checklist, checked)
        if answer is None:
            return False
        checked = answer
        left = [item for number, item in enumerate(checklist) if number not in checked]
        if not left:
            screen.note("Every item of the checklist is checked off.")
            return True
        screen.note(f"Still open: {'; '.join(left)}.")
    return False


def confirmed(plan: Plan, screen: Terminal, purpose: str, question: str) -> bool:
    """Ask for the confirmation that the plan's stage requires: its name, or an answer."""
    if plan.confirm is not Confirm.NAME:
        return agreed(screen, question)
    return _in_tries(
        lambda: screen.type_word(plan.word, purpose), screen, f"That was not {plan.word}."
    )


def agreed(screen: Terminal, question: str) -> bool:
    """Ask for yes or no; no answer is a no."""
    return _in_tries(lambda: screen.confirm(question), screen, "Answer y or n.")


def _in_tries(ask: Callable[[], bool | None], screen: Terminal, mistyped: str) -> bool:
    """Ask again after an answer that is neither yes nor no; a slip is not a decision."""
    for _ in range(TRIES):
        if (answer := ask()) is not None:
            return answer
        screen.note(mistyped)
    return False


@dataclass(frozen=True, slots=True)
class Doubts:
    """Earlier deployments that may still be running, as notes for when a person accepts that.

    `declined` returns the plan if the person does not.
    """

    notes: tuple[Accepted, ...]
    declined: Callable[[], Plan]

    def accepted_in(self, plan: Plan) -> Plan:
        """Return the plan, which says now that they are accepted."""
        about = tuple(each.about for each in self.notes)
        return replace(plan, accepted=(*plan.accepted, *self.notes), accepted_now=about)


@dataclass(frozen=True, slots=True)
class HeldStage:
    """A held stage, the note for when a person releases it, and the problem if no one can."""

    stage: str
    note: Accepted
    problem: Problem

    def released_in(self, plan: Plan) -> Plan:
        """Return the plan, which says now that the hold is released."""
        return replace(plan, accepted=(*plan.accepted, self.note))


def releases_hold(screen: Terminal, held: HeldStage) -> bool:
    """Return whether a person releases a hold, having seen what goes out again.

    Raises EOFError if the terminal is gone.
    """
    return agreed(screen, f"{held.stage} is held. Release the hold, and let this go out?")


def accepts_doubts(screen: Terminal, stage: str, doubts: Doubts) -> bool:
    """Return whether a person deploys although an earlier deployment may still be running."""
    repos = dict.fromkeys(each.repo for each in doubts.notes)
    running = f"An earlier deployment may still be running: {', '.join(repos)}."
    with suppress(EOFError):  # the terminal went away
        return agreed(screen, f"{running} Deploy {_these(repos)} to {stage} anyway?")
    return False


def _these(repos: Collection[str]) -> str:
    """Return how a question refers to repositories that it has named."""
    return "these" if len(repos) > 1 else next(iter(repos), "")


def asked_later(screen: Terminal, given: str | None, strict: Stage | None) -> bool:
    """Return whether the message is asked for after the plan: it is missing, and a person is here.

    `strict` is the stage that requires one, if any.
    """
    return given is None and strict is not None and screen.interactive


def _keeps_from_starting(plan: Plan, message: str) -> str:
    """Return what a message does to deployments that the push is to start, or empty."""
    instruction, _ = skip_instruction(message)
    by_push = any(step.runner.by_push for repo in plan.planned() for step in repo.deploys())
    return f"With {instruction}, the push starts no workflow." if instruction and by_push else ""


def message_for(planned: Report, screen: Terminal, strict: Stage) -> str | Report:
    """Return the message that a stage requires, or the report of an operation that gets none."""
    proposal = proposed_message(planned.plan)
    try:
        for _ in range(TRIES):
            if not (typed := screen.type_message(strict.name, proposal)):
                break
            try:
                check_message(typed)
            except UsageError as error:
                screen.note(Phrase(error.message, " ", error.hint))
                proposal = without_controls(typed)
            else:
                if note := _keeps_from_starting(planned.plan, typed):
                    screen.note(note)
                return typed
    except KeyboardInterrupt:
        return cancelled(planned, interrupted=True)
    except EOFError:  # the terminal went away
        return refused(planned, Problem.of(message_required(strict)))
    return cancelled(planned, interrupted=False)
