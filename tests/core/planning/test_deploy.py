"""Deploying a release that someone marked bad: it blocks, unless that is overridden."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.planning.deploy import DeployRequest, plan_deploy
from multigit.core.planning.overrides import NOTHING_OVERRIDDEN, Override, deploying_again
from multigit.core.planning.plan import Plan, Result, State
from multigit.core.values.agreement import Accepted
from multigit.core.values.deploy_config import CommandRunner, Deploy
from multigit.core.values.mark import Mark, Quality
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.refs import Refs, Tag
from multigit.hints import Hint
from multigit.phrase import Instant, parts_of
from tests.core.builders import API, DEV, MOMENT, STG, WEB, branch, snapshot, workspace

OLD, NEW = "stg-deploy-20250114-120000", "stg-deploy-20250115-120000"
BY = "Ada <ada@example.com>"
SINCE = "2025-01-15T13:00:00Z"
BAD = Mark(NEW, "stg", Quality.BAD, BY, "host", SINCE, "it loses\norders.")
SENTENCE = f"{NEW} was marked bad by Ada on {SINCE}: it loses orders."
BLOCKS = Problem("bad_release", SENTENCE, Hint.OVERRIDE_BAD_RELEASE)
WHY = "the old one is worse"
OVERRIDDEN = Override(("bad_release",), WHY)
STAGE = replace(STG, deploy=Deploy(CommandRunner(("true",))))
SPACE = workspace(API, WEB, stages=(DEV, STAGE))
TAGS = {"api": (Tag(OLD, 1, "stg-0"), Tag(NEW, 2, "stg-1")), "web": (Tag(OLD, 1, "stg-1"),)}


def planned(
    release: str = NEW,
    *marks: Mark | None,
    override: Override = NOTHING_OVERRIDDEN,
    skip_blocked: bool = False,
) -> Plan:
    """Return the plan of `multigit deploy stg`: api is at the new release, web at the old one."""
    request = DeployRequest(
        STAGE,
        MOMENT,
        SPACE.repos,
        release,
        skip_blocked=skip_blocked,
        override=override,
        marks={mark.release if mark else NEW: mark for mark in marks},
    )
    seen = {
        repo.name: snapshot(repo=repo, refs=Refs({"staging": branch("stg-1")}, TAGS[repo.name]))
        for repo in SPACE.repos
    }
    return plan_deploy(request, SPACE, seen)


def problems(plan: Plan) -> dict[str, tuple[Problem, ...]]:
    """Return what is wrong in the repositories that have the release."""
    return {repo.repo: repo.problems for repo in plan.repos if not repo.absent}


@pytest.mark.parametrize("release", [NEW, ""])
def test_a_bad_release_blocks(release: str) -> None:
    """Also if it is what the branch holds; what has another release is not concerned."""
    plan = planned(release, BAD)
    assert plan.result is Result.BLOCKED
    assert problems(plan) == {"api": (BLOCKS,)} | ({} if release else {"web": ()})
    assert plan.accepted == ()


def test_the_time_of_the_mark_is_shown_as_one() -> None:
    """A screen shows it in the zone of its reader."""
    message = planned(NEW, BAD).repos[0].problems[0].message
    assert [part for part in parts_of(message) if isinstance(part, Instant)] == [SINCE]


@pytest.mark.parametrize(
    ("release", "mark"),
    [(NEW, replace(BAD, quality=Quality.GOOD)), (OLD, BAD), (NEW, replace(BAD, release=OLD))],
)
def test_any_other_mark_blocks_nothing(release: str, mark: Mark) -> None:
    """Such as one that it is good again, or a mark of another release."""
    plan = planned(release, mark)
    assert plan.result is Result.PLANNED
    assert set(problems(plan).values()) == {()}


def test_a_mark_that_cannot_be_read_may_be_a_bad_one() -> None:
    """It blocks, and the same override deploys the release."""
    (problem,) = planned(NEW, None).repos[0].problems
    assert problem.message == f"the mark of {NEW} cannot be read, so it may be bad."
    assert (problem.code, problem.blocks) == ("bad_release", True)
    assert planned(NEW, None, override=OVERRIDDEN).result is Result.PLANNED


@pytest.mark.parametrize(("who", "named"), [("Ada", "Ada"), ("", "someone"), (BY, "Ada")])
def test_the_sentence_names_the_person(who: str, named: str) -> None:
    """Without the address, and even if no one is known."""
    (problem,) = planned(NEW, replace(BAD, who=who)).repos[0].problems
    assert f" marked bad by {named} on " in problem.message


def test_an_override_deploys_it_with_a_warning() -> None:
    """The plan has the note with the reason, only for what is deployed."""
    plan = planned("", BAD, override=OVERRIDDEN)
    assert plan.result is Result.PLANNED
    assert problems(plan) == {
        "api": (Problem("bad_release", SENTENCE, severity=Severity.WARN),),
        "web": (),
    }
    assert plan.accepted == (Accepted("bad_release", "api", SENTENCE, reason=WHY),)


def test_an_override_that_was_not_necessary_leaves_no_note() -> None:
    """Nothing was in the way."""
    assert planned(NEW, override=OVERRIDDEN).accepted == ()


def test_a_skipped_repository_was_not_accepted() -> None:
    """Another rule keeps it out, so no one decided anything there."""
    plan = planned("", BAD, skip_blocked=True)
    assert [repo.state for repo in plan.repos] == [State.SKIPPED, State.PLANNED]
    assert plan.accepted == ()


def test_the_same_override_deploys_it_again() -> None:
    """The options have the reason as a shell reads it; without such a note there are none."""
    note = Accepted("bad_release", "api", SENTENCE, reason="it\nis ok")
    doubt = Accepted("deployment_in_doubt", "api", "unknown.", "op/api/1")
    assert deploying_again((doubt, note)) == " --override bad_release --reason 'it is ok'"
    assert deploying_again((doubt,)) == ""
