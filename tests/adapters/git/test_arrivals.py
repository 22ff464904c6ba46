"""Which commits are still missing from a branch after rebases, squashes and cherry-picks."""

from __future__ import annotations

import pytest

from multigit.adapters.git.repository import GitRepository
from multigit.core.values.commits import PendingCommits
from multigit.core.values.git_answers import RefQuery
from tests.adapters.git.clones import open_clone
from tests.support.forge import Forge, ForgeRepo, untouched
from tests.support.gitenv import git

LINES = "".join(f"line {number}\n" for number in range(1, 20))


@pytest.fixture
def api(forge: Forge) -> ForgeRepo:
    """Return a repository in which dev is three commits ahead, in two files."""
    repo = forge.add("api", files={"app": LINES, "other": LINES})
    repo.commit("dev", {"app": LINES.replace("line 2\n", "two\n")}, message="feat: two")
    both = {"app": LINES.replace("line 2\n", "two\n") + "end\n", "new": "1\n"}
    repo.commit("dev", both, message="feat: end")
    repo.commit("dev", {"third": "1\n"}, message="feat: third")
    return repo


def host(forge: Forge, repo: ForgeRepo, *commands: str) -> None:
    """Run git commands in a clone of stg, as a host's merge button would, and push."""
    work = forge.root / "host"
    git(forge.root, "clone", "--quiet", "--branch=stg", repo.url, str(work), env=forge.env)
    for command in commands:
        git(work, *command.split(), env=forge.env)
    git(work, "push", "--quiet", "origin", "stg", env=forge.env)


def lacking(repository: GitRepository, ours: str = "stg", theirs: str = "dev") -> PendingCommits:
    """Return the commits of the second branch that the first one still lacks."""
    repository.fetch(RefQuery(("dev", "stg")))
    tips = [repository.refs(RefQuery((name,))).branch(name).remote for name in (ours, theirs)]
    assert tips[0]
    assert tips[1]
    return repository.lacking(tips[0], tips[1])


HOTFIX = LINES.replace("line 10\n", "ten\n")


@pytest.mark.parametrize("hotfix", [{}, {"hot": "1\n"}, {"app": HOTFIX}], ids=list)
def test_a_rebase_merge_has_arrived(forge: Forge, api: ForgeRepo, hotfix: dict[str, str]) -> None:
    """A rebase is recognized by its patches, even on top of other changes to the same file."""
    api.commit("stg", {**hotfix, "base": "1\n"})
    host(forge, api, "cherry-pick origin/dev~2 origin/dev~1")
    assert lacking(open_clone(forge, api)).subjects == ("feat: third",)


@pytest.mark.parametrize("hotfix", [{}, {"other": HOTFIX}], ids=list)
@pytest.mark.parametrize("later", [{}, {"hot": "2\n"}], ids=list)
def test_a_squash_merge_has_arrived(
    forge: Forge, api: ForgeRepo, hotfix: dict[str, str], later: dict[str, str]
) -> None:
    """A squash covers everything up to some commit, even with other work before or after it."""
    if hotfix:
        api.commit("stg", hotfix, message="fix: before")
    host(forge, api, "merge --quiet --squash origin/dev~1", "commit --quiet -m squashed")
    if later:
        api.commit("stg", later, message="fix: after")
    assert lacking(open_clone(forge, api)).subjects == ("feat: third",)
    back = lacking(open_clone(forge, api), "dev", "stg").subjects
    own = ("fix: after",) * bool(later) + ("fix: before",) * bool(hotfix)
    assert back == (own or ("squashed",))


def test_a_feature_that_was_squashed_on_dev_and_merged_on_stg(forge: Forge, api: ForgeRepo) -> None:
    """It is one commit on dev, and several commits and a merge on stg."""
    api.commit("feature", {"f": "1\n"}, start="stg")
    api.commit("feature", {"f": "2\n", "g": "1\n"})
    api.commit("dev", {"f": "2\n", "g": "1\n"}, message="feat: squashed")
    host(forge, api, "commit --quiet --allow-empty -m own", "merge --quiet --no-ff origin/feature")
    assert lacking(open_clone(forge, api)).subjects == ("feat: third", "feat: end", "feat: two")


def test_what_was_taken_back_there_waits_again(forge: Forge, api: ForgeRepo) -> None:
    """A commit that stg picked and reverted is counted, since the merge brings it again."""
    host(forge, api, "cherry-pick origin/dev~2", "revert --no-edit HEAD", "cherry-pick origin/dev")
    assert lacking(open_clone(forge, api)).commits == 3


@pytest.fixture
def joined(forge: Forge, api: ForgeRepo) -> ForgeRepo:
    """Return a repository whose stg picked two of dev's commits and a hotfix, then merged dev.

    The common history now has the originals, and git only compares what is not in it.
    """
    api.commit("stg", {"app": HOTFIX}, message="fix: ten")
    picked = "cherry-pick origin/dev~2 origin/dev~1"
    host(forge, api, picked, "merge --quiet --no-ff --no-edit origin/dev")
    return api


@pytest.mark.parametrize("later", [{}, {"fourth": "1\n"}], ids=list)
def test_a_copy_is_no_hotfix_after_a_merge(
    forge: Forge, joined: ForgeRepo, later: dict[str, str]
) -> None:
    """This holds right after the merge, and also after dev has moved on."""
    if later:
        joined.commit("dev", later, message="feat: fourth")
    assert lacking(open_clone(forge, joined), "dev", "stg").subjects == ("fix: ten",)


@pytest.mark.parametrize("subject", ["fix: hot", "fix: é " + "hot " * 50_000], ids=len)
def test_copies_on_the_earlier_stage(forge: Forge, api: ForgeRepo, subject: str) -> None:
    """A hotfix that dev picked before merging it from stg is not pending on dev."""
    api.commit("stg", {"hot": "1\n"}, message=subject)
    work = forge.root / "host"
    git(forge.root, "clone", "--quiet", "--branch=dev", api.url, str(work), env=forge.env)
    for command in ("cherry-pick origin/stg", "merge --quiet --no-edit origin/stg"):
        git(work, *command.split(), env=forge.env)
    git(work, "push", "--quiet", "origin", "dev", env=forge.env)
    assert lacking(open_clone(forge, api)).subjects == ("feat: third", "feat: end", "feat: two")


@pytest.mark.parametrize("how", ["revert", "by hand", "with more", "strategy"])
def test_a_copy_of_what_was_taken_back_is_a_hotfix(forge: Forge, api: ForgeRepo, how: str) -> None:
    """The later stage still has the work and the earlier one does not, so it must be listed."""
    api.commit("stg", {"base": "1\n"}, message="fix: base")
    host(forge, api, "cherry-pick origin/dev~2")
    work = forge.root / "taker"
    git(forge.root, "clone", "--quiet", "--branch=dev", api.url, str(work), env=forge.env)
    if how == "revert":
        git(work, "revert", "--no-edit", "HEAD~2", env=forge.env)
    elif how == "strategy":  # of a side branch that never had it
        git(work, "checkout", "--quiet", "-b", "side", "HEAD~3", env=forge.env)
        git(work, "commit", "--quiet", "--allow-empty", "-m", "side", env=forge.env)
        git(work, "merge", "--quiet", "--strategy=ours", "-m", "ours", "dev", env=forge.env)
        git(work, "checkout", "--quiet", "-B", "dev", env=forge.env)
    else:
        more = {"more": "1\n"} if how == "with more" else {}
        for path, text in {"app": LINES + "end\n", **more}.items():
            (work / path).write_text(text)
        git(work, "add", "--all", env=forge.env)
        git(work, "commit", "--quiet", "-m", "Off again", env=forge.env)
    git(work, "push", "--quiet", "origin", "dev", env=forge.env)
    git(forge.root / "host", "fetch", "--quiet", env=forge.env)
    git(forge.root / "host", "merge", "--quiet", "--no-edit", "origin/dev", env=forge.env)
    git(forge.root / "host", "push", "--quiet", "origin", "stg", env=forge.env)
    seen = lacking(open_clone(forge, api), "dev", "stg").subjects
    assert {"feat: two", "fix: base"} <= set(seen)


def test_what_looks_like_a_copy_and_is_none(forge: Forge, api: ForgeRepo) -> None:
    """A commit with the same author, date and subject but another patch is not a copy."""
    copy = "commit --quiet --allow-empty -C origin/dev~2"
    host(forge, api, copy)
    work = forge.root / "host"
    (work / "app").write_text(LINES.replace("line 2\n", "TWO\n"))
    git(work, "commit", "--quiet", "--all", "-C", "origin/dev~2", env=forge.env)
    git(work, "merge", "--quiet", "-X", "ours", "--no-edit", "origin/dev", env=forge.env)
    git(work, "push", "--quiet", "origin", "stg", env=forge.env)
    assert lacking(open_clone(forge, api), "dev", "stg").subjects == ("feat: two",)


def processes(forge: Forge, repository: GitRepository, *sides: str) -> list[str]:
    """Return the git commands that were run to find the missing commits."""
    repository.transcript.keep(forge.root / "transcript")
    (forge.root / "transcript").write_text("")
    lacking(repository, *sides)
    lines = (forge.root / "transcript").read_text().splitlines()
    found = [line.split()[2] for line in lines if line.startswith("$ git ")]
    return [name for name in found if name in {"rev-list", "log", "cherry", "diff-tree"}]


def test_only_where_both_changed_there_is_a_second_process(forge: Forge, api: ForgeRepo) -> None:
    """Most repositories need only one process, even with a hotfix after a promotion."""
    repository = open_clone(forge, api)
    assert processes(forge, repository) == ["rev-list"]
    host(forge, api, "merge --quiet --no-ff --no-edit origin/dev")
    api.commit("stg", {"own": "1\n"})
    assert processes(forge, repository, "dev", "stg") == ["rev-list"]
    api.commit("dev", {"fourth": "1\n"})
    assert processes(forge, repository) == ["rev-list", "log"]
    assert processes(forge, repository, "dev", "stg") == ["rev-list", "log"]


def test_a_copy_costs_two_processes(forge: Forge, joined: ForgeRepo) -> None:
    """One finds the original, and one checks whether its change is still there."""
    assert processes(forge, open_clone(forge, joined), "dev", "stg") == ["rev-list", "log", "log"]


@pytest.mark.parametrize("merged", [False, True])
def test_nothing_of_the_repository_runs(forge: Forge, api: ForgeRepo, *, merged: bool) -> None:
    """Git compares the patches itself: no textconv, diff, filter or signing program runs."""
    api.commit("stg", {".gitattributes": "* diff=sing\n", "base": "1\n"}, message="base")
    join = ["merge --quiet --no-edit origin/dev"] * merged
    host(forge, api, "cherry-pick origin/dev~2", *join)
    canary = forge.root / "canary"
    sing = f"touch {canary}; cat"
    (api.clone / ".gitattributes").write_text("* diff=sing filter=sing\n")
    for key in (
        *("diff.external", "diff.sing.textconv", "diff.sing.command", "filter.sing.clean"),
        *("filter.sing.smudge", "gpg.program", "core.pager", "pager.log"),
    ):
        api.git("config", key, sing)
    api.git("config", "log.showSignature", "true")
    api.git("config", "diff.orderFile", "/nowhere")
    api.git("config", "diff.ignoreSubmodules", "all")
    repository = open_clone(forge, api)
    repository.fetch(RefQuery(("dev", "stg")))
    with untouched(forge):
        if merged:
            assert lacking(repository, "dev", "stg").subjects == ("base",)
        else:
            assert lacking(repository).subjects == ("feat: third", "feat: end")
    assert not canary.exists()
