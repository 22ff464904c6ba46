"""GitHub's button Revert on a release, and the promotion and the back-merge after it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cli.answers import DONE, REFUSED, codes, rows
from tests.cli.hosts import RELEASE, Host
from tests.doubles.github.reverts import MergedRequest, Revert, Way
from tests.support.forge import Forge, ForgeRepo, remotes_untouched

DOWN = ("backmerge", "main", "--yes")
WORK = {"pay.txt": "pay\n", "b": "2\n"}
FIX = {"fix.txt": "fix\n"}
NOTES = {"NOTES": "why\n"}


@pytest.fixture(params=Way)
def way(request: pytest.FixtureRequest) -> Way:
    """Return how the pull request of the revert is merged."""
    return Way(request.param)


@pytest.fixture
def host(forge: Forge) -> Iterator[Host]:
    """Return four repositories that GitHub has, with a release on main."""
    made = Host(forge, ["plain", "fixed", "noted", "mixed"])
    for repo in forge.repos.values():
        repo.commit("stg", WORK, message="feat: pay")
    with made.double:
        made.configure("")
        forge.json(*RELEASE, check=DONE)
        yield made
    assert made.double.violations == []


def reverted(host: Host, way: Way) -> None:
    """Press the button in each repository; two requests get another commit before the merge."""
    beside = {"noted": NOTES, "mixed": {"pay.txt": "Do not pay.\n"}}
    for name, repo in host.forge.repos.items():
        request = MergedRequest(12, "Release: pay", "stg", repo.tip("main"))
        slug = f"acme/{name}"
        made = Revert(request, 13, way, slug, beside.get(name, {})).merged(repo)
        assert host.double.world.repositories[slug].git.commit("main") == made
        assert "pay.txt" not in repo.tree("main") or name == "mixed"
        if name != "plain":
            repo.commit("stg", FIX, message="fix: rounding")


def files(repo: ForgeRepo, branch: str) -> dict[str, str]:
    """Return the files of a branch, without the workflow."""
    return {path: text for path, text in repo.tree(branch).items() if not path.startswith(".")}


def test_what_the_button_reverted_comes_back(host: Host, way: Way) -> None:
    """By a promotion or by a back-merge alone, with a fix; where someone changed more, it asks.

    A back-merge leaves main as it is: stg and dev have the work, the fix and the additional file.
    """
    forge = host.forge
    reverted(host, way)
    wanted = {name: files(repo, "stg") for name, repo in forge.repos.items() if name != "mixed"}
    wanted["noted"] |= NOTES
    before = {name: repo.remote_refs() for name, repo in forge.repos.items()}
    with remotes_untouched(forge):
        up, down = rows(forge.json(*RELEASE, check=REFUSED)), rows(forge.json(*DOWN, check=REFUSED))
    asks = "reapply_conflict" if way is Way.REBASE else "mixed_roll_back"
    back = {"fixed": ["brings_back"], "noted": ["brings_back"], "mixed": [asks]}
    assert {name: codes(row) for name, row in up.items()} == {"plain": ["rolled_back"], **back}
    assert {name: codes(row) for name, row in down.items()} == {"plain": ["brings_back"], **back}

    forge.json(*DOWN, "-x", "mixed", check=DONE)
    for branch in ("stg", "dev"):
        assert {name: files(forge.repos[name], branch) for name in wanted} == wanted
    for name, refs in before.items():
        repo = forge.repos[name]
        assert repo.tip("main") == refs["refs/heads/main"]
        for ref in ("refs/heads/stg", "refs/heads/dev"):
            repo.remote_git("update-ref", ref, refs[ref])

    forge.json(*RELEASE, "-r", "fixed", "-r", "noted", check=DONE)
    forge.json(*RELEASE, "-r", "plain", "--roll-forward", check=DONE)
    forge.json(*DOWN, "-x", "mixed", check=DONE)
    for branch in ("main", "dev"):
        assert {name: files(forge.repos[name], branch) for name in wanted} == wanted
