"""After a manual roll-back, promotions and back-merges bring the work back, or ask."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from multigit.hints import Hint
from tests.cli.answers import DONE, FAILED, REFUSED, Document, codes, in_shell, rows
from tests.hints.typing import follow
from tests.support.forge import Forge, ForgeRepo, remotes_untouched

RELEASE = ("promote", "stg", "main", "--confirm", "main")
DOWN = ("promote", "main", "stg", "--yes")


@pytest.fixture
def api(forge: Forge) -> ForgeRepo:
    """Return a repository with two commits that were released to main."""
    repo = forge.add("api", files={"a.txt": "1\n2\n3\n", "b.txt": "b\n"})
    repo.commit("stg", {"a.txt": "1\ntwo\n3\n"}, message="feat: two")
    repo.commit("stg", {"new.txt": "new\n"}, message="feat: new")
    forge.write_config()
    forge.json(*RELEASE, check=DONE)
    return repo


def on(repo: ForgeRepo, branch: str, *commands: tuple[str, ...]) -> None:
    """Act as a colleague would by hand: check out the branch, change it, push."""
    repo.git("fetch", "--quiet", "origin")
    repo.git("checkout", "--quiet", "-B", branch, f"origin/{branch}")
    for command in commands:
        repo.git(*command)
    repo.git("push", "--quiet", "origin", branch)
    repo.git("checkout", "--quiet", "--detach")


def revert_the_release(repo: ForgeRepo) -> str:
    """Revert the merge on main, and return the new commit."""
    on(repo, "main", ("revert", "--no-edit", "-m", "1", "HEAD"))
    return repo.tip("main")


def put_the_old_tree_back(repo: ForgeRepo) -> str:
    """Restore main's tree from before the release in a commit that does not mention it."""
    repo.git("fetch", "--quiet", "origin")
    tree = "origin/main^1^{tree}"
    made = repo.git("commit-tree", "-p", "origin/main", "-m", "Back to v1", tree).strip()
    repo.git("push", "--quiet", "origin", f"{made}:refs/heads/main")
    return made


def test_a_promotion_after_a_roll_back_brings_the_work_back(forge: Forge, api: ForgeRepo) -> None:
    """Main has the work and the fix of it, and the plan says what comes back. So does the next."""
    reverted = revert_the_release(api)
    api.commit("main", {"hot.txt": "hot\n"}, message="fix: hot")
    api.commit("stg", {"new.txt": "mended\n"}, message="fix: mend")

    row = rows(forge.json(*RELEASE, check=DONE))["api"]

    (problem,) = row["problems"]
    assert (problem["code"], problem["severity"]) == ("brings_back", "warn")
    assert problem["message"].startswith(
        f"brings back 2 commits that {reverted[:7]} by Ada Lovelace rolled back on "
    )
    assert problem["files"] == ["a.txt", "new.txt"]
    back = row["steps"][0]["reapplies"]
    assert (back["reverts"], back["commits"], row["commits"]) == ([reverted], 2, 3)
    message = api.remote_git("log", "-1", "--format=%B", back["sha"])
    assert message.strip() == (
        f"Reapply what was rolled back on main\n\nThis reverts commit {reverted}.\n\n"
        f"Reapplies: {reverted}"
    )
    here, there = api.remote_git("log", "-1", "--format=%P", "main").split()
    assert (here, there) == (back["sha"], api.tip("stg"))
    assert api.remote_git("log", "-1", "--format=%P", here).strip() == row["before"]
    wanted = {"a.txt": "1\ntwo\n3\n", "b.txt": "b\n", "new.txt": "mended\n", "hot.txt": "hot\n"}
    assert api.tree("main") == wanted

    api.commit("stg", {"b.txt": "more\n"}, message="feat: more")
    quietly(forge, *RELEASE)
    quietly(forge, *DOWN)
    assert api.tree("main") == api.tree("stg") == wanted | {"b.txt": "more\n"}


def test_what_only_the_content_shows_names_files_commit_and_author(
    forge: Forge, api: ForgeRepo
) -> None:
    """It may be intended, so it has its own code; without a terminal it is refused."""
    files = {"a.txt": "1\n2\n3\n", "new.txt": None, "VERSION": "2\n"}
    made = api.commit("main", files, message="Release 2")
    api.commit("stg", {"b.txt": "mended\n"}, message="fix: mend")

    with remotes_untouched(forge):
        problem = rows(forge.json(*RELEASE, check=REFUSED))["api"]["problems"][0]

    assert problem["code"] == "returned_files"
    assert problem["message"] == (
        f"{made[:7]} by Grace Hopper on main restores 2 files (a.txt, new.txt) from before "
        "the work of stg: a merge now would leave that work out of main."
    )
    assert problem["files"] == ["a.txt", "new.txt"]
    forge.json(*RELEASE, "--roll-forward", check=DONE)
    assert api.tree("main") == api.tree("stg") | {"VERSION": "2\n"}


@pytest.mark.parametrize("roll_back", [revert_the_release, put_the_old_tree_back])
def test_with_nothing_new_the_work_comes_back_alone(
    forge: Forge, api: ForgeRepo, roll_back: Callable[[ForgeRepo], str]
) -> None:
    """Someone has to say so: that goes out which was rolled back, as it was."""
    reverted, before = roll_back(api), api.tree("stg")
    with remotes_untouched(forge):
        said = forge.json(*RELEASE, check=REFUSED)
    if roll_back is revert_the_release:
        (problem,) = rows(said)["api"]["problems"]
        assert problem["code"] == "rolled_back"
        assert problem["message"].startswith(
            "has nothing new on stg since the roll-back, only 2 commits that "
            f"{reverted[:7]} by Ada Lovelace rolled back on "
        )
    row = rows(forge.json(*RELEASE, "--roll-forward", check=DONE))["api"]
    assert [step["type"] for step in row["steps"]] == ["reapply"]
    assert row["steps"][0]["reapplies"]["commits"] == 2
    assert api.tree("main") == before
    assert api.remote_git("log", "-1", "--format=%P", "main").strip() == reverted
    assert row["tag"]
    assert api.remote_git("rev-parse", f"{row['tag']}^{{commit}}") == api.tip("main")
    assert rows(forge.json(*RELEASE, check=DONE))["api"]["state"] == "up_to_date"


def test_status_tells_before_anybody_promotes_what_has_to_be_decided(
    forge: Forge, api: ForgeRepo
) -> None:
    """Status shows the reverting commit and a hint, whether or not other commits wait."""
    reverted = put_the_old_tree_back(api)
    forge.json("backmerge", "stg", "--yes", check=DONE)
    said = forge.json("status", check=DONE)
    assert said["message"] == "1 repository: 1 with reverted work."
    (_, pair) = rows(said)["api"]["pairs"]
    assert (pair["state"], pair["debt"], pair["reverted"]) == ("reverted", 1, [reverted])
    follow(forge, said, Hint.SEE_REVERTED, "multigit promote stg main --dry-run", check=REFUSED)
    told = " ".join(forge.run("status", check=DONE).stdout.split())
    assert "✗ reverted" in told
    assert f"✗ api: {reverted[:7]}" in told
    assert "Hint: To see how to keep that work: multigit promote stg main --dry-run" in told

    api.commit("stg", {"b.txt": "mended\n"}, message="fix: mend")

    _, pair = rows(forge.json("status", check=DONE))["api"]["pairs"]
    assert (pair["state"], pair["reverted"]) == ("reverted", [reverted])


def test_what_was_rolled_back_waits_in_status(forge: Forge, api: ForgeRepo) -> None:
    """It counts as waiting, and no part of that is a hotfix to carry back, before and after."""
    api.remote_git("update-ref", "refs/heads/dev", api.tip("stg"))
    reverted = revert_the_release(api)

    def between() -> tuple[object, ...]:
        said = forge.json("status", check=DONE)
        (_, pair) = rows(said)["api"]["pairs"]
        names = ("state", "commits", "rolled_back", "debt", "merge_owed", "reverted")
        return (*(pair[name] for name in names), said["message"])

    waits = "1 repository: 1 with commits to promote."
    assert between() == ("waiting", 2, 2, 0, False, [], waits)
    told = " ".join(forge.run("status", check=DONE).stdout.split())
    assert "2 waiting" in told
    back = "reverts 2 commits of stg; a promotion with new commits brings that back."
    assert f"! api: {reverted[:7]} on main {back}" in told

    api.commit("stg", {"b.txt": "mended\n"}, message="fix: mend")
    assert between()[:5] == ("waiting", 3, 2, 0, False)
    api.commit("main", {"hot.txt": "hot\n"}, message="fix: hot")
    assert between()[:5] == ("waiting", 3, 2, 1, False)
    forge.json(*RELEASE, check=DONE)
    assert between()[:5] == ("up_to_date", 0, 0, 1, False)
    api.commit("stg", {"b.txt": "more\n"}, message="fix: more")
    assert between()[:5] == ("waiting", 1, 0, 1, False)


def test_status_does_not_insist_on_what_was_accepted(forge: Forge, api: ForgeRepo) -> None:
    """Once promote has accepted the revert, status does not show it either."""
    revert_the_release(api)
    api.commit("stg", {"b.txt": "mended\n"}, message="fix: mend")
    forge.json(*RELEASE, "--accept-reverts", check=DONE)
    _, pair = rows(forge.json("status", check=DONE))["api"]["pairs"]
    assert (pair["state"], pair["commits"], pair["reverted"]) == ("up_to_date", 0, [])
    forge.json(*RELEASE, check=DONE)


def test_who_wants_it_so_can_say_so(forge: Forge, api: ForgeRepo) -> None:
    """With --accept-reverts, the reverted work stays out, with a warning in the plan."""
    revert_the_release(api)
    api.commit("stg", {"b.txt": "mended\n"}, message="fix: mend")

    document = forge.json(*RELEASE, "--accept-reverts", check=DONE)

    assert codes(rows(document)["api"]) == ["reverted_work"]
    assert api.tree("main") == {"a.txt": "1\n2\n3\n", "b.txt": "mended\n"}


def test_a_back_merge_after_a_roll_back_keeps_the_work(forge: Forge, api: ForgeRepo) -> None:
    """It brings the hotfix of main, and nothing that the roll-back did."""
    reverted = revert_the_release(api)
    api.commit("main", {"hot.txt": "hot\n"}, message="fix: hot")

    row = rows(forge.json(*DOWN, check=DONE))["api"]

    (problem,) = row["problems"]
    assert problem["code"] == "brings_back"
    assert problem["message"].startswith(f"keeps 2 commits that {reverted[:7]} by ")
    wanted = {"a.txt": "1\ntwo\n3\n", "b.txt": "b\n", "new.txt": "new\n", "hot.txt": "hot\n"}
    assert api.tree("stg") == wanted
    assert_it_is_not_released_again_by_accident(forge, api, reverted)
    assert api.tree("main") == wanted | {"b.txt": "mended\n"}


def assert_it_is_not_released_again_by_accident(
    forge: Forge, api: ForgeRepo, reverted: str
) -> None:
    """The back-merge has brought it back to stg; it goes out with a fix, or if a person says so."""
    only = f"has nothing new on stg since the roll-back, only what {reverted[:7]} rolled back."
    with remotes_untouched(forge):
        (problem,) = rows(forge.json(*RELEASE, check=REFUSED))["api"]["problems"]
        assert (problem["code"], problem["message"]) == ("rolled_back", only)
        anyway = rows(forge.json(*RELEASE, "--roll-forward", "--dry-run", check=DONE))["api"]
    api.commit("stg", {"b.txt": "mended\n"}, message="fix: mend")
    fixed = rows(forge.json(*RELEASE, check=DONE))["api"]
    for row in (anyway, fixed):
        (problem,) = row["problems"]
        assert (problem["code"], problem["severity"]) == ("brings_back", "warn")
        assert problem["message"] == f"brings back what {reverted[:7]} rolled back."


def test_a_back_merge_has_nothing_to_do_after_a_mere_roll_back(
    forge: Forge, api: ForgeRepo
) -> None:
    """Stg has all of it."""
    revert_the_release(api)
    with remotes_untouched(forge):
        row = rows(forge.json(*DOWN, check=DONE))["api"]
    assert row["state"] == "up_to_date"


def test_a_hotfix_that_reverts_one_commit_goes_down_when_accepted(
    forge: Forge, api: ForgeRepo
) -> None:
    """With --accept-reverts, the back-merge carries the revert to stg."""
    on(api, "main", ("revert", "--no-edit", "HEAD^2"))
    api.commit("main", {"hot.txt": "hot\n"}, message="fix: hot")
    assert codes(rows(forge.json(*DOWN, "--dry-run", check=DONE))["api"]) == ["brings_back"]

    forge.json(*DOWN, "--accept-reverts", check=DONE)

    assert "new.txt" not in api.tree("stg")
    assert api.tree("stg")["a.txt"] == "1\ntwo\n3\n"


def test_a_revert_that_was_taken_back_is_nobodys_loss(forge: Forge, api: ForgeRepo) -> None:
    """The revert was reverted, so main has the work, even with a hotfix on top."""
    revert_the_release(api)
    on(api, "main", ("revert", "--no-edit", "HEAD"))
    api.commit("main", {"fix.txt": "fix\n"}, message="fix: hot")
    api.commit("stg", {"b.txt": "mended\n"}, message="fix: mend")

    document = forge.json(*RELEASE, check=DONE)

    assert codes(rows(document)["api"]) == []
    assert set(api.tree("main")) == {"a.txt", "b.txt", "new.txt", "fix.txt"}


def test_a_revert_may_name_a_commit_that_is_not_here(forge: Forge, api: ForgeRepo) -> None:
    """An id from another repository next to a known one does not matter."""
    work = api.tip("stg")
    message = f"This reverts commit {work}.\nThis reverts commit {'ab' * 20}."
    api.commit("main", {"new.txt": None}, message=message)
    api.commit("stg", {"b.txt": "mended\n"}, message="fix: mend")
    (problem,) = rows(forge.json(*RELEASE, check=DONE))["api"]["problems"]
    assert (problem["code"], problem["files"]) == ("brings_back", ["new.txt"])
    assert api.tree("main")["new.txt"] == "new\n"


def test_a_hotfix_that_takes_back_another_hotfix_loses_nothing_of_stg(
    forge: Forge, api: ForgeRepo
) -> None:
    """A hotfix that was never on stg cannot be lost there."""
    api.commit("main", {"fix.txt": "fix\n"}, message="fix: hot")
    api.commit("main", {"c.txt": "c\n"}, message="fix: another")
    on(api, "main", ("revert", "--no-edit", "HEAD^"))
    api.commit("stg", {"b.txt": "mended\n"}, message="fix: mend")
    assert codes(rows(forge.json(*RELEASE, check=DONE))["api"]) == []


def test_a_revert_on_the_way_up_is_a_commit_like_any_other(forge: Forge, api: ForgeRepo) -> None:
    """A revert on stg is promoted to main without a problem."""
    on(api, "stg", ("revert", "--no-edit", "HEAD"))
    assert codes(rows(forge.json(*RELEASE, check=DONE))["api"]) == []
    assert "new.txt" not in api.tree("main")


# --- What only the content shows


def quietly(forge: Forge, *command: str) -> None:
    """Assert that the command reports no reverts."""
    assert codes(rows(forge.json(*command, check=DONE))["api"]) == []


def test_one_deleted_file_warns(forge: Forge, api: ForgeRepo) -> None:
    """One deleted file may be a cleanup and is a warning; a second file blocks."""
    api.commit("main", {"new.txt": None}, message="chore: tidy up")
    api.commit("stg", {"b.txt": "mended\n"}, message="fix: mend")
    problem = rows(forge.json(*RELEASE, "--dry-run", check=DONE))["api"]["problems"][0]
    assert (problem["code"], problem["severity"]) == ("returned_files", "warn")
    assert problem["files"] == ["new.txt"]

    api.commit("main", {"a.txt": "1\n2\n3\n"}, message="chore: tidy up more")
    found = rows(forge.json(*RELEASE, check=REFUSED))["api"]["problems"]
    assert [(each["files"], each["severity"]) for each in found] == [
        (["a.txt"], "block"),
        (["new.txt"], "block"),
    ]


def test_a_deleted_file_blocks_where_the_release_was_no_more(forge: Forge, api: ForgeRepo) -> None:
    """If the release was only that file, all of it was reverted, whatever else the commit did."""
    api.commit("stg", {"pay.txt": "pay\n"}, message="feat: pay")
    forge.json(*RELEASE, check=DONE)
    api.commit("main", {"pay.txt": None, "VERSION": "2\n"}, message="Release 2")
    api.commit("stg", {"b.txt": "mended\n"}, message="fix: mend")
    for command in (RELEASE, DOWN):
        problem = rows(forge.json(*command, check=REFUSED))["api"]["problems"][0]
        assert (problem["code"], problem["files"]) == ("returned_files", ["pay.txt"])


def test_an_old_file_with_work_in_it_is_told_when_it_is_deleted(
    forge: Forge, api: ForgeRepo
) -> None:
    """Deleting a file that predates the release is a warning; two such files block."""
    api.commit("stg", {"b.txt": "work\n"}, message="feat: b")
    forge.json(*RELEASE, check=DONE)
    api.commit("main", {"b.txt": None}, message="chore: tidy up")
    api.commit("stg", {"c.txt": "c\n"}, message="feat: c")
    for command in (RELEASE, DOWN):
        problem = rows(forge.json(*command, "--dry-run", check=DONE))["api"]["problems"][0]
        assert (problem["code"], problem["severity"]) == ("returned_files", "warn")
        assert "on main deletes 1 file (b.txt) of stg: " in problem["message"]

    api.commit("main", {"b.txt": "work\n"}, message="chore: not that one")
    quietly(forge, *RELEASE, "--dry-run")
    api.commit("main", {"a.txt": None, "b.txt": None}, message="chore: tidy up more")
    for command in (RELEASE, DOWN):
        problem = rows(forge.json(*command, check=REFUSED))["api"]["problems"][0]
        assert (problem["code"], problem["files"]) == ("returned_files", ["a.txt", "b.txt"])


def test_all_that_one_commit_reverts_comes_back(forge: Forge, api: ForgeRepo) -> None:
    """Both files come back, not only that of the commit named in the message."""
    message = f'Revert "feat: new"\n\nThis reverts commit {api.tip("stg")}.'
    reverted = api.commit("main", {"new.txt": None, "a.txt": "1\n2\n3\n"}, message=message)
    api.commit("stg", {"b.txt": "mended\n"}, message="fix: mend")
    (problem,) = rows(forge.json(*RELEASE, check=DONE))["api"]["problems"]
    assert (problem["code"], problem["files"]) == ("brings_back", ["a.txt", "new.txt"])
    assert problem["message"].startswith(
        f"brings back 2 commits that {reverted[:7]} by Grace Hopper rolled back on "
    )
    assert api.tree("main") == api.tree("stg")


def test_an_own_hotfix_in_the_same_files_is_no_return(forge: Forge, api: ForgeRepo) -> None:
    """Neither a hotfix, a moved file, a deleted original file nor a reverted hotfix counts."""
    api.commit("main", {"a.txt": "one\ntwo\n3\n", "hot.txt": "1\n"}, message="fix: hot")
    on(api, "main", ("mv", "new.txt", "moved.txt"), ("rm", "-q", "b.txt"), ("commit", "-qm", "x"))
    api.commit("main", {"hot.txt": None, "a.txt": "1\ntwo\n3\n"}, message="fix: not so hot")
    api.commit("main", {"a.txt": "one\ntwo\n3\n"}, message="fix: hot after all")
    api.commit("stg", {"fix.txt": "fix\n"}, message="fix: mend")
    quietly(forge, *RELEASE)
    quietly(forge, *DOWN)


def test_a_back_merge_that_brings_the_end_of_a_hotfix_is_no_revert(
    forge: Forge, api: ForgeRepo
) -> None:
    """Neither a reverted hotfix nor another hotfix that it carries down counts as a revert."""
    api.remote_git("update-ref", "refs/heads/dev", api.tip("stg"))
    api.commit("main", {"hot.txt": "hot\n"}, message="fix: hot")
    on(api, "main", ("revert", "--no-edit", "HEAD"))
    api.commit("main", {"hot.txt": "hot\n"}, message="fix: hot again")
    api.commit("main", {"hot.txt": None}, message='Revert "hot again"\n\nReverts !12')
    api.commit("main", {"a.txt": "one\ntwo\n3\n"}, message="fix: one")
    quietly(forge, "promote", "main", "stg", "--yes")
    api.commit("dev", {"d.txt": "d\n"}, message="feat: d")
    quietly(forge, "promote", "dev", "stg", "--yes")


def test_what_was_brought_forward_again_is_no_loss(forge: Forge, api: ForgeRepo) -> None:
    """A later commit restored the work without saying so, and a hotfix changed it again."""
    put_the_old_tree_back(api)
    api.commit("main", {"a.txt": "1\ntwo\n3\n", "new.txt": "new\n"}, message="All is well")
    api.commit("main", {"a.txt": "1\ntwo\nthree\n"}, message="fix: hot")
    api.commit("stg", {"b.txt": "mended\n"}, message="fix: mend")
    quietly(forge, *RELEASE)
    quietly(forge, *DOWN)


def test_what_the_source_took_back_as_well_is_no_loss(forge: Forge, api: ForgeRepo) -> None:
    """Stg reverted the work as well, so nothing is lost."""
    revert_the_release(api)
    api.commit("stg", {"a.txt": "1\n2\n3\n", "new.txt": None}, message="fix: no, after all")
    api.commit("stg", {"b.txt": "mended\n"}, message="fix: mend")
    quietly(forge, *RELEASE)


def test_work_that_the_source_built_on_is_lost_all_the_same(forge: Forge, api: ForgeRepo) -> None:
    """The new lines are merged, but the reverted ones below them are not."""
    put_the_old_tree_back(api)
    api.commit("stg", {"a.txt": "1\ntwo\n3\n4\n5\n6\n"}, message="feat: more")
    problem = rows(forge.json(*RELEASE, check=REFUSED))["api"]["problems"][0]
    assert (problem["code"], problem["files"]) == ("returned_files", ["a.txt", "new.txt"])


def test_work_that_the_source_renamed_is_lost_all_the_same(forge: Forge, api: ForgeRepo) -> None:
    """Git would apply the revert to the renamed file."""
    lines = "".join(f"{number}\n" for number in range(20))
    api.commit("stg", {"long.txt": lines}, message="feat: long")
    forge.json(*RELEASE, check=DONE)
    api.commit("stg", {"long.txt": f"{lines}more\n"}, message="feat: longer")
    forge.json(*RELEASE, check=DONE)
    api.commit("main", {"long.txt": lines}, message="Quick help")
    api.commit("stg", {"long.txt": None, "there.txt": f"{lines}more\n"}, message="chore: move")
    problem = rows(forge.json(*RELEASE, check=REFUSED))["api"]["problems"][0]
    assert (problem["code"], problem["files"]) == ("returned_files", ["long.txt"])


# --- A roll-back and a conflict


def test_the_hint_of_a_conflict_keeps_the_work(forge: Forge, api: ForgeRepo) -> None:
    """Merging main into stg would silently delete new.txt there; the hint avoids that."""
    put_the_old_tree_back(api)
    api.commit("main", {"b.txt": "hot\n"}, message="fix: hot")
    api.commit("stg", {"b.txt": "mended\n"}, message="fix: mend")
    document = forge.json(*RELEASE, check=REFUSED)
    found = rows(document)["api"]["problems"]
    conflict = next(problem for problem in found if problem["code"] == "conflict")
    assert len(found) == 2

    steps, _, rest = conflict["hint"].removeprefix("Resolve it on stg: ").partition("; then ")
    assert rest == (
        "resolve what still conflicts, commit, git push origin HEAD:stg, and run the command again."
    )
    follow(forge, document, Hint.CONFLICT_KEEPING, steps, check=1)
    resolved(forge)
    wanted = {"a.txt": "1\ntwo\n3\n", "b.txt": "mended\n", "new.txt": "new\n"}
    assert api.tree("main") == api.tree("stg") == wanted


@pytest.mark.parametrize("command", [RELEASE, DOWN])
def test_what_conflicts_with_the_work_back_is_resolved_with_it(
    forge: Forge, api: ForgeRepo, command: tuple[str, ...]
) -> None:
    """The hint merges the commit that has the rolled-back work, so nothing is lost on stg."""
    revert_the_release(api)
    api.commit("main", {"b.txt": "hot\n"}, message="fix: hot")
    api.commit("stg", {"b.txt": "mended\n"}, message="fix: mend")
    document = forge.json(*command, check=REFUSED)
    assert codes(rows(document)["api"])[0] == "conflict"
    conflict = rows(document)["api"]["problems"][0]
    steps = conflict["hint"].removeprefix("Resolve it on stg: ").partition(", which has")[0]
    follow(forge, document, Hint.CONFLICT_REAPPLIED, steps, check=1)
    resolved(forge, "brings_back")
    wanted = {"a.txt": "1\ntwo\n3\n", "b.txt": "mended\n", "new.txt": "new\n"}
    assert api.tree("main") == api.tree("stg") == wanted


def resolved(forge: Forge, *told: str) -> None:
    """Resolve a conflict in b.txt for stg, and promote, which reports these codes."""
    push = "git push -q origin HEAD:stg"
    resolve = f"git checkout --ours b.txt; git add b.txt; git commit -q --no-edit; {push}"
    done = in_shell(forge, f"cd api; {resolve}")
    assert done.returncode == 0, done.stderr
    assert codes(rows(forge.json(*RELEASE, check=DONE))["api"]) == [*told]


def test_what_conflicts_only_since_it_was_rolled_back_comes_back_with_the_rest(
    forge: Forge, api: ForgeRepo
) -> None:
    """A plain merge would conflict: stg has changed a file that the roll-back deleted."""
    revert_the_release(api)
    api.commit("stg", {"new.txt": "new\nmended\n"}, message="fix: mend")
    assert codes(rows(forge.json(*RELEASE, check=DONE))["api"]) == ["brings_back"]
    assert api.tree("main") == {"a.txt": "1\ntwo\n3\n", "b.txt": "b\n", "new.txt": "new\nmended\n"}


def bring_back_by_hand(forge: Forge, said: Document, line: str) -> None:
    """Follow the hint of a refused command; where git stops, let this be the line in conflict."""
    (problem,) = rows(said)["api"]["problems"]
    steps = problem["hint"].removeprefix("Bring it back by hand: ").partition("; where git")[0]
    follow(forge, said, Hint.BRING_BACK_BY_HAND, steps, check=1)
    resolve = (
        f"printf '1\\n{line}\\n3\\n' >a.txt; git add a.txt; git revert --continue --no-edit; "
        "git switch -q --detach origin/stg; git merge -q --no-edit -; git push -q origin HEAD:stg"
    )
    done = in_shell(forge, f"cd api; {resolve}")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", [RELEASE, DOWN])
def test_a_hotfix_that_builds_on_the_roll_back_stops_it(
    forge: Forge, api: ForgeRepo, command: tuple[str, ...]
) -> None:
    """It is named with the file and its lines. The hint brings the work back by hand."""
    reverted = revert_the_release(api)
    hot = api.commit("main", {"a.txt": "1\n2, hot\n3\n"}, message="fix: hot")
    api.commit("stg", {"b.txt": "mended\n"}, message="fix: mend")

    with remotes_untouched(forge):
        document = forge.json(*command, check=REFUSED)

    (problem,) = rows(document)["api"]["problems"]
    assert (problem["code"], problem["files"]) == ("reapply_conflict", ["a.txt"])
    assert problem["message"] == (
        f"{hot[:7]} (fix: hot) on main conflicts with the work that {reverted[:7]} rolled back, in "
        "a.txt, line 2."
    )
    bring_back_by_hand(forge, document, "two, hot")
    quietly(forge, *RELEASE)
    wanted = {"a.txt": "1\ntwo, hot\n3\n", "b.txt": "mended\n", "new.txt": "new\n"}
    assert api.tree("main") == api.tree("stg") == wanted


def test_the_second_roll_back_to_the_same_release_is_brought_back_by_hand(
    forge: Forge, api: ForgeRepo
) -> None:
    """The hint takes the work from before that one, not from the first one, which came back."""
    first = forge.json("log")["records"][0]["release"]
    api.commit("stg", {"extra.txt": "extra\n"}, message="feat: extra")
    forge.json(*RELEASE, check=DONE)
    back = ("rollback", "main", first, "--confirm", "main")
    forge.json(*back, check=DONE)
    api.commit("stg", {"b.txt": "more\n"}, message="fix: more")
    forge.json(*RELEASE, check=DONE)
    api.commit("stg", {"a.txt": "1\nand two\n3\n"}, message="feat: and")
    forge.json(*RELEASE, check=DONE)
    whole = api.tree("main")
    forge.json(*back, check=DONE)
    api.commit("main", {"a.txt": "1\ntwo, hot\n3\n"}, message="fix: hot")
    api.commit("stg", {"new.txt": "mended\n"}, message="fix: mend")

    document = forge.json(*RELEASE, check=REFUSED)
    (problem,) = rows(document)["api"]["problems"]
    assert (problem["code"], problem["files"]) == ("reapply_conflict", ["a.txt"])
    bring_back_by_hand(forge, document, "and two, hot")
    wanted = whole | {"a.txt": "1\nand two, hot\n3\n", "new.txt": "mended\n"}
    assert api.tree("stg") == wanted
    forge.json(*RELEASE, check=DONE)
    assert api.tree("main") == wanted


# --- A roll-back and moves


def test_files_that_only_moved_are_no_return(forge: Forge, api: ForgeRepo) -> None:
    """Files that moved twice, with a hotfix, or next to older content do not count as reverted."""
    lines = "".join(f"{number}\n" for number in range(20))
    api.commit("stg", {"long.txt": lines}, message="feat: long")
    forge.json(*RELEASE, check=DONE)
    api.commit("stg", {"long.txt": f"{lines}more\n"}, message="feat: longer")
    forge.json(*RELEASE, check=DONE)
    hot = lines.replace("9\n", "nine\n", 1)
    for old, new, text in (
        ("long.txt", "b/long.txt", f"{lines}more\n"),
        ("b/long.txt", "c/long.txt", f"{hot}more\n"),
        ("c/long.txt", "d.txt", f"{hot}more\n"),
    ):
        api.commit("main", {old: None, new: text}, message="Names")
    api.commit("main", {"new.txt": None, "there.txt": "new\n", "b.txt": None}, message="Names")
    api.commit("stg", {"fix.txt": "fix\n"}, message="fix: mend")
    quietly(forge, *RELEASE)
    quietly(forge, *DOWN)


def test_a_file_may_be_moved_before_it_is_deleted(forge: Forge, api: ForgeRepo) -> None:
    """The deletion of the moved file is reported."""
    api.commit("main", {"a.txt": None, "there.txt": "1\ntwo\n3\n"}, message="Names")
    api.commit("main", {"there.txt": None}, message="chore: tidy up")
    api.commit("stg", {"fix.txt": "fix\n"}, message="fix: mend")
    for command in (RELEASE, DOWN):
        problem = rows(forge.json(*command, check=REFUSED))["api"]["problems"][0]
        assert (problem["code"], problem["files"]) == ("returned_files", ["there.txt"])


# --- What a person accepted


def test_what_was_accepted_does_not_block_again(forge: Forge, api: ForgeRepo) -> None:
    """The merge and later plans say what was accepted; a back-merge still blocks.

    A second roll-back must be accepted separately.
    """
    reverted = revert_the_release(api)
    api.commit("stg", {"b.txt": "mended\n"}, message="fix: mend")
    forge.json(*RELEASE, "--accept-reverts", check=DONE)
    merge = api.tip("main")
    message = api.remote_git("log", "-1", "--format=%B", merge).strip()
    assert message == f"Merge stg into main (production deployment)\n\nAccepts-revert: {reverted}"

    api.commit("stg", {"c.txt": "c\n"}, message="feat: c")
    problem = rows(forge.json(*RELEASE, check=DONE))["api"]["problems"][0]
    assert (problem["code"], problem["severity"]) == ("reverted_work", "warn")
    assert problem["message"].endswith(f"out of main, as accepted in {merge[:7]}.")
    assert "new.txt" not in api.tree("main")
    assert api.tree("stg")["new.txt"] == "new\n"
    assert codes(rows(forge.json(*DOWN, check=REFUSED))["api"]) == ["reverted_work"]

    api.commit("main", {"c.txt": None, "b.txt": "b\n"}, message="Quick help")
    api.commit("stg", {"d.txt": "d\n"}, message="feat: d")
    found = rows(forge.json(*RELEASE, check=REFUSED))["api"]["problems"]
    assert [(each["code"], each["severity"]) for each in found] == [
        ("returned_files", "block"),
        ("reverted_work", "warn"),
    ]


def test_what_was_accepted_on_the_way_down_does_not_block_the_way_up(
    forge: Forge, api: ForgeRepo
) -> None:
    """Stg accepted the roll-back and dev did not, so dev's work stays out of stg with a warning."""
    api.remote_git("update-ref", "refs/heads/dev", api.tip("stg"))
    put_the_old_tree_back(api)
    forge.json(*DOWN, "--accept-reverts", check=DONE)
    api.commit("dev", {"d.txt": "d\n"}, message="feat: d")

    problem = rows(forge.json("promote", "dev", "stg", "--yes", check=DONE))["api"]["problems"][0]
    assert (problem["code"], problem["severity"]) == ("returned_files", "warn")
    assert set(api.tree("stg")) == {"a.txt", "b.txt", "d.txt"}
    quietly(forge, *RELEASE)
    assert codes(rows(forge.json("backmerge", "stg", "--yes", check=REFUSED))["api"])


def test_continue_keeps_what_was_accepted(forge: Forge, api: ForgeRepo) -> None:
    """It stays accepted even if main moved in the meantime and the merge is made again."""
    forge.add("web").commit("stg", {"web.txt": "web\n"}, message="feat: web")
    forge.write_config()
    reverted = revert_the_release(api)
    api.commit("stg", {"b.txt": "mended\n"}, message="fix: mend")
    api.reject_pushes("refs/heads/main")
    forge.json(*RELEASE, "--accept-reverts", check=FAILED)
    api.allow_pushes()
    api.commit("main", {"hot.txt": "hot\n"}, message="fix: hot")

    forge.json("continue", "--confirm", "main", check=DONE)

    message = api.remote_git("log", "-1", "--format=%B", "main").strip()
    assert message.endswith(f"\n\nAccepts-revert: {reverted}")
    assert message.count("Accepts-revert") == 1
    assert api.tree("main") == {"a.txt": "1\n2\n3\n", "b.txt": "mended\n", "hot.txt": "hot\n"}
