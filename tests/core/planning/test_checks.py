"""Each check finds what blocks a repository, and says what to run next."""

from __future__ import annotations

import pytest

from multigit.core.planning import checks
from multigit.core.planning.sides import Sides
from multigit.core.values.clone_facts import CloneFacts, Detour
from multigit.core.values.problem import Problem, Severity
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.text import shortened
from multigit.core.values.work_tree import WorkTree
from multigit.errors import USAGE, UsageError
from multigit.hints import Hint
from tests.core.builders import (
    API,
    DEV,
    FACTS,
    MAIN,
    STG,
    UNREADABLE,
    branch,
    clash,
    merge,
    refs,
    snapshot,
    unreadable,
)


@pytest.mark.parametrize("message", ["feat: x", "title\n\nbody\tmore", "Größe: 5 €, 日本語"])
def test_a_message_may_contain_any_plain_text(message: str) -> None:
    """Line breaks, tabs and letters of every script are fine."""
    checks.check_message(message)


@pytest.mark.parametrize("message", ["", "   ", "\n\t\n", "\u3000"])
def test_an_empty_message_is_refused(message: str) -> None:
    """White space alone counts as empty."""
    with pytest.raises(UsageError, match=r"The message is empty\.") as caught:
        checks.check_message(message)
    assert caught.value.hint == 'Pass one: -m "what changes and why".'
    assert caught.value.exit_code == USAGE


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("a\x1b[31mb", "U+001B"),
        ("a\rb", "U+000D"),
        ("a\x00", "U+0000"),
        ("a\x7f", "U+007F"),
        ("a\x9b31m", "U+009B"),
        ("a\u202eb", "U+202E"),
        ("a\u200bb", "U+200B"),
        ("a\udc80b", "U+DC80"),
    ],
)
def test_a_message_must_not_control_a_terminal(message: str, shown: str) -> None:
    """The error names the character, since it is invisible."""
    with pytest.raises(UsageError) as caught:
        checks.check_message(message)
    assert caught.value.message == f"The message contains the control character {shown}."
    assert caught.value.hint == "Write the message in plain text."
    assert caught.value.code == "message_control_character"


def test_an_unreadable_repository_is_reported() -> None:
    """The problem is the reason why it could not be read."""
    assert list(checks.unreadable(unreadable())) == [UNREADABLE]
    assert list(checks.unreadable(snapshot())) == []


def test_a_healthy_clone_can_publish() -> None:
    """It has its full history, one push URL and an identity."""
    assert list(checks.unpublishable(API, snapshot(), "origin")) == []


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        (
            CloneFacts(shallow=True, identity="Ada"),
            Problem(
                "shallow",
                "has a shallow clone, in which merges cannot be trusted.",
                "Run: git -C services/api fetch --unshallow",
            ),
        ),
        (
            CloneFacts(push_urls=2, identity="Ada"),
            Problem(
                "several_push_urls",
                "hub has 2 push URLs, so no push can be atomic.",
                "To push to where it fetches from, run: "
                "git -C services/api config --unset-all remote.hub.pushurl",
            ),
        ),
        (
            CloneFacts(mirror=True, identity="Ada"),
            Problem(
                "mirror_remote",
                "hub is a mirror: git pushes all branches and tags to it, or none.",
                "Run: git -C services/api config --unset-all remote.hub.mirror",
            ),
        ),
        (
            CloneFacts(detour=Detour("fork", "x:api"), identity="Ada"),
            Problem(
                "other_push_url",
                "hub is fetched from x:api, but pushed to fork.",
                'If that is intended, set push_url = "fork" in [repos.api]; if not, run: '
                "git -C services/api config --unset-all remote.hub.pushurl",
            ),
        ),
        (
            CloneFacts(detour=Detour("fork", "x:api", own=False), identity="Ada"),
            Problem(
                "other_push_url",
                "hub is fetched from x:api, but pushed to fork.",
                'If that is intended, set push_url = "fork" in [repos.api]; if not, correct '
                "pushInsteadOf: git -C services/api remote -v",
            ),
        ),
        (
            CloneFacts(detour=Detour("x:api", "x:a b", named=True), identity="Ada"),
            Problem(
                "other_push_url",
                "hub is pushed to x:api, but push_url names x:a b.",
                "Run: git -C services/api remote set-url --push hub 'x:a b'",
            ),
        ),
        (
            CloneFacts(detour=Detour("no_push", "x:api", nowhere=True), identity="Ada"),
            Problem(
                "push_disabled",
                "pushing to hub is disabled: its push URL is no_push.",
                "To push again, run: git -C services/api config --unset-all remote.hub.pushurl",
            ),
        ),
        (
            CloneFacts(),
            Problem(
                "no_identity",
                "no name and e-mail address are configured for commits.",
                Hint.IDENTITY,
            ),
        ),
    ],
)
def test_what_keeps_a_clone_from_publishing(facts: CloneFacts, problem: Problem) -> None:
    """Each fact is a separate problem, with the command that fixes it."""
    assert list(checks.unpublishable(API, snapshot(facts=facts), "hub")) == [problem]


def test_all_problems_are_reported_at_once() -> None:
    """No one has to fix one problem only to see the next one."""
    facts = CloneFacts(shallow=True, push_urls=3)
    codes = [p.code for p in checks.unpublishable(API, snapshot(facts=facts), "origin")]
    assert codes == ["shallow", "several_push_urls", "no_identity"]


def test_an_unreadable_repository_has_no_other_problem() -> None:
    """Its facts and refs are unknown, not wrong."""
    assert list(checks.unpublishable(API, unreadable(), "origin")) == []
    assert list(checks.missing_branches(API, unreadable(), "origin", (DEV, STG))) == []


def test_each_branch_that_the_remote_lacks_is_reported() -> None:
    """A local branch makes no difference, since only the remote counts."""
    seen = snapshot(refs=refs(staging=branch("", "stg-1"), master=branch()))
    assert list(checks.missing_branches(API, seen, "origin", (DEV, STG, MAIN))) == [
        Problem(
            "branch_missing",
            "origin has no branch staging.",
            "To create it from develop, run: git -C services/api push origin "
            "refs/remotes/origin/develop:refs/heads/staging",
        ),
        Problem(
            "branch_missing",
            "origin has no branch master.",
            "To create it from develop, run: git -C services/api push origin "
            "refs/remotes/origin/develop:refs/heads/master",
        ),
    ]


SIDES = Sides(API, "origin", "develop", "staging", forward=True)
BY_HAND = (
    "Resolve it on develop: cd services/api && git -c checkout.defaultRemote=origin "
    "switch develop && git pull --no-rebase origin develop && "
    "git merge origin/staging; then resolve, commit, git push origin HEAD:develop, "
    "and run the command again."
)


@pytest.mark.parametrize(
    ("files", "where"),
    [
        (("a.py",), " in 1 file: a.py"),
        (("a", "b", "c"), " in 3 files: a, b, c"),
        (("a", "b", "c", "d", "e"), " in 5 files: a, b, c and 2 more"),
        ((), " over renamed folders"),
    ],
)
def test_a_conflict_names_its_files(files: tuple[str, ...], where: str) -> None:
    """The message has up to three, and scripts get all of them; git may not name any."""
    found = checks.unmergeable(clash(*files), SIDES)
    message = f"develop conflicts with staging{where}."
    assert list(found) == [Problem("conflict", message, BY_HAND, files=files)]


def test_unrelated_histories_are_not_a_conflict() -> None:
    """They have a different code and hint."""
    found = checks.unmergeable(clash(unrelated=True), SIDES)
    assert list(found) == [
        Problem(
            "unrelated_histories",
            "develop and staging have no commit in common.",
            "Check that the remote is the right one.",
        )
    ]


def test_a_merge_that_works_is_not_reported() -> None:
    """It causes no problem."""
    assert list(checks.unmergeable(merge(), SIDES)) == []


@pytest.mark.parametrize(("ahead", "what"), [(1, "1 unpushed commit"), (2, "2 unpushed commits")])
def test_unpushed_commits_of_the_source_are_reported(ahead: int, what: str) -> None:
    """They are a warning, since a promotion uses what the remote has."""
    seen = snapshot(refs=refs(develop=branch("dev-2", "dev-3")), ahead=ahead)
    assert list(checks.unpushed_source(seen, DEV)) == [
        Problem(
            "unpushed_commits",
            f"develop has {what}, not included here.",
            "To include them, run multigit push dev first.",
            Severity.WARN,
        )
    ]


def test_a_source_without_local_commits_is_fine() -> None:
    """It may be behind; a branch that is missing on the remote is a separate problem."""
    behind = snapshot(refs=refs(develop=branch("dev-2", "dev-1")), behind=1)
    assert list(checks.unpushed_source(behind, DEV)) == []
    only_here = snapshot(refs=refs(develop=branch("", "dev-1")), ahead=1)
    assert list(checks.unpushed_source(only_here, DEV)) == []


def test_a_merge_under_way_comes_before_its_unmerged_files() -> None:
    """One hint is enough, which is how to finish or abort the merge."""
    work = WorkTree("develop", "dev-2", unfinished="merge", conflicted=("a.py",))
    assert list(checks.unfinished_work(API, work)) == [
        Problem(
            "operation_in_progress",
            "a merge is under way in the work tree.",
            "Finish it, or run: git -C services/api merge --abort",
        )
    ]


def test_unmerged_files_are_listed() -> None:
    """For example, those that `git stash pop` left."""
    work = WorkTree("develop", "dev-2", conflicted=("a.py", "b.py"))
    assert list(checks.unfinished_work(API, work)) == [
        Problem(
            "unmerged_files",
            "unmerged files: a.py, b.py.",
            "Resolve them, then run: git -C services/api add a.py b.py",
            files=("a.py", "b.py"),
        )
    ]


def test_a_work_tree_without_unfinished_work_is_fine() -> None:
    """It causes no problem."""
    assert list(checks.unfinished_work(API, WorkTree("develop", "dev-2"))) == []


@pytest.mark.parametrize(
    ("names", "listed"),
    [(("a",), "a"), (("a", "b"), "a, b"), (("a", "b", "c"), "a, b and 1 more")],
)
def test_a_list_in_a_sentence_is_cut(names: tuple[str, ...], listed: str) -> None:
    """It never ends with “and 0 more”."""
    assert shortened(names, limit=2) == listed


def test_an_empty_snapshot_is_harmless() -> None:
    """It has no remote branches."""
    seen = Snapshot("api", facts=FACTS)
    codes = [p.code for p in checks.missing_branches(API, seen, "origin", (DEV,))]
    assert codes == ["branch_missing"]
