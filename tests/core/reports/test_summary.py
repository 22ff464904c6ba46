"""A report for people is one sentence and a hint."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.planning.making import RestoreStep
from multigit.core.planning.plan import NOT_IN_RELEASE, Plan, RepoPlan, Result, State
from multigit.core.planning.publish_steps import DeployStep, PushStep, RefUpdate
from multigit.core.planning.pull_steps import UpdateStep
from multigit.core.planning.steps import AdvanceStep, CommitStep, Step
from multigit.core.progress.locks import lock_left
from multigit.core.progress.outcome import Outcome, Report, cancelled, ended, planned
from multigit.core.reports.document import document, problem_document
from multigit.core.reports.summary import summary
from multigit.core.values.agreement import Accepted
from multigit.core.values.commits import PendingCommits
from multigit.core.values.deploy_config import CommandRunner, GithubRunner, Trigger
from multigit.core.values.deployment import Deployment, Run, RunState
from multigit.core.values.problem import Problem
from multigit.core.values.workspace import Repo
from multigit.hints import Hint
from tests.core.builders import (
    API,
    MADE,
    NEWEST,
    ROOT,
    WEB,
    change,
    merge_step,
    plan,
    published,
    state,
    to_publish,
    warning,
    without_steps,
)

CONFLICT = Problem("conflict", "develop conflicts with staging.", "Merge.", files=("a.py",))


IDLE = without_steps(ROOT, State.UP_TO_DATE)


BLOCKED = without_steps(WEB, State.BLOCKED, CONFLICT)


LEFT_OUT = without_steps(WEB, State.SKIPPED, CONFLICT.as_warning())


ABSENT = without_steps(WEB, State.SKIPPED, Problem(NOT_IN_RELEASE, "is not in it."))


DONE_BEFORE = replace(to_publish(API), state=State.PUBLISHED)


BOTH = plan(to_publish(API), to_publish(WEB))


GO_ON = Hint.FINISH_OR_UNDO


WITHOUT_LATER = (
    "Fix the blocked repository, or continue without it and what comes after it: --skip-blocked"
)
AGAIN = "Nothing was published. Fix the problem, then run the command again."


ADVANCE = AdvanceStep("dev", "develop", "dev-1", "dev-2", PendingCommits(2, NEWEST))


COMMIT = CommitStep(
    stage="dev",
    branch="develop",
    parent="dev-2",
    commit="dev-3",
    message="feat: x",
    changes=(change("a.py"), change("b.py", "deleted")),
)


def web(state: State, *problems: Problem) -> Outcome:
    """Return the outcome of web, which was to be promoted."""
    return Outcome(to_publish(WEB), state, MADE, problems)


def pull(*repos: RepoPlan) -> Plan:
    """Return the plan of a pull of dev."""
    return replace(plan(*repos, command="pull"), source="", target="dev", release="", message="")


@pytest.mark.parametrize(
    ("it", "sentence"),
    [
        (plan(to_publish(commits=1)), "1 repository will be promoted. 1 commit reaches stg."),
        (BOTH, "2 repositories will be promoted. 6 commits reach stg."),
        (
            plan(to_publish(), IDLE),
            "1 repository will be promoted, 1 is up to date. 3 commits reach stg.",
        ),
        (
            plan(to_publish(), IDLE, IDLE, LEFT_OUT),
            "1 repository will be promoted, 2 are up to date, 1 left out. 3 commits reach stg.",
        ),
        (plan(IDLE), "Nothing to do: every repository is up to date."),
        (plan(IDLE, ABSENT), "Nothing to do: 1 up to date, 1 left out."),
    ],
)
def test_the_sentence_of_a_plan(it: Plan, sentence: str) -> None:
    """It says what will be done, what will not, and how many commits reach which stage."""
    assert summary(planned(it)) == (sentence, "")


@pytest.mark.parametrize(
    "it",
    [
        plan(IDLE, BLOCKED),
        plan(IDLE, LEFT_OUT),
        plan(LEFT_OUT),
        plan(LEFT_OUT, BLOCKED),
        plan(LEFT_OUT, ABSENT),
    ],
)
def test_what_blocks_is_counted(it: Plan) -> None:
    """Those that are left out are counted if none is blocked, but not what lacks the stage."""
    sentence = "1 repository is blocked. Nothing was changed."
    assert summary(planned(it)) == (sentence, "Fix the problem, then run the command again.")


@pytest.mark.parametrize(
    ("it", "sentence"),
    [
        (
            plan(DONE_BEFORE, to_publish(WEB)),
            "1 repository will be promoted, 1 was published before. 3 commits reach stg.",
        ),
        (
            plan(DONE_BEFORE, BLOCKED),
            "1 repository is blocked, 1 was published before. Nothing was changed now.",
        ),
    ],
)
def test_the_sentence_of_what_is_continued(it: Plan, sentence: str) -> None:
    """What an earlier attempt published is not left out."""
    assert summary(planned(it))[0] == sentence
    no = summary(cancelled(planned(it), interrupted=False))[0]
    assert no == "Cancelled. Nothing was changed now."


def test_a_plan_of_two_stages_counts_each() -> None:
    """The commits that reach dev and those that reach stg are counted separately."""
    steps = (ADVANCE, COMMIT, merge_step(commits=4))
    both = plan(replace(to_publish(API), steps=steps), replace(to_publish(WEB), steps=steps))
    assert summary(planned(both))[0] == (
        "2 repositories will be promoted. 6 commits reach dev, 8 commits reach stg."
    )


@pytest.mark.parametrize(
    ("it", "sentence", "hint"),
    [
        (
            plan(BLOCKED, IDLE),
            "1 repository is blocked. Nothing was changed.",
            "Fix the problem, then run the command again.",
        ),
        (
            plan(BLOCKED, BLOCKED, to_publish()),
            "2 repositories are blocked. Nothing was changed.",
            "Fix the blocked repositories, or continue with the other one: --skip-blocked",
        ),
        (
            plan(BLOCKED, replace(to_publish(API), wave=1, waits_for=(BLOCKED.repo,))),
            "1 repository is blocked. Nothing was changed.",
            "Fix the problem, then run the command again.",
        ),
        (
            plan(BLOCKED, replace(to_publish(API), wave=1)),
            "1 repository is blocked. Nothing was changed.",
            "Fix the blocked repository, or continue with the other one: --skip-blocked",
        ),
        (
            plan(
                BLOCKED,
                replace(to_publish(API), wave=2, waits_for=("between",)),
                replace(to_publish(Repo("between", "between")), wave=1, waits_for=(BLOCKED.repo,)),
                replace(to_publish(Repo("free", "free")), wave=1, waits_for=("elsewhere",)),
            ),
            "1 repository is blocked. Nothing was changed.",
            WITHOUT_LATER,
        ),
    ],
)
def test_the_sentence_of_a_blocked_plan(it: Plan, sentence: str, hint: str) -> None:
    """--skip-blocked is only proposed if there would still be something to do."""
    assert summary(planned(it)) == (sentence, hint)


def test_what_was_started_is_never_left_out() -> None:
    """So --skip-blocked is not proposed."""
    report = planned(plan(BLOCKED, to_publish()), state(begun=[BLOCKED.repo]))
    assert summary(report)[1] == "Fix the problem, then run the command again."


@pytest.mark.parametrize("interrupted", [False, True])
def test_the_sentence_of_a_no(interrupted: bool) -> None:  # noqa: FBT001
    """It says that nothing was changed."""
    report = cancelled(planned(BOTH), interrupted=interrupted)
    assert summary(report) == ("Cancelled. Nothing was changed.", "")


@pytest.mark.parametrize(
    ("outcomes", "sentence", "hint"),
    [
        ([published(API), published(WEB)], "2 published.", ""),
        ([published(API), web(State.FAILED)], "1 published, 1 failed.", GO_ON),
        ([published(API), web(State.UNKNOWN)], "1 published, 1 unknown.", GO_ON),
        ([web(State.UNKNOWN)], "1 unknown.", GO_ON),
        ([web(State.FAILED)], "1 failed.", AGAIN),
        ([web(State.NOT_PUBLISHED)], "1 not published.", AGAIN),
    ],
)
def test_the_sentence_of_what_was_run(outcomes: list[Outcome], sentence: str, hint: str) -> None:
    """It has a number for each outcome, and the hint says what to do if not all succeeded."""
    assert summary(ended(BOTH, outcomes)) == (sentence, hint)


def test_the_sentence_of_what_was_interrupted() -> None:
    """It says that it was interrupted, and what was published by then."""
    report = ended(BOTH, [published(API), web(State.NOT_PUBLISHED)], interrupted=True)
    assert summary(report) == ("Interrupted. 1 published, 1 not published.", GO_ON)


def test_after_an_interruption_there_is_nothing_to_fix() -> None:
    """There is, if something failed as well."""
    nothing = ended(BOTH, [web(State.NOT_PUBLISHED)], interrupted=True)
    again = "Nothing was published. Run the command again."
    assert summary(nothing) == ("Interrupted. 1 not published.", again)
    api = replace(published(API), state=State.FAILED)
    failed = ended(BOTH, [api, web(State.NOT_PUBLISHED)], interrupted=True)
    assert summary(failed)[1] == AGAIN


def test_the_sentence_of_what_was_undone() -> None:
    """It has its own words, since an undo publishes, too."""
    step: tuple[Step, ...] = (RestoreStep("stg", "staging", "merge-1", "stg-1"),)
    undo = replace(plan(replace(to_publish(), steps=step)), undoes="20250115T150130Z-promote-7f3a")
    assert summary(planned(undo))[0] == "1 repository will be reset."
    assert summary(ended(undo, [published()]))[0] == "1 undone."
    report = replace(ended(undo, [published()]), closing="abandon")
    given_up = replace(report, problems=(Problem("abandoned", "It was abandoned."),))
    assert summary(given_up)[0] == "It was abandoned. 1 undone."


AGAIN_WEB = Hint.DEPLOY_FAILED.format(stage="stg", asked="", repos=" -r web")


@pytest.mark.parametrize(
    ("api", "other", "hint"),
    [
        (RunState.FAILED, RunState.SUCCEEDED, Hint.RERUN.format(host="GitHub", which="")),
        (RunState.SUCCEEDED, RunState.FAILED, AGAIN_WEB),
    ],
)
def test_the_hint_is_about_what_was_not_deployed(api: RunState, other: RunState, hint: str) -> None:
    """Only a new push can deploy api again, while web can be deployed by itself."""
    runners = (GithubRunner("deploy.yml", Trigger.PUSH), CommandRunner(("true",)))
    steps = [DeployStep("stg", "stg", "staging", "", runner, 60.0) for runner in runners]
    repos = [
        replace(repo, steps=(*repo.steps, step))
        for repo, step in zip((to_publish(API), to_publish(WEB)), steps, strict=True)
    ]
    outcomes = [
        Outcome(repo, State.PUBLISHED, MADE, deployments=(Deployment("", state, Run("1")),))
        for repo, state in zip(repos, (api, other), strict=True)
    ]
    assert summary(ended(plan(*repos), outcomes))[1] == hint


@pytest.mark.parametrize(
    ("trigger", "hint"),
    [(Trigger.PUSH, Hint.FINISH), (Trigger.DISPATCH, Hint.UNKNOWN_CONTINUE)],
)
def test_what_only_a_push_starts_is_not_started_again(trigger: Trigger, hint: str) -> None:
    """Nobody can accept that a run of it may still appear: there is nothing to request."""
    step = DeployStep("stg", "stg", "staging", "", GithubRunner("deploy.yml", trigger), 60.0)
    pushed = to_publish(API)
    repo = replace(pushed, steps=(*pushed.steps, step))
    lost = (Deployment("", RunState.UNKNOWN),)
    outcome = Outcome(repo, State.PUBLISHED, MADE, deployments=lost)
    assert summary(ended(plan(repo), [outcome]))[1] == hint


def failing(count: int, release: str = "", *, push: int = -1) -> Report:
    """Return the report of so many repositories whose deployments failed, and one that is well.

    Only a push deploys the one with the number `push`.
    """
    step = DeployStep("stg", "stg", "staging", "", CommandRunner(("true",)), 60.0, sha="stg-1")
    pushed = replace(step, runner=GithubRunner("deploy.yml", Trigger.PUSH))
    names = [f"svc {number}" for number in range(count)]
    outcomes = [
        Outcome(
            RepoPlan(name, name, State.PLANNED, (pushed if name == f"svc {push}" else step,)),
            State.DEPLOYED,
            deployments=(Deployment("", state, Run("1")),),
        )
        for name, state in [*((n, RunState.FAILED) for n in names), ("good", RunState.SUCCEEDED)]
    ]
    whole = plan(*(each.plan for each in outcomes), command="deploy")
    whole = replace(whole, release=release or "stg-deploy-9", asked_release=release)
    return ended(whole, outcomes)


def test_a_few_repositories_are_named_to_be_deployed_again() -> None:
    """Others may have failed at this stage before. A release that was asked for is named, too."""
    few, many, earlier = failing(3), failing(4), failing(1, "stg-deploy-1")
    named = "multigit deploy stg --failed -r 'svc 0' -r 'svc 1' -r 'svc 2'."
    assert named in summary(few)[1]
    assert "multigit deploy stg --failed." in summary(many)[1]
    mixed = summary(failing(5, push=4))[1]
    assert f"{named[:-1]} -r 'svc 3'." in mixed, "--failed alone would find the other one, too"
    assert "multigit deploy stg stg-deploy-1 --failed -r 'svc 0'." in summary(earlier)[1]
    bad = Accepted("bad_release", "svc 0", "stg-deploy-1 was marked bad.", reason="no time")
    overridden = replace(earlier, plan=replace(earlier.plan, accepted=(bad,)))
    again = "multigit deploy stg stg-deploy-1 --override bad_release --reason 'no time' --failed -r"
    assert again in summary(overridden)[1]


def test_a_reason_for_all_comes_before_the_counts() -> None:
    """For example, that the operation was abandoned."""
    report = ended(BOTH, [published(API), web(State.FAILED)])
    given_up = replace(
        report, problems=(Problem("abandoned", "It was abandoned."),), closing="abandon"
    )
    assert summary(given_up) == ("It was abandoned. 1 published, 1 moved by someone else.", "")


def test_a_warning_for_all_is_not_a_reason() -> None:
    """An unreleased lock hides neither the outcome nor the hint."""
    report = ended(BOTH, [published(API), web(State.FAILED)])
    warned = replace(report, problems=(lock_left(["refs/multigit/locks/stg"], "1f0c"),))
    assert summary(warned) == summary(report)


def test_the_sentence_of_a_pull() -> None:
    """It has its own words, before and after the pull."""
    step = UpdateStep("develop", "dev-1", "dev-2", 2, checked_out=True)
    moves = RepoPlan("api", ".", State.PLANNED, (step,))
    both = pull(moves, IDLE, BLOCKED)
    assert summary(planned(both))[0] == "1 to update, 1 up to date, 1 left as is."
    done = [Outcome(moves, State.UPDATED)]
    assert summary(ended(both, done))[0] == "1 updated, 1 up to date, 1 left as is."
    failed = [Outcome(moves, State.FAILED)]
    assert summary(ended(both, failed))[0] == "1 up to date, 1 left as is, 1 failed."


def test_a_plan_that_only_warns_is_a_plan() -> None:
    """The sentence is that of any other plan."""
    report = planned(plan(to_publish(API, warning())))
    assert summary(report)[0] == "1 repository will be promoted. 3 commits reach stg."
    assert report.result is Result.PLANNED


def test_a_published_repository_keeps_its_notes() -> None:
    """For example, about a local branch that was left alone."""
    note = warning("local_branch_left", "the local staging was left alone.")
    output = document(ended(BOTH, [published(API, note), published(WEB)]))
    assert output["repos"][0]["problems"] == [problem_document(note)]


def test_a_push_that_publishes_nothing_else_counts_its_commit() -> None:
    """It is one commit, whatever the number of files."""
    updates = PushStep((RefUpdate("refs/heads/develop", "dev-2"),))
    repo = RepoPlan("api", ".", State.PLANNED, (COMMIT, updates), branch="develop")
    assert summary(planned(plan(repo)))[0] == "1 repository will be promoted. 1 commit reaches dev."


def test_a_report_of_no_repository_is_possible() -> None:
    """Neither the document nor the sentence requires a repository."""
    assert document(Report(plan(), Result.NOTHING, ()))["repos"] == []
