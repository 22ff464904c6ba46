"""What an operation notes down, and how it goes on after it broke off."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from multigit.core.planning.plan import (
    DeleteTagStep,
    DeployStep,
    MoveBackStep,
    Plan,
    PushStep,
    RefUpdate,
    RepoPlan,
    RestoreStep,
    State,
)
from multigit.core.progress.journal import Entry, Kind
from multigit.core.progress.state import OperationState
from multigit.core.values.deployment import CommandRunner, RunState
from multigit.errors import GitError
from tests.core.builders import state
from tests.engine.operations import (
    DEV,
    STG,
    TAG,
    Listening,
    execute,
    outcome,
    plan_promotion,
    plan_work,
    problem,
    states,
)
from tests.support.fake_git import FakeGit, answer_lost, never_arrived

NAMES = ("api", "web")
NAME = TAG.removeprefix("refs/tags/")


class Notes:
    """A journal in memory, that also sees where the remotes stand at each entry."""

    def __init__(self, git: FakeGit) -> None:
        self.entries: list[Entry] = []
        self.remotes: list[dict[str, dict[str, str]]] = []
        self._git = git
        self._lock = threading.Lock()

    def write(self, entry: Entry) -> None:
        """Keep the entry."""
        with self._lock:
            self.entries.append(entry)
            self.remotes.append(self._git.remote_refs())


@pytest.fixture
def git() -> FakeGit:
    """Return two repositories with something to promote."""
    git = FakeGit(*NAMES)
    for name, repo in git.repos.items():
        repo.remote.commit("dev", {name: "1"})
    return git


def begun(plan: Plan, git: FakeGit) -> OperationState:
    """Run the plan; return how far it got as its journal has it once all was prepared."""
    notes = Notes(git)
    execute(git, plan, journal=notes)
    return state(made=notes.entries[0].made)


# --- What is noted


def test_what_will_be_pushed_is_noted_before_it_is(git: FakeGit) -> None:
    """With every object, while no remote has moved; then each push, and how it ended."""
    plan, before, notes = plan_promotion(git), git.remote_refs(), Notes(git)
    git["web"].remote.reject(STG, "protected")
    report = execute(git, plan, jobs=1, journal=notes)
    assert notes.entries[0].kind is Kind.PUBLISHING
    for name in NAMES:
        kinds = [entry.kind for entry in notes.entries if entry.repos == (name,)]
        assert kinds == [Kind.PUSHING, Kind.SETTLED]
    assert notes.entries[0].made == {name: outcome(report, name).made for name in NAMES}
    assert notes.remotes[0] == before
    assert notes.remotes[1] == before
    settled = {each.repos: each.state for each in notes.entries if each.kind is Kind.SETTLED}
    assert settled == {("api",): State.PUBLISHED, ("web",): State.FAILED}


def test_what_stops_before_publishing_notes_nothing(git: FakeGit) -> None:
    """Since nothing may have begun."""
    plan, notes = plan_promotion(git), Notes(git)
    git["web"].unsigned = GitError("No private key found.")
    execute(git, plan, journal=notes)
    assert notes.entries == []


def test_a_journal_that_cannot_be_written_stops_before_the_first_push(git: FakeGit) -> None:
    """What could not be remembered is not begun."""

    class Full:
        def write(self, entry: Entry) -> None:
            raise OSError(28, entry.kind)

    before = git.remote_refs()
    with pytest.raises(OSError, match="publishing"):
        execute(git, plan_promotion(git), journal=Full())
    assert git.remote_refs() == before


# --- Going on


def test_going_on_publishes_what_was_prepared(git: FakeGit) -> None:
    """The same objects, not new ones."""
    plan = plan_promotion(git)
    git["web"].remote.next_push = never_arrived
    so_far = begun(plan, git)
    before = git["api"].remote.refs[TAG]
    rest = replace(plan, repos=(replace(plan.repos[0], state=State.UP_TO_DATE), plan.repos[1]))
    report = execute(git, rest, again=True, state=so_far)
    assert states(report) == {"api": "up_to_date", "web": "published"}
    assert git["web"].remote.refs[STG] == plan.repos[1].after
    assert outcome(report, "web").made == so_far.of("web").made
    assert git["api"].remote.refs[TAG] == before
    assert len(git["api"].remote.pushes) == 1


def test_going_on_with_what_is_published_already_changes_nothing(git: FakeGit) -> None:
    """Pushing again is harmless: the remote says that it has it."""
    plan = plan_promotion(git)
    git["web"].remote.next_push = answer_lost
    so_far, before = begun(plan, git), git.remote_refs()
    report = execute(git, plan, again=True, state=so_far)
    assert states(report) == dict.fromkeys(NAMES, "published")
    assert git.remote_refs() == before


@pytest.fixture
def one_published(git: FakeGit) -> tuple[Plan, OperationState]:
    """Return what is left of a plan: api is published and has to be deployed, web was refused."""
    git["web"].remote.reject(STG, "protected")
    plan = plan_promotion(git)
    so_far = begun(plan, git)
    api, web = plan.repos
    step = DeployStep("stg", "stg", "stg", "", CommandRunner(("true",)), 60.0)
    left = replace(plan, repos=(web, replace(api, steps=(*api.steps, step))))
    there = replace(so_far.of("api"), settled=State.PUBLISHED)
    return left, replace(so_far, repos={**so_far.repos, "api": there})


def test_what_was_published_before_is_called_so_where_nobody_came_to_it(
    git: FakeGit, one_published: tuple[Plan, OperationState], press_ctrl_c: Callable[[], None]
) -> None:
    """At Ctrl-C; its deployment is left, so the operation stays open."""

    def act(*event: str) -> None:
        if event == ("web", "pushing"):
            press_ctrl_c()

    plan, so_far = one_published
    report = execute(git, plan, jobs=1, again=True, listener=Listening(act), state=so_far)
    assert states(report) == {"web": "failed", "api": "published"}
    assert [each.state for each in outcome(report, "api").deployments] == [RunState.NOT_STARTED]
    assert report.unfinished


def test_what_was_published_before_is_called_so_where_another_cannot_be_prepared(
    git: FakeGit, one_published: tuple[Plan, OperationState]
) -> None:
    """Nor is anything made for it once more."""
    plan, so_far = one_published
    git["web"].unsigned = git["api"].unsigned = GitError("No private key found.")
    for each in git.repos.values():
        each.objects.commits.pop(plan.repos[0].after, None)
    report = execute(git, plan, again=True, state=so_far)
    assert states(report) == {"web": "failed", "api": "published"}
    assert report.unfinished


def test_a_commit_that_is_not_the_planned_merge_is_never_pushed(git: FakeGit) -> None:
    """Whatever the journal says: a lease alone would let any commit through."""
    plan = plan_promotion(git)
    git["web"].remote.next_push = never_arrived
    so_far = begun(plan, git)
    made = {name: so_far.of(name).made for name in NAMES}
    lying = {**made, "web": {**made["web"], STG: git["web"].remote.tip("dev")}}
    execute(git, plan, again=True, state=state(made=lying))
    assert git["web"].remote.refs[STG] == made["web"][STG]


def test_objects_that_are_gone_are_made_again(git: FakeGit) -> None:
    """A merge of the same commits at the same time is the same commit."""
    plan = plan_promotion(git)
    git["web"].remote.next_push = never_arrived
    so_far = begun(plan, git)
    web, made = git["web"].objects, so_far.of("web").made
    del web.commits[made[STG]], web.tags[made[TAG]]
    report = execute(git, plan, again=True, state=so_far)
    assert states(report)["web"] == "published"
    assert git["web"].remote.refs[STG] == made[STG]
    assert git["web"].remote.refs[TAG] == made[TAG]


def test_a_commit_that_was_made_is_not_made_twice() -> None:
    """It broke off after the commit and before anybody wrote that down."""
    git = FakeGit("web")
    git["web"].write({"a": "1"})
    plan = plan_work(git, "stg")
    git["web"].remote.next_push = never_arrived
    execute(git, plan)
    head = git["web"].head
    report = execute(git, plan, again=True)
    assert states(report) == {"web": "published"}
    assert git["web"].head == git["web"].remote.tip("dev") == head


def test_a_commit_that_was_made_is_known_again_by_a_long_subject() -> None:
    """Git's subject is the whole first paragraph, not its first line."""
    fake = FakeGit("web")
    fake["web"].write({"a": "1"})
    plan = plan_work(fake, message="feat: one\nand two\n\nWith a body.")
    fake["web"].remote.next_push = never_arrived
    execute(fake, plan)
    report = execute(fake, plan, again=True)
    assert states(report) == {"web": "published"}


def test_what_was_agreed_to_is_committed_or_nothing() -> None:
    """It broke off before the commit, and the files were edited since."""
    git = FakeGit("web")
    git["web"].write({"a": "1"})
    plan, before = plan_work(git, "stg"), git.remote_refs()
    git["web"].write({"a": "half done"})
    head = git["web"].head
    report = execute(git, plan, again=True)
    assert problem(report, "web").code == "work_changed"
    assert (git["web"].head, git.remote_refs()) == (head, before)
    git["web"].write({"a": "1"})
    assert states(execute(git, plan, again=True)) == {"web": "published"}


def test_a_commit_of_the_users_own_is_not_taken_for_ours() -> None:
    """The branch moved since the plan: nothing is pushed."""
    git = FakeGit("web")
    git["web"].write({"a": "1"})
    plan, before = plan_work(git), git.remote_refs()
    git["web"].local_commit({"mine": "1"}, "feat: mine")
    report = execute(git, plan, again=True)
    assert problem(report, "web").code == "moved"
    assert git.remote_refs() == before


# --- Taking back


def undoing(git: FakeGit, made: dict[str, str], before: str) -> Plan:
    """Return the plan that takes a promotion of web back."""
    steps = (
        RestoreStep("stg", "stg", made[STG], before),
        DeleteTagStep(NAME, made[TAG]),
        PushStep((RefUpdate(STG, made[STG]), RefUpdate(TAG, made[TAG]))),
        MoveBackStep("stg", made[STG], before),
    )
    repo = RepoPlan("web", "web", State.PLANNED, steps, branch="stg", before=made[STG])
    return replace(plan_promotion(git), command="undo", repos=(repo,))


@pytest.fixture
def promoted(git: FakeGit) -> tuple[dict[str, str], str]:
    """Return what was published in web, and where stg stood before."""
    before = git["web"].remote.tip("stg")
    git["web"].make_branch("stg", before)
    report = execute(git, plan_promotion(git))
    return dict(outcome(report, "web").made), before


def test_undo_restores_branch_and_tag(git: FakeGit, promoted: tuple[dict[str, str], str]) -> None:
    """In one push, and the local branch follows."""
    made, before = promoted
    assert git["web"].local_tip("stg") == made[STG]
    report = execute(git, undoing(git, made, before))
    assert states(report) == {"web": "published"}
    assert git["web"].remote.tip("stg") == git["web"].local_tip("stg") == before
    assert TAG not in git["web"].remote.refs
    assert len(git["web"].remote.pushes) == 2


def test_undo_leaves_a_colleagues_commit(
    git: FakeGit, promoted: tuple[dict[str, str], str]
) -> None:
    """Neither the branch nor the tag is touched."""
    made, before = promoted
    plan = undoing(git, made, before)
    theirs = git["web"].remote.commit("stg", {"theirs": "1"})
    report = execute(git, plan)
    found = problem(report, "web")
    assert found.message.startswith(f"stg moved from {made[STG][:7]} to {theirs[:7]}")
    assert git["web"].remote.tip("stg") == theirs
    assert git["web"].remote.refs[TAG] == made[TAG]
    assert git["web"].local_tip("stg") == made[STG]


def test_undo_leaves_a_checked_out_branch(
    git: FakeGit, promoted: tuple[dict[str, str], str]
) -> None:
    """With a note that says how to set it back."""
    made, before = promoted
    git["web"].switch("stg")
    report = execute(git, undoing(git, made, before))
    assert git["web"].remote.tip("stg") == before
    assert git["web"].local_tip("stg") == made[STG]
    assert problem(report, "web").code == "local_branch_left"
    assert before[:7] in problem(report, "web").hint


def test_dev_is_no_part_of_it(git: FakeGit, promoted: tuple[dict[str, str], str]) -> None:
    """Only what the operation wrote is taken back."""
    made, before = promoted
    dev = git["web"].remote.refs[DEV]
    execute(git, undoing(git, made, before))
    assert git["web"].remote.refs[DEV] == dev
