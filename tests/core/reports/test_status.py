"""The status: one row per repository, from its snapshot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.planning.plan import State
from multigit.core.records.last_deployments import LastDeployment
from multigit.core.reports.status import (
    Pair,
    StatusRow,
    Unpushed,
    last_deploys,
    status_rows,
    went_back,
)
from multigit.core.reports.status_words import (
    status_exit_code,
    status_hint,
    status_sentence,
)
from multigit.core.values.clone_facts import CloneFacts
from multigit.core.values.commits import PendingCommits
from multigit.core.values.merge import Evidence, Merge, Reversal
from multigit.core.values.problem import Problem
from multigit.core.values.refs import Tag
from multigit.core.values.snapshot import Snapshot
from tests.core.builders import (
    API,
    NEWEST,
    STAGES,
    UNREADABLE,
    WEB,
    branch,
    change,
    clash,
    merge,
    nothing,
    refs,
    snapshot,
    unreadable,
    work,
    workspace,
)

SHOP = workspace(API)


AHEAD = refs(develop=branch("dev-2", "dev-3", ahead=1), staging=branch("stg-1", "stg-2", ahead=2))


LEVEL = Pair("stg", "main")


OFFLINE = Problem("unreachable", "could not be fetched: no route to host.", "Check the network.")


BRANCHES = {"dev": "develop", "stg": "staging", "main": "master"}


def row(seen: Snapshot) -> StatusRow:
    """Return the row of api."""
    return status_rows(SHOP, (API,), {"api": seen})[0]


def pairs(*forward: Merge, debts: tuple[Merge, ...] = ()) -> tuple[Pair, ...]:
    """Return the pairs of api for these previews."""
    return row(snapshot(*forward, debts=debts)).pairs


# --- Rows


def hotfix() -> Merge:
    """Return a preview of main into stg that brings one commit."""
    return merge("main", "stg", ours="stg-1", theirs="main-2", commit="merge-9", commits=1)


def test_a_row_holds_all_facts() -> None:
    """It has pending commits, hotfixes to carry back, the last deployment and changed files."""
    tree = work(change("a.py"))
    seen = snapshot(merge(), refs=refs("stg-deploy-20250115-150130"), work=tree, debts=(hotfix(),))
    assert row(seen) == StatusRow(
        repo="api",
        path="services/api",
        work=tree,
        pairs=(Pair("dev", "stg", commits=3), Pair("stg", "main", debt=1)),
        deploys={"stg": Tag("stg-deploy-20250115-150130", 1736949600)},
        problems=(),
        branches=BRANCHES,
    )


def test_rows_are_in_the_order_of_the_repositories() -> None:
    """The order of the snapshots does not matter."""
    seen = {"api": snapshot(), "web": snapshot(repo=WEB)}
    assert [each.repo for each in status_rows(SHOP, (WEB, API), seen)] == ["web", "api"]


def test_an_unreadable_repository_has_a_row_with_the_reason() -> None:
    """The row says nothing about its stages but which of them are neighbors."""
    unread = frozenset({("dev", "stg"), ("stg", "main")})
    blank = StatusRow(
        "api", "services/api", None, (), {}, (UNREADABLE,), branches=BRANCHES, unread=unread
    )
    assert row(unreadable()) == blank


def test_an_unreadable_repository_has_only_its_own_pairs() -> None:
    """Nothing is unknown about a pair that it does not have."""
    short = replace(API, stages=("dev", "main"))
    (found,) = status_rows(workspace(short), (short,), {"api": unreadable()})
    assert found.unread == {("dev", "main")}


# --- Pairs


def test_what_was_fetched_last_is_shown_with_a_warning_that_it_is_old() -> None:
    """An unreachable remote hides nothing."""
    seen = row(replace(snapshot(merge()), stale=OFFLINE))
    assert seen.pairs[0].commits == 3
    assert seen.problems == (OFFLINE,)


def test_stages_without_previews_are_up_to_date() -> None:
    """There is nothing to promote or to carry back."""
    assert pairs() == (Pair("dev", "stg"), LEVEL)
    assert [pair.state for pair in pairs()] == ["up_to_date", "up_to_date"]


def test_waiting_commits_are_counted() -> None:
    """Merge commits are not counted."""
    assert pairs(merge(commits=4)) == (Pair("dev", "stg", commits=4), LEVEL)
    assert pairs(merge())[0].state == "waiting"


def test_commits_without_content_do_not_wait() -> None:
    """After a hotfix was carried back, for example, there is nothing to promote."""
    cherry_picked = replace(nothing(), waiting=PendingCommits(2, NEWEST))
    assert pairs(cherry_picked) == (Pair("dev", "stg"), LEVEL)


@pytest.mark.parametrize("files", [("a.py", "b.py"), ()])
def test_a_conflict_comes_before_what_waits(files: tuple[str, ...]) -> None:
    """The files are listed if git names them."""
    pair = pairs(clash(*files))[0]
    assert pair == Pair("dev", "stg", commits=2, blocked=True, conflicts=files)
    assert pair.state == "conflict"


def test_unrelated_histories_count_as_a_conflict() -> None:
    """Neither can be merged automatically."""
    assert pairs(clash(unrelated=True))[0].state == "conflict"


REVERT = Reversal("aaaaaaaaaa", "Revert", 2, paths=("a.py", "b.py"))


ONE_FILE = replace(REVERT, lost=0, kind=Evidence.CONTENT, deletes=True, slight=True)


def test_reverted_work_comes_before_what_waits() -> None:
    """It blocks a promotion, even if nothing is pending."""
    for seen in (merge(), nothing()):
        pair = pairs(replace(seen, reversals=(REVERT,)))[0]
        assert (pair.state, pair.reverted) == ("reverted", (REVERT,))
        found = row(snapshot(replace(seen, reversals=(REVERT,))))
        assert status_sentence([found]) == "1 repository: 1 with reverted work."
        hint = "To see how to keep that work: multigit promote dev stg --dry-run"
        assert status_hint([found], SHOP.pairs()) == hint


@pytest.mark.parametrize("reversal", [replace(REVERT, accepted="merge-8"), ONE_FILE])
def test_what_a_promotion_only_warns_of_is_not_insisted_on(reversal: Reversal) -> None:
    """For example, it was accepted, or it is a single deleted file."""
    found = row(snapshot(replace(merge(), reversals=(reversal,))))
    assert (found.pairs[0].state, found.pairs[0].reverted) == ("waiting", ())
    assert status_hint([found], SHOP.pairs()) == ""


def test_a_revert_is_not_a_hotfix_to_carry_back() -> None:
    """It blocks a back-merge instead, and other commits still count as hotfixes."""
    pair = Pair("stg", "main", debt=3, reverted=(REVERT, replace(REVERT, is_merge=True)))
    assert pair.hotfixes == 2
    assert replace(pair, debt=1).hotfixes == 0


def test_a_shallow_clone_has_no_pairs() -> None:
    """Counts and merges would be wrong."""
    found = row(replace(snapshot(merge()), facts=CloneFacts(shallow=True)))
    assert (found.pairs, [each.code for each in found.problems]) == ((), ["shallow"])
    assert status_sentence([found]) == "1 repository: 1 in a shallow clone."
    assert status_exit_code([found]) == 1


def test_a_conflict_comes_before_reverted_work() -> None:
    """The conflict has to be resolved anyway, and both are reported."""
    pair = pairs(replace(clash("a.py"), reversals=(REVERT,)))[0]
    assert (pair.state, pair.reverted) == ("conflict", (REVERT,))


def test_hotfix_debt_is_what_a_later_stage_has_and_an_earlier_one_lacks() -> None:
    """It belongs to the pair, whatever is pending there."""
    assert pairs(debts=(hotfix(),)) == (Pair("dev", "stg"), Pair("stg", "main", debt=1))


def test_debt_without_content_does_not_count() -> None:
    """For example, a hotfix that was cherry-picked does not have to be carried back."""
    picked = nothing("main", "stg", theirs="main-2")
    assert pairs(debts=(replace(picked, waiting=PendingCommits(1, NEWEST)),)) == (
        Pair("dev", "stg"),
        LEVEL,
    )


def test_debt_that_conflicts_is_still_owed() -> None:
    """It is reported as debt, and the state of the pair stays the same."""
    owed = clash("a.py", source="main", target="stg", ours="stg-1", theirs="main-2")
    pair = pairs(debts=(owed,))[1]
    assert (pair.debt, pair.state) == (2, "up_to_date")


def test_a_branch_missing_on_the_remote_is_named_by_its_stage() -> None:
    """It is named in both of its pairs."""
    seen = row(snapshot(refs=refs(staging=branch("", "stg-1"))))
    assert [(pair.state, pair.missing) for pair in seen.pairs] == [
        ("missing", ("stg",)),
        ("missing", ("stg",)),
    ]


# --- Deploys


def test_two_branches_may_be_missing() -> None:
    """Both are named then."""
    seen = row(snapshot(refs=refs(staging=branch(), develop=branch())))
    assert seen.pairs[0].missing == ("dev", "stg")


def test_the_last_deploy_of_a_stage_is_its_newest_tag() -> None:
    """Tags are ordered by time, and tags of other stages or made by hand are ignored."""
    tags = [
        Tag("deploy-20250110-100000", 1),
        Tag("stg-deploy-20250111-100000", 2),
        Tag("deploy-20250111-100000-2", 3),
        Tag("stg-deploy-latest", 4),
        Tag("v1.0", 5),
    ]
    assert last_deploys(STAGES, tags) == {"stg": tags[1], "main": tags[2]}


def test_a_stage_that_was_never_deployed_has_none() -> None:
    """It may have no tags at all."""
    assert last_deploys(STAGES, ()) == {}


def test_an_earlier_release_differs_from_one_that_was_not_fetched() -> None:
    """The newest known release may be older than the one that was just published."""
    older, newest = Tag("deploy-20250110-100000", 1), Tag("deploy-20250111-100000", 2)
    deploys = {"main": newest}
    for release, stages in (
        (older.name, {"main"}),
        (newest.name, set()),
        ("deploy-20250112-100000", set()),
    ):
        deployed = {"main": LastDeployment(release, "2025-01-12T10:00:00Z", "succeeded")}
        assert went_back(deployed, deploys, [older, newest]) == stages, release


def test_unpushed_commits_are_counted_by_stage() -> None:
    """Each branch is compared with the remote's, whether or not it is checked out."""
    seen = row(snapshot(refs=AHEAD, work=work()))
    assert seen.unpushed == (Unpushed("dev", "develop", 1), Unpushed("stg", "staging", 2))
    assert [each.stage for each in seen.unpushed_elsewhere()] == ["stg"]
    only_here = refs(develop=branch("", "dev-3", ahead=1), staging=branch("stg-1"))
    assert row(snapshot(refs=only_here)).unpushed == ()


def test_states_of_a_pair_are_words_of_the_json() -> None:
    """A state that a plan has, too, is the same word."""
    assert str(State.UP_TO_DATE) == Pair("dev", "stg").state
