"""Whether a plan may run: agreed on the command line, asked for, or refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.planning.consent import (
    Consent,
    given_by_option,
    missing_consent,
    ticked_by_option,
)
from multigit.core.planning.plan import Plan
from multigit.core.values.agreement import ChecklistState, ConsentState
from multigit.core.values.problem import Problem
from multigit.core.values.workspace import Confirm
from tests.core.builders import plan, to_publish

ASKS_NOBODY = replace(plan(to_publish()), confirm=Confirm.NONE)
ASKS_YES = replace(plan(to_publish()), confirm=Confirm.YES)
ASKS_NAME = replace(plan(to_publish()), confirm=Confirm.NAME)

NOTHING = Consent()
YES = Consent(yes=True)
NAMED = Consent(confirm="stg")
OTHER = Consent(yes=True, confirm="main")


@pytest.mark.parametrize(
    ("consent", "to_nobody", "to_yes", "to_name"),
    [
        (NOTHING, True, False, False),
        (YES, True, True, False),
        (NAMED, True, True, True),
        (Consent(confirm="main"), True, False, False),
    ],
)
def test_consent_fits_the_risk(
    consent: Consent,
    to_nobody: bool,  # noqa: FBT001
    to_yes: bool,  # noqa: FBT001
    to_name: bool,  # noqa: FBT001
) -> None:
    """The typed name includes a yes; a yes is not the typed name."""
    plans = (ASKS_NOBODY, ASKS_YES, ASKS_NAME)
    agreed = tuple(bool(given_by_option(each, consent)) for each in plans)
    assert agreed == (to_nobody, to_yes, to_name)


@pytest.mark.parametrize(
    ("it", "consent", "hint"),
    [
        (ASKS_YES, NOTHING, "To agree beforehand pass --yes."),
        (ASKS_NAME, NOTHING, "To agree beforehand pass --confirm stg."),
        (
            ASKS_NAME,
            YES,
            (
                "--yes does not count for stg, whose name has to be typed. "
                "To agree beforehand pass --confirm stg."
            ),
        ),
    ],
)
def test_without_a_terminal_the_option_to_pass_is_named(
    it: Plan, consent: Consent, hint: str
) -> None:
    """Nothing ever waits for an answer that cannot come; who passed --yes learns why it is no."""
    assert missing_consent(it, consent, interactive=False) == Problem(
        "confirmation_needed",
        "There is nobody to ask. Nothing was changed.",
        hint,
    )
    assert missing_consent(it, consent, interactive=True) is None


@pytest.mark.parametrize(
    ("it", "consent"),
    [(ASKS_NOBODY, NOTHING), (ASKS_YES, YES), (ASKS_YES, NAMED), (ASKS_NAME, NAMED)],
)
def test_what_was_agreed_to_needs_no_terminal(it: Plan, consent: Consent) -> None:
    """A job without a terminal runs."""
    assert missing_consent(it, consent, interactive=False) is None


@pytest.mark.parametrize("interactive", [False, True])
@pytest.mark.parametrize(
    ("it", "option"), [(ASKS_NOBODY, "--yes"), (ASKS_YES, "--yes"), (ASKS_NAME, "--confirm stg")]
)
def test_another_stages_name_is_refused(
    it: Plan,
    option: str,
    interactive: bool,  # noqa: FBT001
) -> None:
    """Who names main did not mean stg, whatever else was passed."""
    assert missing_consent(it, OTHER, interactive=interactive) == Problem(
        "confirmation_differs",
        "--confirm main does not name the stage stg. Nothing was changed.",
        f"Pass {option}.",
    )


def test_to_agree_to_nothing_is_the_default() -> None:
    """No dry run, no yes, no name."""
    assert Consent() == Consent(dry_run=False, yes=False, confirm=None)


@pytest.mark.parametrize(
    ("it", "consent", "given"),
    [
        (ASKS_NOBODY, YES, ConsentState.NOT_REQUIRED),
        (ASKS_NOBODY, NAMED, ConsentState.NOT_REQUIRED),
        (ASKS_YES, YES, ConsentState.YES),
        (ASKS_YES, NAMED, ConsentState.CONFIRM),
        (ASKS_YES, Consent(yes=True, confirm="stg"), ConsentState.CONFIRM),
        (ASKS_NAME, NAMED, ConsentState.CONFIRM),
        (ASKS_NAME, YES, None),
        (ASKS_YES, NOTHING, None),
    ],
)
def test_the_option_that_agreed_is_known(
    it: Plan, consent: Consent, given: ConsentState | None
) -> None:
    """None of them where somebody has to be asked."""
    assert given_by_option(it, consent) is given


def test_only_its_own_option_confirms_a_checklist() -> None:
    """Neither --yes nor --confirm says that anything was done; without a list there is nothing."""
    listed = replace(ASKS_NAME, checklist=("Staging is verified",))
    for consent in (NOTHING, YES, NAMED):
        assert ticked_by_option(listed, consent) is ChecklistState.NOT_TICKED
        assert ticked_by_option(ASKS_NAME, consent) is None
    done = Consent(confirm="stg", checklist_done=True)
    assert ticked_by_option(listed, done) is ChecklistState.BY_OPTION
    assert ticked_by_option(ASKS_NAME, done) is None
    assert given_by_option(listed, Consent(checklist_done=True)) is None


def test_a_checklist_is_named_beside_the_option_to_pass() -> None:
    """Until it is passed."""
    listed = replace(ASKS_NAME, checklist=("Staging is verified",))
    for done in (False, True):
        missing = missing_consent(listed, Consent(checklist_done=done), interactive=False)
        assert missing
        assert ("--checklist-done" in missing.hint) is not done
