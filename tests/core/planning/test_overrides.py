"""Overriding a rule: which ones, with which reason, and what is left of the problem."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from multigit.cli.options import OverrideCodes
from multigit.core.planning.overrides import (
    HELD,
    NOTHING_OVERRIDDEN,
    OVERRIDABLE,
    Override,
    override_of,
)
from multigit.core.values.agreement import Accepted
from multigit.core.values.problem import Problem, Severity
from multigit.errors import USAGE, UsageError

WHY = "the new one loses orders"
BAD = Problem("bad_release", "deploy-1 was marked bad.", "Deploy another release.")
FILES = Problem(
    "irreversible", "changes migrations/1.sql.", "Pass it.", files=("migrations/1.sql",)
)
CONFLICT = Problem("conflict", "conflicts with main.", "Resolve it.")


def test_only_what_was_named_is_overridden() -> None:
    """It warns without its hint, and the rest blocks as before, in the same order."""
    both = Override(("bad_release",), WHY)
    assert both.applied("api", [CONFLICT, BAD, FILES]) == (
        (CONFLICT, Problem(BAD.code, BAD.message, severity=Severity.WARN), FILES),
        (Accepted("bad_release", "api", "deploy-1 was marked bad.", reason=WHY),),
    )


def test_its_files_stay() -> None:
    """The plan still says which they are, and the note has the repository."""
    kept, (note,) = Override(("irreversible", HELD), WHY).applied("web", [FILES])
    assert [(each.files, each.blocks) for each in kept] == [(FILES.files, False)]
    assert (note.repo, note.code, note.about) == ("web", "irreversible", "")


@pytest.mark.parametrize("override", [NOTHING_OVERRIDDEN, Override(("bad_release",), WHY)])
def test_what_only_warns_needs_no_override(override: Override) -> None:
    """No note says that a person accepted it."""
    warning = BAD.as_warning()
    assert override.applied("api", [warning]) == ((warning,), ())


@pytest.mark.parametrize(
    ("codes", "release_hold", "known"),
    [
        ([], False, ()),
        (["irreversible", "bad_release"], False, ("irreversible", "bad_release")),
        (["bad_release", "bad_release"], False, ("bad_release",)),
        ([], True, (HELD,)),
        (["irreversible"], True, ("irreversible", HELD)),
    ],
)
def test_the_options_together(
    codes: Sequence[str], known: Sequence[str], *, release_hold: bool
) -> None:
    """--release-hold is an override of its own code, and all share the reason."""
    reason = WHY if known else None
    override = override_of(codes, reason, release_hold=release_hold)
    assert override == Override(tuple(known), reason or "")


@pytest.mark.parametrize(
    ("codes", "reason", "release_hold", "message", "code"),
    [
        (["conflict"], WHY, False, "'conflict' cannot be overridden.", "not_overridable"),
        ([HELD], WHY, False, "'held' cannot be overridden.", "not_overridable"),
        ([""], WHY, False, "'' cannot be overridden.", "not_overridable"),
        (
            ["bad_release"],
            None,
            False,
            "--override bad_release requires a reason.",
            "reason_missing",
        ),
        ([], None, True, "--release-hold requires a reason.", "reason_missing"),
        (
            [],
            WHY,
            False,
            "--reason says why a rule is overridden, but none is.",
            "nothing_overridden",
        ),
        (["bad_release"], " \n", False, "The reason is empty.", "usage"),
        (
            [],
            "a\x1b[31m",
            True,
            "The reason contains the control character U+001B.",
            "message_control_character",
        ),
    ],
)
def test_what_does_not_fit_together_is_refused(
    codes: Sequence[str], reason: str | None, message: str, code: str, *, release_hold: bool
) -> None:
    """The sentence names the option, and there is always something to do."""
    with pytest.raises(UsageError, match=f"^{re.escape(message)}$") as caught:
        override_of(codes, reason, release_hold=release_hold)
    assert (caught.value.code, caught.value.exit_code) == (code, USAGE)
    assert caught.value.hint


def test_the_hint_has_all_rules_and_the_nearest() -> None:
    """Each with what happens if it is overridden."""
    hints = {}
    for code in ("bad_relase", "diverged"):
        with pytest.raises(UsageError) as caught:
            override_of([code], WHY)
        hints[code] = caught.value.hint
    assert hints["bad_relase"].startswith("Did you mean bad_release? ")
    assert hints["diverged"].startswith("These can be. ")
    for hint in hints.values():
        assert all(f"{each}: {what}" in hint for each, what in OVERRIDABLE.items())


def test_the_help_names_all_of_them() -> None:
    """It is loaded before the rules are, so it has its own list."""
    (option,) = OverrideCodes.__metadata__  # type: ignore[attr-defined]
    named = re.findall(r"[a-z]+(?:_[a-z]+)*", option.help.partition(":")[2].partition(" (")[0])
    assert named == list(OVERRIDABLE)
