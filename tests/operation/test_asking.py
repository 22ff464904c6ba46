"""How a plan is confirmed: what is asked, in which order, and what cancels it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.planning.consent import Consent
from multigit.core.planning.plan import Result
from multigit.core.progress.outcome import Report, planned
from multigit.core.values.agreement import Agreement, ChecklistState, ConsentState
from multigit.core.values.workspace import Confirm
from multigit.errors import RefusedError
from multigit.operation.asking import agree, ask_message
from tests.core import builders
from tests.core.builders import API, to_publish
from tests.operation.memory import ADA, MemoryScreen, Trail

PLAN = builders.plan(to_publish(API))
LISTED = replace(PLAN, checklist=("Staging is verified",))
STRICT = replace(LISTED, confirm=Confirm.NAME, word="main")


@pytest.fixture
def screen() -> MemoryScreen:
    """Return a person who says yes to everything."""
    return MemoryScreen(Trail())


def test_a_yes_at_the_terminal_is_kept_with_its_giver(screen: MemoryScreen) -> None:
    """The agreement records how it was given, and by whom."""
    assert agree(planned(PLAN), Consent(), screen, ADA) == Agreement(
        ConsentState.TERMINAL, None, ADA
    )


def test_the_checklist_comes_before_the_question(screen: MemoryScreen) -> None:
    """The stage's name is asked for only after every item is checked off."""
    found = agree(planned(STRICT), Consent(), screen, ADA)
    assert screen.trail.steps == ["tick", "ask word"]
    assert found == Agreement(ConsentState.TERMINAL, ChecklistState.TICKED, ADA)


def test_an_item_that_is_not_ticked_ends_it(screen: MemoryScreen) -> None:
    """Nothing else is asked."""
    screen.ticks = False
    found = agree(planned(STRICT), Consent(), screen, ADA)
    assert isinstance(found, Report)
    assert found.result is Result.CANCELLED
    assert screen.trail.steps == ["tick"]


def test_another_word_ends_it(screen: MemoryScreen) -> None:
    """The note says which word was expected."""
    screen.answer = False
    found = agree(planned(STRICT), Consent(), screen, ADA)
    assert isinstance(found, Report)
    assert any("main" in note for note in screen.notes)


@pytest.mark.parametrize("step", ["tick", "ask word"])
@pytest.mark.parametrize(
    ("error", "result", "interrupted"),
    [(KeyboardInterrupt(), Result.CANCELLED, True), (EOFError(), Result.BLOCKED, False)],
)
def test_a_question_that_is_broken_off_ends_it(
    step: str, error: BaseException, result: Result, screen: MemoryScreen, *, interrupted: bool
) -> None:
    """Ctrl-C cancels; end of input is refused with the option to pass."""
    screen.trail.fail[step] = error
    found = agree(planned(STRICT), Consent(), screen, ADA)
    assert isinstance(found, Report)
    assert found.result is result
    assert found.interrupted is interrupted
    if result is Result.BLOCKED:
        assert "--confirm main" in found.problems[0].hint


def test_without_a_terminal_nothing_is_asked(screen: MemoryScreen) -> None:
    """It is refused at once."""
    screen.interactive = False
    found = agree(planned(PLAN), Consent(), screen, ADA)
    assert isinstance(found, Report)
    assert found.result is Result.BLOCKED
    assert screen.trail.steps == []


def test_an_option_is_kept_as_one(screen: MemoryScreen) -> None:
    """A note says that the checklist was not checked off."""
    screen.interactive = False
    consent = Consent(confirm="main", checklist_done=True)
    found = agree(planned(STRICT), consent, screen, ADA)
    assert found == Agreement(ConsentState.CONFIRM, ChecklistState.BY_OPTION, ADA)
    assert any("Staging is verified" in note for note in screen.notes)


def test_a_stage_that_asks_nothing_names_nobody(screen: MemoryScreen) -> None:
    """No one confirmed, so no name is recorded."""
    found = agree(planned(replace(PLAN, confirm=Confirm.NONE)), Consent(), screen, ADA)
    assert found == Agreement(ConsentState.NOT_REQUIRED, None, None)


def test_a_message_is_asked_for_where_a_stage_demands_one(screen: MemoryScreen) -> None:
    """It is asked for only if the stage requires one, none was given, and there is a terminal."""
    screen.message = "release: 2"
    main = builders.MAIN
    assert ask_message(screen, None, wanted_by=main) == "release: 2"
    assert ask_message(screen, "given", wanted_by=main) == "given"
    assert ask_message(screen, None, wanted_by=None) is None
    screen.interactive = False
    assert ask_message(screen, None, wanted_by=main) is None


def test_an_empty_message_cancels(screen: MemoryScreen) -> None:
    """An empty message cancels, as in git's editor."""
    with pytest.raises(RefusedError):
        ask_message(screen, None, wanted_by=builders.MAIN)


def test_a_terminal_that_went_away_gives_no_message(screen: MemoryScreen) -> None:
    """The plan then reports that the message is missing."""
    screen.trail.fail[f"ask message {builders.MAIN.name}"] = EOFError()
    assert ask_message(screen, None, wanted_by=builders.MAIN) is None
