"""The hints about merges that must be made by hand, and about work that a merge would lose."""

from __future__ import annotations

import pytest

from multigit.hints import Hint
from tests.cli.answers import DONE, FAILED, REFUSED, USAGE, Document, hook, rows
from tests.hints.typing import follow
from tests.support.forge import Forge, ForgeRepo

RELEASE = ("promote", "stg", "main", "--confirm", "main")
RESOLVE = (
    "cd api && git -c checkout.defaultRemote=origin switch dev && "
    "git pull --no-rebase origin dev && git merge origin/stg"
)


def released(forge: Forge, name: str) -> ForgeRepo:
    """Return a repository with two commits that will reach main."""
    repo = forge.add(name, files={"a.txt": "1\n2\n3\n", "b.txt": "b\n"})
    repo.commit("stg", {"a.txt": "1\ntwo\n3\n"}, message="feat: two")
    repo.commit("stg", {"new.txt": "new\n"}, message="feat: new")
    return repo


def by_hand(repo: ForgeRepo, *commands: tuple[str, ...]) -> None:
    """Run these commands on main as a colleague would, and push."""
    repo.git("fetch", "--quiet", "origin")
    repo.git("checkout", "--quiet", "--detach", "origin/main")
    for command in commands:
        repo.git(*command)
    repo.git("push", "--quiet", "origin", "HEAD:main")
    repo.git("checkout", "--quiet", "dev")


def hint_of(document: Document, repo: str, code: str) -> str:
    """Return the hint of a repository's problem."""
    problems = rows(document)[repo]["problems"]
    return next(str(each["hint"]) for each in problems if each["code"] == code)


@pytest.mark.parametrize("elsewhere", ["-bfeature", "--detach"])
def test_a_conflict_is_resolved_on_the_earlier_stage(forge: Forge, elsewhere: str) -> None:
    """The hint works with a second remote that has the branch, and without a local branch."""
    api = forge.add("api")
    api.git("remote", "add", "fork", api.url)
    api.git("fetch", "--quiet", "fork")
    api.git("checkout", "--quiet", elsewhere)
    api.git("branch", "--quiet", "-D", "dev")
    api.commit("dev", {"README.md": "dev\n"})
    api.commit("stg", {"README.md": "stg\n"})
    forge.write_config()
    said = forge.json("promote", "dev", "stg", "--yes", check=REFUSED)
    follow(forge, said, Hint.CONFLICT, RESOLVE, check=1)
    api.write({"README.md": "both\n"})
    api.git("commit", "--quiet", "--all", "--no-edit")
    api.git("push", "--quiet", "origin", "HEAD:dev")
    forge.json("promote", "dev", "stg", "--yes", check=DONE)
    assert api.tree("stg")["README.md"] == "both\n"


@pytest.mark.parametrize(
    "setting", ["", "pull.rebase=true", "pull.ff=only", "branch.dev.rebase=true"]
)
def test_a_conflict_is_resolved_on_a_diverged_branch(forge: Forge, setting: str) -> None:
    """Its own commits are merged first, whatever git's settings for pulls."""
    api = forge.add("api", files={"a.txt": "1\n", "README.md": "1\n"})
    api.commit("dev", {"README.md": "dev\n"})
    api.commit("stg", {"README.md": "stg\n"})
    api.local_commit({"mine.txt": "mine\n"})
    if setting:
        api.git("config", *setting.split("="))
    forge.write_config()
    said = forge.json("promote", "dev", "stg", "--yes", check=REFUSED)
    follow(forge, said, Hint.CONFLICT, RESOLVE, check=1)
    assert api.git("ls-files", "--unmerged")
    assert api.git("rev-parse", "MERGE_HEAD") == api.tip("stg")


LINES = "".join(f"{number}\n" for number in range(20))
WORK = {"a.txt": LINES.replace("1\n", "one\n", 1)}
MIXED = {"a.txt": LINES.replace("18\n", "hot\n"), "new.txt": None}  # the old file, with a hotfix
BOTH = LINES.replace("1\n", "one\n", 1).replace("18\n", "hot\n")


def released_twice(forge: Forge, *names: str) -> None:
    """Release a file, and then a change of it."""
    for name in names:
        released(forge, name).commit("stg", {"a.txt": LINES}, message="feat: count")
    forge.write_config()
    forge.json(*RELEASE, check=DONE)
    for name in names:
        forge.repos[name].commit("stg", WORK, message="feat: one")
    forge.json(*RELEASE, check=DONE)


def test_what_did_more_than_to_revert_is_brought_back(forge: Forge) -> None:
    """A restore with a hotfix in the same file, and one that names what it reverts.

    Stg keeps the work and gets the hotfix.
    """
    released_twice(forge, "content", "named")
    repos = forge.repos
    message = f"This reverts commit {repos['named'].tip('stg')}."
    repos["named"].commit("main", MIXED, message=message)
    repos["content"].commit("main", MIXED, message="Quick help")
    for repo in repos.values():
        repo.commit("stg", {"b.txt": "mended\n"}, message="fix: mend")
    said = forge.json(*RELEASE, check=REFUSED)

    for name in repos:
        command = hint_of(said, name, "mixed_roll_back").partition("work: ")[2]
        command = command.partition(". To m")[0]
        assert command.startswith(f"cd {name} && ")
        follow(forge, said, Hint.KEEP_OR_ACCEPT, command)
    forge.json(*RELEASE, check=DONE)
    for repo in repos.values():
        assert repo.tree("main") == repo.tree("stg")
        assert repo.tree("main")["a.txt"] == BOTH
        assert repo.tree("main")["new.txt"] == "new\n"


def test_what_looks_like_a_roll_back_is_brought_back_or_left_out(forge: Forge) -> None:
    """The hint has an option for each."""
    api = released(forge, "api")
    forge.write_config()
    forge.json(*RELEASE, check=DONE)
    api.commit("main", {"a.txt": "1\n2\n3\n", "new.txt": None}, message="Quick help")
    api.commit("stg", {"b.txt": "mended\n"}, message="fix: mend")
    said = forge.json(*RELEASE, check=REFUSED)
    again = "multigit promote stg main --confirm main"
    for option in ("--accept-reverts", "--roll-forward"):
        assert option in hint_of(said, "api", "returned_files")
    forge.json(*RELEASE, "--accept-reverts", "--dry-run", check=DONE)
    follow(forge, said, Hint.ROLL_FORWARD, "--roll-forward", after=again)
    assert api.tree("main") == api.tree("stg")


def test_what_was_rolled_back_goes_out_again_as_it_was(forge: Forge) -> None:
    """If nothing else waits, someone has to say that it shall."""
    api = released(forge, "api")
    forge.write_config()
    forge.json(*RELEASE, check=DONE)
    by_hand(api, ("revert", "--no-edit", "-m", "1", api.tip("main")))
    said = forge.json(*RELEASE, check=REFUSED)
    again = "multigit promote stg main --confirm main"
    follow(forge, said, Hint.BRING_BACK, "--roll-forward", after=again)
    assert api.tree("main") == api.tree("stg")


def test_local_changes_stay_what_they_are(forge: Forge) -> None:
    """Staged and unstaged changes are kept while reverted work in the same file is restored."""
    released_twice(forge, "api")
    api = forge.repos["api"]
    api.commit("main", MIXED, message="Quick help")
    api.write({"a.txt": "1\n2\n3\nmine\n", "b.txt": "mine\n"})
    api.git("add", "b.txt")
    said = forge.json(*RELEASE, check=REFUSED)
    command = hint_of(said, "api", "mixed_roll_back").partition("work: ")[2].partition(". To m")[0]
    follow(forge, said, Hint.KEEP_OR_ACCEPT, command)
    assert api.git("status", "--short").splitlines() == [" M a.txt", "M  b.txt"]
    assert (api.clone / "a.txt").read_text() == "1\n2\n3\nmine\n"
    forge.json(*RELEASE, check=DONE)
    assert api.tree("main")["a.txt"] == BOTH


def test_accepted_reverts_need_no_option_again(forge: Forge) -> None:
    """Later hints do not name the option, but still say how to keep the work."""
    api = released(forge, "api")
    forge.write_config()
    forge.json(*RELEASE, check=DONE)
    by_hand(api, ("revert", "--no-edit", "-m", "1", api.tip("main")))
    for name, options in (("b.txt", ["--accept-reverts"]), ("c.txt", [])):
        api.commit("stg", {name: "more\n"}, message="feat: more")
        said = forge.json(*RELEASE, *options, check=DONE)
        hint = hint_of(said, "api", "reverted_work")
        assert hint.startswith("To keep the work: ")
        assert "--accept-reverts" not in hint
    log = forge.run("log", env={"COLUMNS": "80"}, check=DONE).stdout
    assert log.count("! reverted work stays out of main: api") == 2
    follow(forge, said, Hint.KEEP_WORK, hint.partition("work: ")[2])
    down = ("backmerge", "main", "--yes")
    api.commit("main", {"b.txt": "b\n"}, message="Quick help")
    forge.json(*down, check=REFUSED)
    forge.json(*down, "--accept-reverts", check=DONE)
    log = forge.run("log", env={"COLUMNS": "80"}, check=DONE).stdout
    assert "! reverts merged down: api" in log


def test_continue_takes_what_its_hint_proposes(forge: Forge) -> None:
    """A colleague reverted the release between two attempts, so its merge is planned again."""
    for name in ("api", "web"):
        released(forge, name)
    api, web = forge.repos["api"], forge.repos["web"]
    forge.write_config()
    forge.json(*RELEASE, check=DONE)
    for repo in (api, web):
        repo.commit("stg", {"b.txt": "more\n"}, message="feat: more")
    web.reject_pushes("refs/heads/main")
    forge.json(*RELEASE, check=FAILED)
    web.allow_pushes()
    web.commit("main", {"a.txt": "1\n2\n3\n", "new.txt": None}, message="Quick help")

    said = forge.json("continue", "--confirm", "main", check=REFUSED)
    assert hint_of(said, "web", "returned_files").endswith(": --accept-reverts")
    forge.json("continue", "--dry-run", "--roll-forward", check=DONE)
    forge.json("continue", "--confirm", "main", "--accept-reverts", check=DONE)

    assert web.tree("main") == {"a.txt": "1\n2\n3\n", "b.txt": "more\n"}
    message = web.remote_git("log", "-1", "--format=%B", "main")
    assert message.count("Accepts-revert: ") == 1


def test_what_another_merge_of_the_plan_needs_comes_first(forge: Forge) -> None:
    """If the second merge of a back-merge conflicts, the hint starts with the first one."""
    api = forge.add("api")
    api.commit("main", {"README.md": "hot\n"})
    api.commit("dev", {"README.md": "dev\n"})
    forge.write_config()
    said = forge.json("backmerge", "--yes", check=REFUSED)
    follow(forge, said, Hint.PROMOTE_FIRST, "multigit promote main stg", "--yes")
    skipped = forge.json("promote", "main", "dev", "--yes", check=USAGE)
    follow(forge, skipped, Hint.BACKMERGE, "multigit backmerge main", "--dry-run", check=REFUSED)
    lowest = forge.json("backmerge", "dev", "--yes", check=USAGE)
    follow(
        forge, lowest, Hint.BACKMERGE_FROM, "multigit backmerge main", "--dry-run", check=REFUSED
    )


def test_unpushed_commits_can_be_included(forge: Forge) -> None:
    """The hint pushes them, because a promotion does not include unpushed commits."""
    api = forge.add("api")
    api.commit("dev", {"a.txt": "1\n"})
    api.git("pull", "--quiet", "origin", "dev")
    api.local_commit({"b.txt": "1\n"})
    forge.write_config()
    said = forge.json("promote", "dev", "stg", "--dry-run", check=DONE)
    follow(forge, said, Hint.PUSH_FIRST, "multigit push dev", "--yes")
    assert api.tip("dev") == api.git("rev-parse", "dev")


def test_commits_of_a_failed_push_are_pushed_later(forge: Forge) -> None:
    """Another repository's hook failed, so nothing was published."""
    api, web = forge.add("api"), forge.add("web")
    for repo in (api, web):
        repo.write({"a.txt": "1\n"})
    here = f"git --git-dir={api.clone}/.git rev-parse dev"
    later = f'n=0; while [ "$({here})" = {api.tip("dev")} ] && [ $n -lt 400 ]'
    later += "; do sleep 0.05; n=$((n + 1)); done"
    refusing = hook(web.clone / ".git/hooks/pre-commit", f"{later}; exit 1")
    forge.write_config()
    said = forge.json("push", "dev", "--yes", check=FAILED)
    refusing.unlink()
    follow(forge, said, Hint.PUSH_LATER, "multigit push dev", "--yes")
    assert api.tip("dev") == api.git("rev-parse", "dev")


def test_a_hook_that_changes_what_is_merged(forge: Forge) -> None:
    """The hint pushes first, and then promotes again."""
    api = forge.add("api", files={"a.txt": "1\n"})
    api.commit("stg", {"s.txt": "1\n"})
    api.write({"b.txt": "1\n"})
    hook(api.clone / ".git/hooks/pre-commit", "echo hook >a.txt; git add a.txt")
    api.commit("stg", {"a.txt": "stg\n"})
    forge.write_config()
    said = forge.json("push", "dev", "--promote", "stg", "--yes", check=FAILED)
    follow(forge, said, Hint.PUSH_THEN_PROMOTE, "multigit push dev", "--yes")
    again = "multigit promote dev stg"
    follow(forge, said, Hint.PUSH_THEN_PROMOTE, again, "--dry-run", check=REFUSED)
