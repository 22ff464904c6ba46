"""Whether a plan may run: agreed on the command line, asked for, or refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.consent import Consent, agreed_beforehand, missing_consent
from multigit.core.plan import Plan
from multigit.core.problem import Problem
from multigit.core.workspace import Confirm
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
    agreed = tuple(agreed_beforehand(each, consent) for each in plans)
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
        "There is no terminal to ask at. Nothing was changed.",
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
        "--confirm main does not name the stage stg.",
        f"Pass {option}.",
    )


def test_to_agree_to_nothing_is_the_default() -> None:
    """No dry run, no yes, no name."""
    assert Consent() == Consent(dry_run=False, yes=False, confirm=None)
