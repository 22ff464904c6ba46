"""How a plan is confirmed: what is asked, in which order, and what cancels it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.planning.consent import Consent
from multigit.core.planning.plan import Plan, Result
from multigit.core.planning.publish_steps import DeployStep
from multigit.core.planning.steps import MergeStep
from multigit.core.progress.outcome import Report, planned
from multigit.core.values.agreement import Agreement, ChecklistState, ConsentState
from multigit.core.values.commits import PendingCommits
from multigit.core.values.deploy_config import GithubRunner, Trigger
from multigit.core.values.workspace import Confirm
from multigit.operation.asking import TRIES, agree, asked_later, message_for
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


def test_items_that_are_open_are_asked_for_again(screen: MemoryScreen) -> None:
    """They are named each time, and what was checked off stays so."""
    plan = replace(STRICT, checklist=("Tested", "Announced", "Backed up"))
    screen.ticks = ({0}, {2}, {1})
    assert isinstance(agree(planned(plan), Consent(), screen, ADA), Agreement)
    assert screen.trail.steps == ["tick"] * 3 + ["ask word"]
    assert screen.notes[:2] == ["Still open: Announced; Backed up.", "Still open: Announced."]


@pytest.mark.parametrize(("ticks", "times"), [(((),) * TRIES, TRIES), ((None,), 1)])
def test_items_that_stay_open_end_it(
    ticks: tuple[tuple[int, ...] | None, ...], times: int, screen: MemoryScreen
) -> None:
    """After three tries, or when it is cancelled; nothing else is asked."""
    screen.ticks = ticks
    found = agree(planned(STRICT), Consent(), screen, ADA)
    assert isinstance(found, Report)
    assert found.result is Result.CANCELLED
    assert screen.trail.steps == ["tick"] * times
    assert screen.notes == ["Still open: Staging is verified."] * (times if times > 1 else 0)


@pytest.mark.parametrize(
    ("plan", "expected"), [(replace(STRICT, checklist=()), "main"), (PLAN, "y or n")]
)
def test_a_mistyped_answer_is_asked_for_again(
    plan: Plan, expected: str, screen: MemoryScreen
) -> None:
    """Three times in all; a note says what was expected. An empty answer ends it at once."""
    for answer, times in ((None, TRIES), (False, 1)):
        screen.answer = answer
        screen.trail.steps.clear()
        screen.notes.clear()
        found = agree(planned(plan), Consent(), screen, ADA)
        assert isinstance(found, Report)
        assert found.result is Result.CANCELLED
        assert sum(step.startswith("ask") for step in screen.trail.steps) == times
        assert [expected in note for note in screen.notes] == [True] * (times if times > 1 else 0)


def test_the_second_try_counts(screen: MemoryScreen) -> None:
    """A slip is not a decision."""
    answers = iter([None, True])
    screen.type_word = lambda word, purpose: next(answers)  # type: ignore[method-assign]  # noqa: ARG005
    assert isinstance(agree(planned(STRICT), Consent(), screen, ADA), Agreement)


@pytest.mark.parametrize(
    ("command", "verb"),
    [("promote", "promote"), ("rollback", "roll back"), ("backmerge", "merge back")],
)
def test_the_question_says_what_will_be_done(screen: MemoryScreen, command: str, verb: str) -> None:
    """In plain words, also where the name of the command is no verb."""
    asked = []

    def type_word(word: str, purpose: str) -> bool:
        asked.append((word, purpose))
        return True

    screen.type_word = type_word  # type: ignore[method-assign]
    agree(planned(replace(STRICT, command=command)), Consent(), screen, ADA)
    assert asked == [(STRICT.word, verb)]


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
    assert asked_later(screen, None, builders.MAIN)
    assert not asked_later(screen, "given", builders.MAIN)
    assert not asked_later(screen, None, None)
    screen.interactive = False
    assert not asked_later(screen, None, builders.MAIN)


def test_enter_accepts_the_proposed_message(screen: MemoryScreen) -> None:
    """The proposal consists of what goes out; what is typed instead is the message."""
    merge = replace(builders.merge(), waiting=PendingCommits(1, subjects=("feat: orders",)))
    going = replace(to_publish(API), steps=(MergeStep(merge, "develop", "staging"),))
    plan = builders.plan(going)
    screen.message = None
    assert message_for(planned(plan), screen, builders.MAIN) == "feat: orders"
    screen.message = "release: 2"
    assert message_for(planned(PLAN), screen, builders.MAIN) == "release: 2"


def test_a_message_that_cannot_be_used_is_asked_for_again(screen: MemoryScreen) -> None:
    """A note says why, and what was typed is proposed in plain text; three tries in all."""
    typed = iter(["release \u200b2", None])
    screen.type_message = lambda stage, proposal: next(typed) or proposal  # type: ignore[method-assign]  # noqa: ARG005
    assert message_for(planned(PLAN), screen, builders.MAIN) == "release 2"
    assert "U+200B" in screen.notes.pop()


def test_messages_that_cannot_be_used_cancel(screen: MemoryScreen) -> None:
    """After the third one."""
    screen.message = "release \x1b[2J"
    found = message_for(planned(PLAN), screen, builders.MAIN)
    assert isinstance(found, Report)
    assert found.result is Result.CANCELLED
    assert len(screen.notes) == TRIES


def test_a_message_that_keeps_workflows_from_starting_is_noted(screen: MemoryScreen) -> None:
    """Only if the push is to start them; the plan was shown without the message."""
    screen.message = "docs [skip ci]"
    assert message_for(planned(PLAN), screen, builders.MAIN) == screen.message
    assert screen.notes == []
    runner = GithubRunner("deploy.yml", Trigger.PUSH)
    step = DeployStep("stg", "stg", "staging", "", runner, 60.0)
    pushed = builders.plan(replace(to_publish(API), steps=(*to_publish(API).steps, step)))
    assert message_for(planned(pushed), screen, builders.MAIN) == screen.message
    assert screen.notes == ["With [skip ci], the push starts no workflow."]


@pytest.mark.parametrize(
    ("error", "result", "interrupted"),
    [
        (None, Result.CANCELLED, False),
        (KeyboardInterrupt(), Result.CANCELLED, True),
        (EOFError(), Result.BLOCKED, False),
    ],
)
def test_without_a_message_it_ends(
    error: BaseException | None, result: Result, screen: MemoryScreen, *, interrupted: bool
) -> None:
    """An empty message and Ctrl-C cancel; at the end of the input, -m is named."""
    if error:
        screen.trail.fail["ask message main"] = error
    found = message_for(planned(PLAN), screen, builders.MAIN)
    assert isinstance(found, Report)
    assert (found.result, found.interrupted) == (result, interrupted)
    assert all("-m" in problem.hint for problem in found.problems)
