"""The status as a document for scripts, and as a sentence for people."""

from __future__ import annotations

from dataclasses import replace

import pytest

from multigit.core.records.last_deployments import LastDeployment
from multigit.core.reports.status import (
    StatusRow,
    status_rows,
)
from multigit.core.reports.status_words import (
    status_document,
    status_exit_code,
    status_hint,
    status_sentence,
)
from multigit.core.values.merge import Merge, Reversal
from multigit.core.values.problem import Problem
from multigit.core.values.snapshot import Snapshot
from multigit.core.values.work_tree import WorkTree
from tests.core.builders import (
    API,
    DEV,
    STG,
    WEB,
    branch,
    change,
    clash,
    merge,
    refs,
    snapshot,
    unreadable,
    work,
    workspace,
)

SHOP = workspace(API)


AHEAD = refs(develop=branch("dev-2", "dev-3", ahead=1), staging=branch("stg-1", "stg-2", ahead=2))


OFFLINE = Problem("unreachable", "could not be fetched: no route to host.", "Check the network.")


def row(seen: Snapshot) -> StatusRow:
    """Return the row of api."""
    return status_rows(SHOP, (API,), {"api": seen})[0]


def hotfix() -> Merge:
    """Return a preview of main into stg that brings one commit."""
    return merge("main", "stg", ours="stg-1", theirs="main-2", commit="merge-9", commits=1)


REVERT = Reversal("aaaaaaaaaa", "Revert", 2, paths=("a.py", "b.py"))


def test_a_hint_has_the_message_that_the_stage_requires() -> None:
    """There is no hint if the repository could not be read."""
    found = row(snapshot(replace(merge(), reversals=(REVERT,))))
    strict = (DEV, replace(STG, require_message=True))
    assert 'promote dev stg -m "what comes" --dry-run' in status_hint([found], [strict])
    assert status_hint([replace(found, problems=(OFFLINE,))], [strict]) == ""


def test_the_document_of_a_status() -> None:
    """Every key is present, with a value or null."""
    tree = replace(
        work(change("a.py"), change("b.py", "untracked")),
        conflicted=("c.py",),
        ahead=1,
        behind=2,
        unfinished="merge",
    )
    seen = {
        "api": snapshot(clash("a.py"), refs=refs("deploy-20250115-150130"), work=tree),
        "web": unreadable(WEB),
    }
    assert status_document(status_rows(SHOP, (API, WEB), seen)) == {
        "schema": "multigit/1",
        "command": "status",
        "operation": None,
        "result": "failed",
        "exit_code": 1,
        "holds": [],
        "repos": [
            {
                "repo": "api",
                "path": "services/api",
                "branch": "develop",
                "head": "dev-2",
                "changed_files": 3,
                "ahead": 1,
                "behind": 2,
                "in_progress": "merge",
                "pairs": [
                    {
                        "source": "dev",
                        "target": "stg",
                        "state": "conflict",
                        "commits": 2,
                        "conflicts": ["a.py"],
                        "debt": 0,
                        "merge_owed": False,
                        "reverted": [],
                        "rolled_back": 0,
                        "held": 0,
                    },
                    {
                        "source": "stg",
                        "target": "main",
                        "state": "up_to_date",
                        "commits": 0,
                        "conflicts": [],
                        "debt": 0,
                        "merge_owed": False,
                        "reverted": [],
                        "rolled_back": 0,
                        "held": 0,
                    },
                ],
                "unpushed": {},
                "deploys": {"main": {"tag": "deploy-20250115-150130", "time": 1736949600}},
                "deployed": {},
                "rolled_back": {},
                "problems": [],
            },
            {
                "repo": "web",
                "path": "frontends/web",
                "branch": None,
                "head": None,
                "changed_files": None,
                "ahead": None,
                "behind": None,
                "in_progress": None,
                "pairs": [],
                "unpushed": {},
                "deploys": {},
                "deployed": {},
                "rolled_back": {},
                "problems": [
                    {
                        "code": "unreachable",
                        "message": "the remote cannot be reached.",
                        "hint": "Check the network.",
                        "severity": "block",
                        "files": [],
                    }
                ],
            },
        ],
        "problems": [],
        "message": "2 repositories: 1 with conflicts, 1 that could not be read.",
        "hint": None,
    }


def test_a_detached_and_an_unborn_head_are_null() -> None:
    """They are not empty texts."""
    rows = [row(snapshot(work=tree)) for tree in (work(on=""), work(head=""), WorkTree())]
    heads = [(r["branch"], r["head"]) for r in status_document(rows)["repos"]]
    assert heads == [(None, "dev-2"), ("develop", None), (None, None)]


@pytest.mark.parametrize(("seen", "code"), [(snapshot(clash("a")), 0), (unreadable(), 1)])
def test_only_what_could_not_be_read_is_a_failure(seen: Snapshot, code: int) -> None:
    """A conflict is a result of the status, not a failure."""
    rows = [row(seen)]
    assert status_exit_code(rows) == code
    assert status_document(rows)["result"] == ("failed" if code else "done")


@pytest.mark.parametrize(
    ("seen", "sentence"),
    [
        (snapshot(), "1 repository, all stages up to date."),
        (snapshot(merge()), "1 repository: 1 with commits to promote."),
        (snapshot(clash("a")), "1 repository: 1 with conflicts."),
        (snapshot(debts=(hotfix(),)), "1 repository: 1 with hotfixes to carry back."),
        (snapshot(refs=AHEAD), "1 repository: 1 with unpushed commits."),
        (unreadable(), "1 repository: 1 that could not be read."),
        (
            replace(snapshot(merge(), debts=(hotfix(),)), stale=OFFLINE),
            (
                "1 repository: 1 with commits to promote, 1 with hotfixes to carry back, "
                "1 that could not be read."
            ),
        ),
    ],
)
def test_what_matters_most_is_one_sentence(seen: Snapshot, sentence: str) -> None:
    """Only what exists is counted."""
    assert status_sentence([row(seen)]) == sentence


def test_a_repository_counts_once_in_the_sentence() -> None:
    """It does not matter how many of its stages have pending commits."""
    both = row(snapshot(merge(), merge("stg", "main", ours="main-1", theirs="stg-1")))
    assert status_sentence([both, row(snapshot())]) == (
        "2 repositories: 1 with commits to promote."
    )


@pytest.mark.parametrize(
    ("states", "said"),
    [
        (["failed"], "1 whose last deployment failed"),
        (["not_started", "succeeded"], "1 not fully deployed"),
        (["not_started", "failed"], "1 whose last deployment failed, 1 not fully deployed"),
    ],
)
def test_what_was_not_started_has_not_failed(states: list[str], said: str) -> None:
    """GitHub asked to wait, or the operation was interrupted before it reached a target."""
    deployed = {str(number): LastDeployment("", "", state) for number, state in enumerate(states)}
    found = replace(row(snapshot()), deployed=deployed)
    assert status_sentence([found]) == f"1 repository: {said}."


@pytest.mark.parametrize(
    ("states", "asked", "said"),
    [
        (["running"], True, " 1 deployment is running."),
        (["queued", "starting", "succeeded"], True, " 2 deployments are running."),
        (
            ["waiting", "checking", "unknown", "timed_out"],
            True,
            (
                " 1 deployment is running, 1 deployment is waiting for approval, 2 deployments "
                "have an unknown result."
            ),
        ),
        (["running"], False, " 1 deployment has an unknown result."),
        (["succeeded", "skipped"], True, ""),
    ],
)
def test_deployments_that_have_not_ended_are_counted(
    states: list[str], *, asked: bool, said: str
) -> None:
    """One is running only if its host was asked just now, as its mark in the table says."""
    deployed = {str(number): LastDeployment("", "", state) for number, state in enumerate(states)}
    found = replace(row(snapshot()), deployed=deployed, asked=frozenset(deployed if asked else ()))
    assert status_sentence([found]) == f"1 repository, all stages up to date.{said}"
