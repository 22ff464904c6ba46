"""Pull: repositories are independent, so a failure in one does not affect the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from multigit.core.planning.plan import Result
from multigit.core.planning.publish_steps import PushStep
from multigit.core.values.git_answers import RefQuery
from tests.engine.operations import (
    DEV,
    MAIN,
    Listening,
    outcome,
    plan_update,
    problem,
    states,
    update,
)
from tests.support.fake_git import FakeGit

NAMES = ("api", "web", "worker")


@pytest.fixture
def git() -> FakeGit:
    """Return three repositories whose dev has moved on the remote."""
    git = FakeGit(*NAMES)
    for repo in git.repos.values():
        repo.remote.commit("dev", {"new": "1"})
    return git


def test_checked_out_branches_move_with_their_files(git: FakeGit) -> None:
    """Untracked files stay."""
    git["api"].write({"mine": "1"})
    report = update(git, plan_update(git))
    assert (report.result, report.exit_code) == (Result.DONE, 0)
    assert states(report) == dict.fromkeys(NAMES, "updated")
    for repo in git.repos.values():
        assert repo.local_tip("dev") == repo.remote.tip("dev")
        assert repo.files["new"] == "1"
    assert git["api"].files["mine"] == "1"
    assert outcome(report, "api").made == {DEV: git["api"].local_tip("dev")}


def test_other_branches_move_without_their_files(git: FakeGit) -> None:
    """The checked-out branch and its files stay as they are."""
    git["api"].create_branch("main")
    tip = git["api"].remote.commit("main", {"released": "1"})
    before = dict(git["api"].files)
    report = update(git, plan_update(git, "main"))
    assert git["api"].local_tip("main") == tip
    assert (git["api"].branch, git["api"].files) == ("dev", before)
    assert outcome(report, "api").made == {MAIN: tip}


def test_a_missing_local_branch_is_created(git: FakeGit) -> None:
    """It has its upstream and is not checked out."""
    update(git, plan_update(git, "main"))
    assert git["api"].local_tip("main") == git["api"].remote.tip("main")
    assert git["api"].upstreams == {"dev", "main"}
    assert git["api"].branch == "dev"


def test_switch_checks_the_branch_out(git: FakeGit) -> None:
    """The branch is checked out after it was created or updated."""
    git["api"].create_branch("main")
    tip = git["api"].remote.commit("main", {"released": "1"})
    report = update(git, plan_update(git, "main", switch=True))
    assert states(report) == dict.fromkeys(NAMES, "updated")
    assert {repo.branch for repo in git.repos.values()} == {"main"}
    assert (git["api"].head, git["api"].files["released"]) == (tip, "1")


@pytest.mark.parametrize("stage", ["dev", "main"])
def test_a_missing_repository_is_cloned(git: FakeGit, stage: str) -> None:
    """The stage's branch is checked out, whether or not it is the remote's default."""
    git["web"].remove()
    report = update(git, plan_update(git, stage))
    assert states(report)["web"] == "updated"
    assert (git["web"].branch, git["web"].head) == (stage, git["web"].remote.tip(stage))


def test_a_clone_that_fails_is_that_repositorys_own_failure(git: FakeGit) -> None:
    """The others are updated."""
    git["web"].remove()
    plan = plan_update(git)
    git["web"].remote.reachable = False
    report = update(git, plan)
    assert states(report) == {"api": "updated", "web": "failed", "worker": "updated"}
    assert problem(report, "web").code == "unreachable"
    assert (report.result, report.exit_code) == (Result.FAILED, 1)


def test_a_clone_without_the_stages_branch_fails(git: FakeGit) -> None:
    """The clone stays on the default branch."""
    git["web"].remove()
    git["web"].remote.delete("dev")
    report = update(git, plan_update(git))
    assert states(report)["web"] == "failed"
    assert git["web"].branch == "main"


def test_a_file_that_came_in_the_way_meanwhile_stays(git: FakeGit) -> None:
    """The update fails, and the file stays."""
    plan = plan_update(git)
    before = git["web"].local_tip("dev")
    git["web"].write({"new": "mine"})
    report = update(git, plan)
    assert states(report)["web"] == "failed"
    assert (git["web"].files["new"], git["web"].local_tip("dev")) == ("mine", before)


@pytest.mark.parametrize("verb", ["update_work_tree", "switch", "fast_forward"])
def test_an_update_is_believed_only_when_the_branch_is_there(
    git: FakeGit, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """Git may succeed without moving the branch, which is a failure."""
    stage = "dev" if verb == "update_work_tree" else "main"
    if stage == "main":
        git["web"].create_branch("main")
        git["web"].remote.commit("main", {"released": "1"})
    plan = plan_update(git, stage, switch=verb == "switch")
    monkeypatch.setattr(git["web"], verb, lambda *_: "")
    report = update(git, plan)
    assert states(report) == {"api": "updated", "web": "failed", "worker": "updated"}
    assert problem(report, "web").code == "not_updated"


def test_a_commit_of_a_hook_on_top_of_an_update_is_fine(
    git: FakeGit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The branch contains the planned commit."""
    web = git["web"]
    monkeypatch.setattr(
        web,
        "update_work_tree",
        lambda branch, commit: (
            type(web).update_work_tree(web, branch, commit),
            web.local_commit({"stamp": "1"}),
        ),
    )
    assert set(states(update(git, plan_update(git))).values()) == {"updated"}


def test_a_branch_that_got_commits_meanwhile_stays(git: FakeGit) -> None:
    """The problem has git's reason."""
    start = git["web"].own_refs["refs/remotes/origin/main"]
    git["web"].make_branch("main", start)
    git["web"].remote.commit("main", {"released": "1"})
    plan = plan_update(git, "main")
    own = git["web"].local_commit({"own": "1"})
    git["web"].make_branch("main", own)
    report = update(git, plan)
    found = problem(report, "web")
    assert found.code == "local_branch_left"
    assert found.message == "main was left as is: non-fast-forward."
    assert git["web"].local_tip("main") == own


def test_a_blocked_repository_is_reported_beside_the_updated_ones(git: FakeGit) -> None:
    """Exit code 3, because someone has to fix it."""
    git["web"].write({"README.md": "mine"})
    report = update(git, plan_update(git))
    assert states(report) == {"api": "updated", "web": "blocked", "worker": "updated"}
    assert (report.result, report.exit_code) == (Result.BLOCKED, 3)
    assert git["web"].files["README.md"] == "mine"


def test_nothing_to_do_is_done(git: FakeGit) -> None:
    """Exit code 0, and no repository is updated."""
    update(git, plan_update(git))
    report = update(git, plan_update(git))
    assert states(report) == dict.fromkeys(NAMES, "up_to_date")
    assert report.exit_code == 0


def test_pull_pushes_nothing(git: FakeGit) -> None:
    """No remote ref moves."""
    git["api"].local_commit({"own": "1"})
    before = git.remote_refs()
    update(git, plan_update(git, switch=True))
    assert git.remote_refs() == before


def test_ctrl_c_lets_the_running_update_end(git: FakeGit, press_ctrl_c: Callable[[], None]) -> None:
    """A repository that was not started is reported with a hint."""

    def act(repo: str, _doing: str) -> None:
        if repo == "web":
            press_ctrl_c()

    report = update(git, plan_update(git), jobs=1, listener=Listening(act))
    assert states(report) == {"api": "updated", "web": "updated", "worker": "failed"}
    assert problem(report, "worker").message == "was not started."
    assert problem(report, "worker").hint == "Run the command again."
    assert report.exit_code == 130
    git["worker"].fetch(RefQuery(("dev",)))
    assert git["worker"].local_tip("dev") != git["worker"].remote.tip("dev")


def test_the_listener_hears_of_clones_and_updates(git: FakeGit) -> None:
    """Clones, which take longer, have their own word."""
    git["web"].remove()
    heard = Listening()
    update(git, plan_update(git), jobs=1, listener=heard)
    assert heard.heard == [
        ("Updating", *NAMES),
        ("api", "updating"),
        ("api", "updated", ""),
        ("web", "cloning"),
        ("web", "updated", ""),
        ("worker", "updating"),
        ("worker", "updated", ""),
    ]


def test_a_step_of_another_kind_is_a_bug(git: FakeGit) -> None:
    """An unexpected step raises an error."""
    plan = plan_update(git)
    strange = replace(plan.repos[0], steps=(PushStep(()),))
    with pytest.raises(TypeError):
        update(git, replace(plan, repos=(strange,)))
