"""Whether a plan may run: confirmed by option, confirmed by a person, or refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.planning.consent import (
    Consent,
    checklist_by_option,
    given_by_option,
    missing_consent,
)
from multigit.core.planning.plan import Plan
from multigit.core.values.agreement import ChecklistState, ConsentState
from multigit.core.values.problem import Problem
from multigit.core.values.workspace import Confirm
from tests.core.builders import plan, to_publish

ASKS_NOTHING = replace(plan(to_publish()), confirm=Confirm.NONE)
ASKS_YES = replace(plan(to_publish()), confirm=Confirm.YES)
ASKS_NAME = replace(plan(to_publish()), confirm=Confirm.NAME)

NOTHING = Consent()
YES = Consent(yes=True)
NAMED = Consent(confirm="stg")
OTHER = Consent(yes=True, confirm="main")


@pytest.mark.parametrize(
    ("consent", "to_nothing", "to_yes", "to_name"),
    [
        (NOTHING, True, False, False),
        (YES, True, True, False),
        (NAMED, True, True, True),
        (Consent(confirm="main"), True, False, False),
    ],
)
def test_consent_fits_the_risk(
    consent: Consent,
    to_nothing: bool,  # noqa: FBT001
    to_yes: bool,  # noqa: FBT001
    to_name: bool,  # noqa: FBT001
) -> None:
    """A typed name includes a yes, but a yes is not enough for a name."""
    plans = (ASKS_NOTHING, ASKS_YES, ASKS_NAME)
    confirmed = tuple(bool(given_by_option(each, consent)) for each in plans)
    assert confirmed == (to_nothing, to_yes, to_name)


@pytest.mark.parametrize(
    ("it", "consent", "hint"),
    [
        (ASKS_YES, NOTHING, "To confirm, pass --yes."),
        (ASKS_NAME, NOTHING, "To confirm, pass --confirm stg."),
        (
            ASKS_NAME,
            YES,
            "stg must be confirmed by name: pass --confirm stg (--yes is not enough).",
        ),
    ],
)
def test_without_a_terminal_the_option_to_pass_is_named(
    it: Plan, consent: Consent, hint: str
) -> None:
    """Multigit does not wait for an answer that cannot come, and says when --yes is not enough."""
    assert missing_consent(it, consent, interactive=False) == Problem(
        "confirmation_needed",
        "Cannot ask for confirmation: no interactive terminal. Nothing was changed.",
        hint,
    )
    assert missing_consent(it, consent, interactive=True) is None


@pytest.mark.parametrize(
    ("it", "consent"),
    [(ASKS_NOTHING, NOTHING), (ASKS_YES, YES), (ASKS_YES, NAMED), (ASKS_NAME, NAMED)],
)
def test_what_is_confirmed_by_option_needs_no_terminal(it: Plan, consent: Consent) -> None:
    """For example, a CI job can run it."""
    assert missing_consent(it, consent, interactive=False) is None


@pytest.mark.parametrize("interactive", [False, True])
@pytest.mark.parametrize(
    ("it", "option"), [(ASKS_NOTHING, "--yes"), (ASKS_YES, "--yes"), (ASKS_NAME, "--confirm stg")]
)
def test_the_name_of_another_stage_is_refused(
    it: Plan,
    option: str,
    interactive: bool,  # noqa: FBT001
) -> None:
    """Anyone who typed main did not mean stg, whatever else was passed."""
    assert missing_consent(it, OTHER, interactive=interactive) == Problem(
        "confirmation_differs",
        "--confirm main does not name the stage stg. Nothing was changed.",
        f"Pass {option}.",
    )


def test_nothing_is_confirmed_by_default() -> None:
    """There is no dry run, no yes and no name by default."""
    assert Consent() == Consent(dry_run=False, yes=False, confirm=None)


@pytest.mark.parametrize(
    ("it", "consent", "given"),
    [
        (ASKS_NOTHING, YES, ConsentState.NOT_REQUIRED),
        (ASKS_NOTHING, NAMED, ConsentState.NOT_REQUIRED),
        (ASKS_YES, YES, ConsentState.YES),
        (ASKS_YES, NAMED, ConsentState.CONFIRM),
        (ASKS_YES, Consent(yes=True, confirm="stg"), ConsentState.CONFIRM),
        (ASKS_NAME, NAMED, ConsentState.CONFIRM),
        (ASKS_NAME, YES, None),
        (ASKS_YES, NOTHING, None),
    ],
)
def test_the_option_that_confirmed_is_known(
    it: Plan, consent: Consent, given: ConsentState | None
) -> None:
    """None means that a person has to be asked."""
    assert given_by_option(it, consent) is given


def test_only_its_own_option_confirms_a_checklist() -> None:
    """Neither --yes nor --confirm does; without a checklist, there is nothing to confirm."""
    listed = replace(ASKS_NAME, checklist=("Staging is verified",))
    for consent in (NOTHING, YES, NAMED):
        assert checklist_by_option(listed, consent) is ChecklistState.NOT_TICKED
        assert checklist_by_option(ASKS_NAME, consent) is None
    done = Consent(confirm="stg", checklist_done=True)
    assert checklist_by_option(listed, done) is ChecklistState.BY_OPTION
    assert checklist_by_option(ASKS_NAME, done) is None
    assert given_by_option(listed, Consent(checklist_done=True)) is None


def test_the_hint_names_the_option_for_the_checklist() -> None:
    """The option is left out if it was already passed."""
    listed = replace(ASKS_NAME, checklist=("Staging is verified",))
    for done in (False, True):
        missing = missing_consent(listed, Consent(checklist_done=done), interactive=False)
        assert missing
        assert ("--checklist-done" in missing.hint) is not done
