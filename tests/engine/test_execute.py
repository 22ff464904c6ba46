"""Prepare everything everywhere, then publish, and report the results."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from multigit.core.planning.plan import Result, State
from multigit.core.planning.steps import CommitStep
from multigit.core.values.git_answers import Publication, PushReport
from multigit.core.values.problem import Severity
from multigit.errors import GitError
from tests.engine.operations import (
    DEV,
    MAIN,
    NAMES,
    STG,
    TAG,
    TRAILER,
    Listening,
    execute,
    merge_step,
    outcome,
    plan_backmerge,
    plan_promotion,
    plan_work,
    problem,
    states,
)
from tests.support.fake_git import FakeGit, FakeRemote, Files

# --- Everything succeeds


def test_every_repository_is_published(git: FakeGit) -> None:
    """The planned merge is published with one tag for all; no other ref moves."""
    before, plan = git.remote_refs(), plan_promotion(git)
    report = execute(git, plan)
    assert (report.result, report.exit_code) == (Result.DONE, 0)
    assert states(report) == dict.fromkeys(NAMES, "published")
    for name, repo in git.repos.items():
        made = outcome(report, name).made
        assert (
            made[STG] == merge_step(plan, name).merge.result.commit == outcome(report, name).after
        )
        assert repo.remote.refs == {**before[name], STG: made[STG], TAG: made[TAG]}


def test_one_push_publishes_branch_and_tag(git: FakeGit) -> None:
    """Each ref is pushed with its lease, the value that it must still have."""
    plan = plan_promotion(git)
    before = git["api"].remote.tip("stg")
    made = outcome(execute(git, plan), "api").made
    publications = (Publication(STG, before, made[STG]), Publication(TAG, "", made[TAG]))
    assert git["api"].remote.pushes == [publications]


def test_the_tag_names_its_operation(git: FakeGit) -> None:
    """The tag has the message of the merge, then the trailer."""
    made = outcome(execute(git, plan_promotion(git)), "api").made
    tag = git["api"].objects.tags[made[TAG]]
    assert (tag.name, tag.target) == (TAG.removeprefix("refs/tags/"), made[STG])
    assert (
        tag.message == f"Merge dev into stg (sync verified)\n\n{TRAILER}" or TRAILER in tag.message
    )
    assert tag.message.endswith(f"\n\n{TRAILER}")


def test_repositories_without_anything_to_do_are_left_alone(git: FakeGit) -> None:
    """The report has them as planned."""
    git.add("idle")
    report = execute(git, plan_promotion(git))
    assert states(report)["idle"] == "up_to_date"
    assert git["idle"].remote.pushes == []


def test_all_steps_of_a_back_merge_go_in_one_push(git: FakeGit) -> None:
    """Both branches move together, and there is no tag."""
    for repo in git.repos.values():
        repo.remote.commit("main", {"hotfix": "1"})
    report = execute(git, plan_backmerge(git))
    assert states(report) == dict.fromkeys(NAMES, "published")
    for repo in git.repos.values():
        assert [[each.ref for each in push] for push in repo.remote.pushes] == [[STG, DEV]]
        assert "hotfix" in repo.objects.files(repo.remote.tip("dev"))


def test_the_listener_hears_of_both_phases(git: FakeGit) -> None:
    """Everything is prepared before the first push."""
    heard = Listening()
    report = execute(git, plan_promotion(git), jobs=1, listener=heard)
    after_api = outcome(report, "api").after[:7]
    assert heard.heard[:3] == [
        ("Preparing", *NAMES),
        ("api", "preparing"),
        ("api", "prepared", ""),
    ]
    middle = heard.heard.index(("Publishing", *NAMES))
    assert {event[1] for event in heard.heard[1:middle]} == {"preparing", "prepared"}
    assert heard.heard[middle + 1] == ("api", "pushing")
    assert ("api", "published", after_api) in heard.heard[middle + 2 :]


@pytest.mark.parametrize("jobs", [1, 2])
def test_no_more_repositories_are_pushed_at_a_time_than_jobs(git: FakeGit, jobs: int) -> None:
    """At most --jobs pushes run at the same time."""
    running, most, lock = 0, 0, threading.Lock()

    def count(remote: FakeRemote, publications: object) -> PushReport:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.03)
        with lock:
            running -= 1
        assert isinstance(publications, tuple | list)
        return remote.receive(publications)

    plan = plan_promotion(git)
    for repo in git.repos.values():
        repo.remote.next_push = count
    assert states(execute(git, plan, jobs=jobs)) == dict.fromkeys(NAMES, "published")
    assert most == jobs


# --- Nothing is pushed anywhere until everything is prepared


def test_ctrl_c_while_preparing_publishes_nothing(
    git: FakeGit, press_ctrl_c: Callable[[], None]
) -> None:
    """The report says so, and the exit code is 130."""
    before, plan = git.remote_refs(), plan_promotion(git)
    listener = Listening(interrupt_at("api", "preparing", press_ctrl_c))
    report = execute(git, plan, jobs=1, listener=listener)
    assert git.remote_refs() == before
    assert states(report) == dict.fromkeys(NAMES, "not_published")
    assert (report.interrupted, report.exit_code) == (True, 130)


def test_ctrl_c_while_publishing_lets_the_running_push_end(
    git: FakeGit, press_ctrl_c: Callable[[], None]
) -> None:
    """The report says what is published and what was not started."""
    before, plan = git.remote_refs(), plan_promotion(git)
    listener = Listening(interrupt_at("web", "pushing", press_ctrl_c))
    report = execute(git, plan, jobs=1, listener=listener)
    assert states(report) == {
        "api": "published",
        "web": "published",
        "worker": "not_published",
    }
    assert git.remote_refs()["worker"] == before["worker"]
    assert git["web"].remote.tip("stg") == outcome(report, "web").after
    assert (report.result, report.exit_code) == (Result.FAILED, 130)


def interrupt_at(repo: str, doing: str, press: Callable[[], None]) -> Callable[[str, str], object]:
    """Return a function that presses Ctrl-C at this event."""

    def act(*event: str) -> None:
        if event == (repo, doing):
            press()

    return act


# --- Push: commits of the work tree, and the promotion that follows


@pytest.fixture
def work() -> FakeGit:
    """Return two repositories with changed files on dev, one of which also has a local commit."""
    git = FakeGit("api", "web")
    git["api"].local_commit({"committed": "1"})
    for repo in git.repos.values():
        repo.write({"new": "1", "README.md": "changed"})
    return git


def test_push_commits_and_publishes(work: FakeGit) -> None:
    """One commit on top of what was not pushed yet; the work tree is clean afterwards."""
    report = execute(work, plan_work(work))
    assert states(report) == {"api": "published", "web": "published"}
    for name, repo in work.repos.items():
        assert repo.remote.tip("dev") == repo.local_tip("dev") == outcome(report, name).after
        assert repo.objects.commits[repo.local_tip("dev")].message == "feat: work"
        assert repo.work_tree().changes == ()
    assert "committed" in work["api"].objects.files(work["api"].remote.tip("dev"))


def test_push_and_its_promotion_are_one_push(work: FakeGit) -> None:
    """Both branches and the tag are pushed together; the merge is the planned one."""
    plan = plan_work(work, "stg")
    execute(work, plan)
    for name, repo in work.repos.items():
        assert [[each.ref for each in push] for push in repo.remote.pushes] == [[DEV, STG, TAG]]
        assert repo.remote.tip("stg") == merge_step(plan, name).merge.result.commit
        assert repo.objects.commits[repo.remote.tip("stg")].parents[1] == repo.remote.tip("dev")


def test_commits_that_are_there_already_are_only_pushed() -> None:
    """Without a change in the work tree no commit is made."""
    git = FakeGit("api")
    tip = git["api"].local_commit({"a": "1"})
    report = execute(git, plan_work(git))
    assert git["api"].remote.tip("dev") == tip == outcome(report, "api").after


def test_a_hook_that_changes_the_commit_changes_the_merge(work: FakeGit) -> None:
    """The merge is made again from the actual commit, with the planned parents."""

    def reformat(files: Files) -> Files:
        return {path: content.upper() for path, content in files.items()}

    work["web"].hook = reformat
    plan = plan_work(work, "stg")
    before = work["web"].remote.tip("stg")
    report = execute(work, plan)
    web = work["web"]
    merged = web.remote.tip("stg")
    assert states(report) == {"api": "published", "web": "published"}
    assert merged != merge_step(plan, "web").merge.result.commit
    assert web.objects.commits[merged].parents == (before, web.remote.tip("dev"))
    assert web.objects.files(merged)["README.md"] == "CHANGED"
    assert work["api"].remote.tip("stg") == merge_step(plan, "api").merge.result.commit
    tag = web.objects.tags[web.remote.refs[TAG]]
    assert tag.target == merged


def test_a_hook_whose_change_conflicts_stops_all(work: FakeGit) -> None:
    """The commit stays, and nothing is pushed."""

    def rewrite(files: Files) -> Files:
        return {**files, "hotfix": "dev's"}

    work["web"].remote.commit("stg", {"hotfix": "stg's"})
    work["web"].hook = rewrite
    before = work.remote_refs()
    report = execute(work, plan_work(work, "stg"))
    assert work.remote_refs() == before
    assert states(report) == {"api": "not_published", "web": "failed"}
    assert problem(report, "web").code == "merge_changed"
    assert work["web"].objects.files(work["web"].local_tip("dev"))["hotfix"] == "dev's"


def test_a_hook_that_refuses_stops_all(work: FakeGit) -> None:
    """Nothing is pushed, and the commits made in other repositories are reported."""

    def refuse(_files: Files) -> Files:
        raise GitError("git commit failed: tests are red")

    work["web"].hook = refuse
    before, plan = work.remote_refs(), plan_work(work)
    report = execute(work, plan)
    assert work.remote_refs() == before
    assert states(report) == {"api": "not_published", "web": "failed"}
    assert problem(report, "web").message == "git commit failed: tests are red"
    assert work["web"].files["new"] == "1"
    found = problem(report, "api")
    assert (found.code, found.severity) == ("committed_locally", Severity.WARN)
    assert found.message.startswith(f"dev has the commit {work['api'].head[:7]}, not pushed yet")


def test_hooks_can_be_skipped(work: FakeGit) -> None:
    """With --no-verify the hook does not run."""

    def refuse(_files: Files) -> Files:
        raise GitError("git commit failed: tests are red")

    work["web"].hook = refuse
    plan = plan_work(work, verify=False)
    assert {s.verify for r in plan.repos for s in r.steps if isinstance(s, CommitStep)} == {False}
    assert states(execute(work, plan)) == {"api": "published", "web": "published"}


def test_commits_stay_when_a_push_fails(work: FakeGit) -> None:
    """The commits stay local, and the report says so."""
    plan = plan_work(work)
    before = work["web"].remote.tip("dev")
    work["web"].remote.reject(DEV, "protected")
    report = execute(work, plan)
    assert states(report) == {"api": "published", "web": "failed"}
    assert work["web"].remote.tip("dev") == before
    assert outcome(report, "web").made[DEV] == work["web"].local_tip("dev")


# --- Blocked and skipped repositories


def test_a_skipped_repository_stays_out(git: FakeGit) -> None:
    """The others are published without it."""
    git["web"].remote.commit("dev", {"a": "dev"})
    git["web"].remote.commit("stg", {"a": "stg"})
    before = git.remote_refs()["web"]
    plan = plan_promotion(git, skip_blocked=True)
    report = execute(git, plan)
    assert states(report) == {"api": "published", "web": "skipped", "worker": "published"}
    assert git.remote_refs()["web"] == before
    assert [repo.state for repo in plan.repos][1] is State.SKIPPED
    assert report.exit_code == 0


def test_promotions_go_to_production_in_the_same_way(git: FakeGit) -> None:
    """The promotion to the next stage has its own tag."""
    execute(git, plan_promotion(git))
    report = execute(git, plan_promotion(git, "stg", "main"))
    assert states(report) == dict.fromkeys(NAMES, "published")
    api = git["api"].remote
    assert api.objects.tags[api.refs["refs/tags/deploy-20250115-150130"]].target == api.refs[MAIN]
