"""Back-merge: a hotfix is merged main → stg → dev, all of it or nothing."""

from __future__ import annotations

import pytest

from tests.cli.answers import (
    DONE,
    FAILED,
    REFUSED,
    USAGE,
    codes,
    count_pushes,
    merge_facts,
    only_following,
    rows,
    states,
    subject,
)
from tests.support.forge import Forge, ForgeRepo, untouched


def hotfixed(forge: Forge, name: str) -> ForgeRepo:
    """Add a repository with a hotfix on main and other work on stg and dev."""
    repo = forge.add(name, files={"a.txt": "1\n2\n3\n4\n5\n6\n7\n"})
    repo.commit("dev", {"dev.txt": "1\n"}, message="feat: on dev")
    repo.commit("stg", {"stg.txt": "1\n"}, message="feat: on stg")
    repo.commit("main", {"a.txt": "1\n2\n3\n4\n5\n6\nseven\n"}, message="fix: seven")
    return repo


@pytest.fixture
def pair(forge: Forge) -> Forge:
    """Return a workspace of two repositories that both have a hotfix on main."""
    for name in ("database", "api"):
        hotfixed(forge, name)
    forge.write_config()
    return forge


def test_hotfix_goes_down_to_dev_in_one_push_per_repository(pair: Forge) -> None:
    """The second merge builds on the first; both are published in one atomic push without a tag."""
    repos = pair.repos
    before = {name: repo.remote_refs() for name, repo in repos.items()}
    first = {name: repo.merge_by_git("stg", "main")[0] for name, repo in repos.items()}
    pushes = {name: count_pushes(repo) for name, repo in repos.items()}
    repos["api"].git("branch", "--quiet", "stg", "origin/stg")
    repos["api"].git("checkout", "--quiet", "-b", "feature/x")
    repos["database"].write({"a.txt": "dirty\n"})

    with only_following(pair, "stg", "dev"):
        document = pair.json("backmerge", "main", "--yes", check=DONE)

    assert (document["command"], document["result"]) == ("backmerge", "done")
    assert (document["source"], document["target"]) == ("main", "dev")
    assert document["release"] is None
    for name, repo in repos.items():
        old = {ref.removeprefix("refs/heads/"): sha for ref, sha in before[name].items()}
        assert merge_facts(repo, "stg") == ([old["stg"], old["main"]], first[name])
        assert merge_facts(repo, "dev")[0] == [old["dev"], repo.tip("stg")]
        assert repo.tree("dev").keys() == {"a.txt", "dev.txt", "stg.txt"}
        assert repo.tip("main") == old["main"]
        assert pushes[name]() == [["refs/heads/dev", "refs/heads/stg"]]
        assert repo.remote_refs().keys() == before[name].keys()
        steps = rows(document)[name]["steps"]
        assert [(s["source"], s["target"]) for s in steps] == [("main", "stg"), ("stg", "dev")]
        assert [s["after"] for s in steps] == [repo.tip("stg"), repo.tip("dev")]
    assert subject(repos["api"], "stg") == "Merge main into stg (hotfix sync)"
    assert subject(repos["api"], "dev") == "Merge stg into dev (sync verified)"

    for branch in ("stg", "dev"):
        assert repos["api"].local_refs()[f"refs/heads/{branch}"] == repos["api"].tip(branch)
    assert codes(rows(document)["database"]) == ["local_branch_left"]

    with untouched(pair):
        again = pair.json("backmerge", "--yes", check=DONE)
    assert again["result"] == "nothing"


def test_step_whose_content_is_the_same_is_left_out(forge: Forge) -> None:
    """A hotfix that stg already has goes to dev alone; one that all stages have goes nowhere."""
    on_stg, everywhere = forge.add("on-stg"), forge.add("everywhere")
    for branch in ("main", "stg"):
        on_stg.commit(branch, {"fix.txt": "1\n"}, message=f"fix: on {branch}")
    for branch in ("main", "stg", "dev"):
        everywhere.commit(branch, {"fix.txt": "1\n"}, message=f"fix: on {branch}")
    forge.write_config()
    stg, dev = on_stg.tip("stg"), on_stg.tip("dev")
    document = forge.json("backmerge", "--yes", check=DONE)
    assert states(document) == {"on-stg": "published", "everywhere": "up_to_date"}
    assert on_stg.tip("stg") == stg
    assert merge_facts(on_stg, "dev")[0] == [dev, stg]


def test_conflict_in_the_second_merge_blocks_all(pair: Forge) -> None:
    """Only the merge into dev conflicts, and only in one repository: nothing is pushed."""
    api = pair.repos["api"]
    api.commit("dev", {"a.txt": "1\n2\n3\n4\n5\n6\nsept\n"})
    with untouched(pair):
        document = pair.json("backmerge", "--yes", check=REFUSED)
    assert states(document) == {"database": "planned", "api": "blocked"}
    (problem,) = rows(document)["api"]["problems"]
    assert (problem["code"], problem["files"]) == ("conflict", ["a.txt"])

    before = api.remote_refs()
    document = pair.json("backmerge", "--yes", "--skip-blocked", check=DONE)
    assert states(document) == {"database": "published", "api": "skipped"}
    assert api.remote_refs() == before


def test_refused_dev_keeps_stg_where_it_is(pair: Forge) -> None:
    """Both branches of a repository move together or not at all."""
    api = pair.repos["api"]
    api.reject_pushes("refs/heads/dev", "GH006: Protected branch update failed")
    before = api.remote_refs()
    document = pair.json("backmerge", "--yes", check=FAILED)
    assert states(document) == {"database": "published", "api": "failed"}
    assert api.remote_refs() == before


def test_source_is_where_the_route_begins(pair: Forge) -> None:
    """From stg, only dev is merged into; from the first stage it is a usage error."""
    api = pair.repos["api"]
    main, stg, dev = api.tip("main"), api.tip("stg"), api.tip("dev")
    with untouched(pair):
        document = pair.json("backmerge", "dev", "--yes", check=USAGE)
        plan = pair.json("backmerge", "--dry-run", check=DONE)
    assert codes(document) == ["no_stage_before"]
    assert [step["branch"] for step in rows(plan)["api"]["steps"]] == ["stg", "dev"]

    document = pair.json("backmerge", "stg", "--yes", "-r", "api", check=DONE)
    assert states(document) == {"api": "published"}
    assert (api.tip("main"), api.tip("stg")) == (main, stg)
    assert merge_facts(api, "dev")[0] == [dev, stg]


def test_strictest_stage_on_the_way_decides_what_is_asked(pair: Forge) -> None:
    """Stg requires a yes, although dev at the end of the route asks nothing."""
    text = pair.write_config().read_text()
    pair.write_config(text.replace('branch = "dev"', 'branch = "dev"\nconfirm = "none"'))
    with untouched(pair):
        document = pair.json("backmerge", "main", check=REFUSED)
    assert codes(document) == ["confirmation_needed"]
    pair.json("backmerge", "stg", check=DONE)


def test_hotfix_debt_is_gone_after_a_back_merge(pair: Forge) -> None:
    """Status shows the debt before and none afterwards; the next promotion has only new work."""

    def debts() -> list[int]:
        return [pair_["debt"] for pair_ in pair.json("status", check=DONE)["repos"][0]["pairs"]]

    assert debts() == [1, 1]
    pair.json("backmerge", "--yes", check=DONE)
    assert debts() == [0, 0]
    plan = pair.json("promote", "dev", "stg", "--dry-run", check=DONE)
    assert {row["commits"] for row in plan["repos"]} == {1}
