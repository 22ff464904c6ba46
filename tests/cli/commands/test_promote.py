"""Promote: one plan, one question, and in every repository a merge and a tag, or nothing."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.answers import (
    DONE,
    REFUSED,
    Document,
    codes,
    count_pushes,
    hook,
    in_shell,
    merge_facts,
    only_following,
    rows,
    states,
    subject,
    told,
    workspace,
)
from tests.support.forge import Forge, ForgeRepo, untouched
from tests.support.snapshot import Snapshot

TAG = re.compile(r"stg-deploy-\d{8}-\d{6}")
NAMES = [f"service-{number}" for number in range(12)]


def twelve(root: Path) -> Forge:
    """Return a workspace of twelve repositories, each of which differs from stg in another way."""
    forge = Forge(root)
    for number, name in enumerate(NAMES):
        path = f"services/{name}" if number % 2 else name
        repo = forge.add(name, path=path, files={"a.txt": "1\n2\n3\n4\n5\n", "b.txt": "b\n"})
        repo.commit("dev", {"a.txt": f"new {number}\n2\n3\n4\n5\n"}, message="feat: first line")
        if number % 3:
            repo.commit("stg", {"a.txt": "1\n2\n3\n4\nfive\n"}, message="fix: last line")
        if number % 4 == 0:
            repo.commit("dev", {"b.txt": None, "c/b.txt": "b\n"}, message="refactor: move b")
    forge.repos[NAMES[1]].write({"a.txt": "dirty\n", "new.txt": "untracked\n"})
    forge.repos[NAMES[2]].git("checkout", "--quiet", "-b", "feature/x")
    forge.repos[NAMES[3]].git("checkout", "--quiet", "--detach")
    forge.repos[NAMES[4]].git("checkout", "--quiet", "main")
    forge.write_config()
    return forge


@dataclass(frozen=True)
class Release:
    """A promotion of twelve repositories, and the state before it."""

    forge: Forge
    document: Document
    refs: dict[str, dict[str, str]]
    trees: dict[str, str | None]
    workspace: Snapshot

    @property
    def tag(self) -> str:
        """Return the release's tag."""
        return str(self.document["release"])


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Return the promotion of twelve repositories from dev to stg."""
    forge = twelve(tmp_path_factory.mktemp("release"))
    repos = forge.repos.items()
    refs = {name: repo.remote_refs() for name, repo in repos}
    trees = {name: repo.merge_by_git("stg", "dev")[0] for name, repo in repos}
    before = workspace(forge)
    document = forge.json("promote", "dev", "stg", "--yes", check=DONE)
    return Release(forge, document, refs, trees, before)


def test_each_remote_has_a_merge_whose_tree_is_gits_own(release: Release) -> None:
    """Stg is a merge of its old tip and dev, in this order, with the same tree as git's merge."""
    for name, repo in release.forge.repos.items():
        old = release.refs[name]
        parents = [old["refs/heads/stg"], old["refs/heads/dev"]]
        assert merge_facts(repo, "stg") == (parents, release.trees[name])
        assert subject(repo, "stg") == "Merge dev into stg"


def test_one_annotated_tag_is_shared_by_all_and_points_at_the_merge(release: Release) -> None:
    """All repositories have the same tag, and nothing but stg and the tag was pushed."""
    assert TAG.fullmatch(release.tag)
    for name, repo in release.forge.repos.items():
        assert repo.remote_git("cat-file", "-t", f"refs/tags/{release.tag}") == "tag"
        assert repo.remote_git("rev-parse", f"{release.tag}^{{commit}}") == repo.tip("stg")
        before, after = release.refs[name], repo.remote_refs()
        changed = {ref for ref in after if after[ref] != before.get(ref)}
        assert changed == {"refs/heads/stg", f"refs/tags/{release.tag}"}
        assert before.keys() <= after.keys()


def test_dirty_trees_and_checked_out_branches_are_as_before(release: Release) -> None:
    """No file, index, HEAD, branch, tag or configuration of the twelve clones has changed."""
    assert workspace(release.forge) == release.workspace


def test_document_has_the_promised_shape(release: Release) -> None:
    """The JSON document has the documented keys and values."""
    document = release.document
    assert list(document)[:8] == [
        "schema", "command", "operation", "result", "exit_code", "source", "target", "release",
    ]  # fmt: skip
    assert (document["schema"], document["command"]) == ("multigit/1", "promote")
    assert re.fullmatch(r"\d{8}T\d{6}Z-promote-dev-stg-[0-9a-f]{4,}", document["operation"])
    assert (document["result"], document["exit_code"]) == ("done", DONE)
    assert (document["source"], document["target"]) == ("dev", "stg")
    assert document["problems"] == []
    assert document["message"]
    assert [row["repo"] for row in document["repos"]] == NAMES
    for name, row in rows(document).items():
        repo, old = release.forge.repos[name], release.refs[name]
        merges = [step for step in row.pop("steps") if step["type"] == "merge"]
        assert [step["after"] for step in merges] == [repo.tip("stg")]
        assert row == {
            "repo": name,
            "path": repo.path,
            "state": "published",
            "branch": "stg",
            "source_sha": old["refs/heads/dev"],
            "before": old["refs/heads/stg"],
            "after": repo.tip("stg"),
            "tag": release.tag,
            "commits": 2 if NAMES.index(name) % 4 == 0 else 1,
            "problems": [],
            "deployment": None,
        }


def test_second_run_has_nothing_to_do_and_changes_no_ref(release: Release) -> None:
    """Once promoted, there is nothing to promote, and no confirmation is needed."""
    with untouched(release.forge):
        document = release.forge.json("promote", "dev", "stg", check=DONE)
    assert document["result"] == "nothing"
    assert set(states(document).values()) == {"up_to_date"}
    assert {row["tag"] for row in document["repos"]} == {None}


def test_one_conflict_blocks_all_twelve_and_the_other_eleven_can_go_on(tmp_path: Path) -> None:
    """A conflict names its files and blocks everything; --skip-blocked skips that repository."""
    forge = twelve(tmp_path)
    odd = forge.repos[NAMES[7]]
    odd.commit("dev", {"a.txt": "ours\n", "src/b c.txt": "dev\n"})
    odd.commit("stg", {"a.txt": "theirs\n", "src/b c.txt": "stg\n"})
    conflicted = odd.merge_by_git("stg", "dev")[1]
    with untouched(forge):
        document = forge.json("promote", "dev", "stg", "--yes", check=REFUSED)
    (problem,) = rows(document)[odd.name]["problems"]
    assert document["result"] == "blocked"
    assert (problem["code"], problem["severity"]) == ("conflict", "block")
    assert set(problem["files"]) == conflicted == {"a.txt", "src/b c.txt"}
    assert states(document) == {n: "blocked" if n == odd.name else "planned" for n in NAMES}

    shown = forge.run("promote", "dev", "stg", "--yes", check=REFUSED).stdout
    assert "src/b c.txt" in shown
    assert "--skip-blocked" in shown

    before = odd.remote_refs()
    document = forge.json("promote", "dev", "stg", "--yes", "--skip-blocked", check=DONE)
    assert states(document) == {n: "skipped" if n == odd.name else "published" for n in NAMES}
    assert document["result"] == "done"
    assert odd.remote_refs() == before
    for name, repo in forge.repos.items():
        assert (f"refs/tags/{document['release']}" in repo.remote_refs()) == (name != odd.name)


def test_what_blocks_is_not_done_where_nothing_else_can_move(forge: Forge) -> None:
    """A script must not mistake it for released: exit 3, whether or not the rest is up to date.

    The log has the reason.
    """
    api = forge.add("api")
    forge.add("web")
    api.commit("dev", {"README.md": "dev\n"})
    api.commit("stg", {"README.md": "stg\n"})
    forge.write_config()
    promote = ("promote", "dev", "stg", "--yes", "--skip-blocked")
    for options in ((), ("-r", "api"), ("--dry-run",)):
        with untouched(forge):
            document = forge.json(*promote, *options, check=REFUSED)
        assert (document["result"], states(document)["api"]) == ("blocked", "skipped")
        assert document["message"] == "1 repository is blocked. Nothing was changed."
    assert [record["reason"] for record in forge.json("log")["records"]] == ["conflict"] * 2


# --- The user's work tree does not matter, and stays as it is


def standing_everywhere(forge: Forge) -> None:
    """Add a repository in each state that a user may leave one in, all with work on dev."""

    def add(name: str, *stages: str) -> ForgeRepo:
        files = {"README.md": "1\n", "src/a.txt": "a\n", "docs/b.txt": "b\n"}
        repo = forge.add(name, files=files)
        repo.commit("dev", {"src/new.txt": f"{name}\n"})
        repo.git("fetch", "--quiet", "--no-write-fetch-head")
        for stage in stages:
            repo.git("branch", "--quiet", stage, f"origin/{stage}")
        return repo

    dirty = add("dirty", "stg")
    dirty.write({"README.md": "dirty\n", "src/a.txt": None, "new.txt": "untracked\n"})
    dirty.git("stash", "push", "--quiet", "--include-untracked", "--", "new.txt")
    dirty.write({".gitattributes": "* merge=union\n"})
    staged = add("staged")
    staged.write({"README.md": "staged\n", "staged.txt": "new\n"})
    staged.git("add", "--all")
    staged.write({"README.md": "and more\n"})
    add("detached", "stg").git("checkout", "--quiet", "--detach")
    merging = add("merging", "stg")
    merging.local_commit({"README.md": "ours\n"})
    merging.git("checkout", "--quiet", "-b", "side", "HEAD~1")
    merging.local_commit({"README.md": "theirs\n"})
    merging.git("merge", "--quiet", "dev", check=False)
    rebasing = add("rebasing")
    rebasing.local_commit({"src/a.txt": "x\n"})
    rebasing.git("rebase", "--quiet", "--exec", "false", "HEAD~1", check=False)
    bisecting = add("bisecting", "stg")
    for number in range(4):
        bisecting.local_commit({"README.md": f"{number}\n"})
    bisecting.git("bisect", "start", "HEAD", "HEAD~4")
    linked = add("linked", "stg")
    linked.git("worktree", "add", "--quiet", str(forge.root / "linked"), "stg")
    (forge.root / "linked/README.md").write_text("dirty, too\n")
    add("sparse", "stg").git("sparse-checkout", "set", "docs")
    unborn = add("unborn")
    unborn.git("checkout", "--quiet", "--orphan", "fresh")
    unborn.git("rm", "--quiet", "-r", "--cached", ".")
    forge.write_config()


def test_promotion_never_touches_what_the_user_is_doing(forge: Forge) -> None:
    """Dirty, staged, detached, merging, rebasing, bisecting, linked, sparse, unborn: all as before.

    Only a local stg that is not checked out anywhere follows the remote one.
    """
    standing_everywhere(forge)
    with untouched(forge):
        forge.json("promote", "dev", "stg", "--dry-run", check=DONE)
        forge.json("status", check=DONE)
    trees = {name: repo.merge_by_git("stg", "dev")[0] for name, repo in forge.repos.items()}
    with only_following(forge, "stg"):
        document = forge.json("promote", "dev", "stg", "--yes", check=DONE)
    assert set(states(document).values()) == {"published"}
    for name, repo in forge.repos.items():
        assert merge_facts(repo, "stg")[1] == trees[name]
        followed = repo.local_refs().get("refs/heads/stg") == repo.tip("stg")
        assert followed == (name in {"dirty", "detached", "merging", "bisecting", "sparse"})
    assert codes(rows(document)["linked"]) == ["local_branch_left"]
    assert str(forge.root / "linked") in told(document)


def test_local_branch_follows_where_that_is_safe(forge: Forge) -> None:
    """It follows if it is behind; checked out or with commits of its own, it stays, with a hint.

    Local commits on dev, which are not part of the promotion, are a warning.
    """
    behind, here, own, ahead = (forge.add(name) for name in ("behind", "here", "own", "ahead"))
    for repo in forge.repos.values():
        repo.commit("dev", {"a.txt": "1\n"})
        repo.git("branch", "--quiet", "stg", "origin/stg")
    here.git("checkout", "--quiet", "stg")
    own.git("checkout", "--quiet", "stg")
    mine = own.local_commit({"mine.txt": "1\n"})
    own.git("checkout", "--quiet", "dev")
    local = ahead.local_commit({"local.txt": "1\n"})
    forge.write_config()
    with only_following(forge, "stg"):
        document = forge.json("promote", "dev", "stg", "--yes", check=DONE)
    assert states(document) == dict.fromkeys(forge.repos, "published")
    assert behind.local_refs()["refs/heads/stg"] == behind.tip("stg")
    assert here.local_refs()["refs/heads/stg"] != here.tip("stg")
    assert own.local_refs()["refs/heads/stg"] == mine
    found = {name: codes(row) for name, row in rows(document).items()}
    assert found == {
        "behind": [],
        "here": ["local_branch_left"],
        "own": ["local_branch_left"],
        "ahead": ["unpushed_commits"],
    }
    assert local not in ahead.remote_git("rev-list", "--all")
    assert {p["severity"] for row in document["repos"] for p in row["problems"]} == {"warn"}
    ((hint,),) = (p["hint"].rsplit(": ", 1)[1:] for p in rows(document)["here"]["problems"])
    assert hint.split()[-4:] == ["pull", "--ff-only", "origin", "stg"]
    assert in_shell(forge, hint).returncode == 0
    assert here.local_refs()["refs/heads/stg"] == here.tip("stg")


# --- What blocks


def test_every_block_has_its_code_and_leaves_all_untouched(forge: Forge) -> None:
    """Whatever blocks one repository blocks all of them."""
    for name in ("fine", "no-branch", "shallow", "two-urls", "conflict", "nobody", "unrelated"):
        forge.add(name).commit("dev", {"a.txt": "dev\n"})
    repos = forge.repos
    repos["no-branch"].remote_git("branch", "--quiet", "-D", "stg")
    repos["shallow"].git("fetch", "--quiet", "--depth=1", "--no-write-fetch-head")
    repos["shallow"].git("reset", "--quiet", "--hard", "origin/dev")
    push_url = ("remote", "set-url", "--add", "--push", "origin")
    repos["two-urls"].git(*push_url, repos["two-urls"].url)
    repos["two-urls"].git(*push_url, repos["fine"].url)
    repos["conflict"].commit("stg", {"a.txt": "stg\n"})
    repos["conflict"].write({".gitattributes": "* merge=union\n"})  # uncommitted: must not count
    repos["nobody"].git("config", "user.email", "")
    orphan = repos["unrelated"].remote_git("commit-tree", "-m", "begin", "main^{tree}")
    repos["unrelated"].remote_git("update-ref", "refs/heads/stg", orphan)
    forge.add("unborn", stages=())
    forge.add("gone").use_url((forge.remotes / "nothing.git").as_uri())
    forge.add("no-remote").git("remote", "remove", "origin")
    forge.add("no-repository")
    (forge.shop / "no-repository/.git").rename(forge.root / "moved")
    forge.write_config(forge.write_config().read_text() + '\n[repos.missing]\nurl = "file:///x"\n')
    with untouched(forge):
        document = forge.json("promote", "dev", "stg", "--yes", check=REFUSED)
    assert document["result"] == "blocked"
    assert {name: set(codes(row)) for name, row in rows(document).items()} == {
        "fine": set(),
        "no-branch": {"branch_missing"},
        "shallow": {"shallow"},
        "two-urls": {"several_push_urls"},
        "conflict": {"conflict"},
        "nobody": {"no_identity"},
        "unrelated": {"unrelated_histories"},
        "unborn": {"branch_missing"},
        "gone": {"remote_missing"},
        "no-remote": {"no_remote"},
        "no-repository": {"not_a_repository"},
        "missing": {"missing"},
    }
    assert [n for n, s in states(document).items() if s != "blocked"] == ["fine"]
    problems = [p for row in document["repos"] for p in row["problems"]]
    assert all(p["message"] and p["hint"] for p in problems)


def test_dry_run_shows_the_plan_and_stops(forge: Forge) -> None:
    """A dry run plans a release, asks nothing, and leaves no trace, not even in the log."""
    api = forge.add("api")
    forge.add("web")
    api.commit("dev", {"a.txt": "1\n", "b.txt": "2\n"}, message="feat: a and b")
    forge.write_config()
    with untouched(forge):
        document = forge.json("promote", "dev", "stg", "--dry-run", check=DONE)
        shown = forge.run("promote", "dev", "stg", "-n", check=DONE).stdout
    assert (document["result"], states(document)) == (
        "planned",
        {"api": "planned", "web": "up_to_date"},
    )
    (step,) = rows(document)["api"]["steps"]
    assert (step["commits"], step["files"]) == (1, 2)
    assert "feat: a and b" in shown
    assert not list(forge.shop.glob("deployment.log*"))


# --- Selection, message and record


def test_selection_by_name_group_and_exclusion(forge: Forge) -> None:
    """Only the selected repositories are read; others may be unreachable."""
    for name in ("database", "api", "web", "broken"):
        forge.add(name).commit("dev", {"a.txt": "1\n"})
    forge.repos["broken"].use_url("file:///nothing.git")
    text = forge.write_config().read_text()
    for name in ("database", "api"):
        text = text.replace(f'path = "{name}"', f'path = "{name}"\ngroups = ["backend"]')
    forge.write_config(text)
    plan = ("promote", "dev", "stg", "--dry-run")
    assert list(states(forge.json(*plan, "-r", "web", "-g", "backend", check=DONE))) == [
        "database", "api", "web",
    ]  # fmt: skip
    assert list(states(forge.json(*plan, "-g", "backend", "-x", "api", check=DONE))) == ["database"]
    before = forge.repos["web"].remote_refs()
    forge.json("promote", "dev", "stg", "--yes", "-r", "api", check=DONE)
    assert forge.repos["web"].remote_refs() == before


def test_message_is_that_of_merge_and_tag(forge: Forge) -> None:
    """Merge and tag have the message of -m; the committer is the user."""
    api = forge.add("api")
    api.commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    message = "release: v2.3.0\n\nWith ü and a second paragraph."
    tag = forge.json("promote", "dev", "stg", "--yes", "-m", message, check=DONE)["release"]
    assert api.remote_git("log", "-1", "--format=%B", "stg").strip() == message
    assert api.remote_git("log", "-1", "--format=%an <%ae>|%cn", "stg") == (
        "Ada Lovelace <ada@example.org>|Ada Lovelace"
    )
    assert api.remote_git("cat-file", "tag", tag).partition("\n\n")[2].startswith(message)


def test_promotion_to_main_wants_the_message_that_the_stage_demands(forge: Forge) -> None:
    """If require_message is set, a promotion without -m is a usage error."""
    forge.add("api").commit("stg", {"a.txt": "1\n"})
    text = forge.write_config().read_text()
    forge.write_config(text.replace('confirm = "name"', 'confirm = "name"\nrequire_message = true'))
    with untouched(forge):
        document = forge.json("promote", "stg", "main", "--confirm", "main", check=2)
    assert codes(document) == ["message_required"]
    document = forge.json("promote", "stg", "main", "--confirm", "main", "-m", "x", check=DONE)
    assert re.fullmatch(r"deploy-\d{8}-\d{6}", document["release"])


def test_promotion_down_carries_a_hotfix_one_stage_without_a_tag(forge: Forge) -> None:
    """`promote main stg` merges main into stg without a tag, and leaves dev alone."""
    api = forge.add("api")
    fix = api.commit("main", {"a.txt": "1\n"}, message="fix: now")
    stg, dev = api.tip("stg"), api.tip("dev")
    forge.write_config()
    document = forge.json("promote", "main", "stg", "--yes", check=DONE)
    assert merge_facts(api, "stg")[0] == [stg, fix]
    assert api.tip("dev") == dev
    assert document["release"] is None
    assert not [ref for ref in api.remote_refs() if ref.startswith("refs/tags/")]
    assert subject(api, "stg") == "Merge main into stg (hotfix sync)"


def test_content_decides_whether_there_is_something_to_do(forge: Forge) -> None:
    """Commits whose content stg already has are nothing to promote."""
    api = forge.add("api")
    api.commit("dev", {"a.txt": "1\n"}, message="feat: a")
    api.commit("stg", {"a.txt": "1\n"}, message="feat: the same, picked")
    api.commit("main", {"b.txt": "1\n"})
    forge.write_config()
    with untouched(forge):
        document = forge.json("promote", "dev", "stg", "--yes", check=DONE)
    assert document["result"] == "nothing"


def test_nothing_to_do_names_no_release(forge: Forge) -> None:
    """A script must not mistake a tag that was never made for a release."""
    forge.add("api")
    forge.write_config()
    document = forge.json("promote", "dev", "stg", "--yes", check=DONE)
    assert (document["result"], document["release"]) == ("nothing", None)


@pytest.mark.parametrize("separator", ["\u2028", "\x85", "\x0b", "\r"])
def test_subject_may_hold_what_python_takes_for_a_line_break(separator: str, forge: Forge) -> None:
    """A colleague's subject with a pasted line separator breaks no command."""
    forge.add("api").commit("dev", {"a.txt": "1\n"}, message=f"feat: one{separator}two")
    forge.write_config()
    document = forge.json("promote", "dev", "stg", "--dry-run", check=DONE)
    assert rows(document)["api"]["commits"] == 1


def test_taken_tag_gets_a_number_in_all_repositories(forge: Forge) -> None:
    """If one remote already has the tag of this second, it is -2 everywhere."""
    api, web = forge.add("api"), forge.add("web")
    for repo in (api, web):
        repo.commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    now = datetime.now(UTC)
    stamps = [f"{now + timedelta(seconds=n):stg-deploy-%Y%m%d-%H%M%S}" for n in range(30)]
    api.remote_git(
        "update-ref", "--stdin", input="".join(f"create refs/tags/{s} main\n" for s in stamps)
    )
    tag = forge.json("promote", "dev", "stg", "--yes", check=DONE)["release"]
    assert tag.endswith("-2")
    assert tag.removesuffix("-2") in stamps
    assert f"refs/tags/{tag}" in web.remote_refs()
    assert web.remote_git("rev-parse", f"{tag}^{{commit}}") == web.tip("stg")


def test_each_operation_leaves_a_record_in_a_private_log(forge: Forge) -> None:
    """Done and blocked operations have a line each; one with nothing to do has none."""
    api = forge.add("api")
    api.commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    forge.json("promote", "dev", "stg", check=REFUSED)
    forge.json("promote", "dev", "stg", "--yes", check=DONE)
    forge.json("promote", "dev", "stg", "--yes", check=DONE)
    api.commit("dev", {"a.txt": "dev\n"})
    api.commit("stg", {"a.txt": "stg\n"})
    forge.json("promote", "dev", "stg", "--yes", check=REFUSED)
    log = forge.shop / "deployment.log"
    records = [json.loads(line) for line in log.read_text().splitlines()]
    assert [record["result"] for record in records] == ["blocked", "done", "blocked"]
    assert [record["seq"] for record in records] == [1, 2, 3]
    assert log.stat().st_mode & 0o777 == 0o600
    (row,) = records[1]["repos"]
    assert row["after"] == api.remote_git("rev-parse", f"{row['tag']}^{{commit}}")
    assert records[1]["who"] == "Ada Lovelace <ada@example.org>"


# --- Only the two refs, and no code of the repository


def test_stray_tags_and_follow_tags_stay_at_home(forge: Forge) -> None:
    """push.followTags, push.default and configured refspecs add nothing to the push."""
    api = forge.add("api")
    api.commit("dev", {"a.txt": "1\n"})
    api.git("fetch", "--quiet", "--no-write-fetch-head")
    for setting in ("push.followTags=true", "push.default=matching", "remote.origin.tagOpt=--tags"):
        api.git("config", *setting.split("="))
    api.git("config", "--add", "remote.origin.push", "refs/heads/*:refs/heads/*")
    api.git("tag", "--annotate", "--message", "mine", "stray", "origin/dev")
    api.git("tag", "light", "origin/stg")
    api.git("branch", "private", "origin/dev")
    forge.write_config()
    before, pushes = api.remote_refs(), count_pushes(api)
    with only_following(forge):
        tag = forge.json("promote", "dev", "stg", "--yes", check=DONE)["release"]
    assert api.remote_refs().keys() - before.keys() == {f"refs/tags/{tag}"}
    assert pushes() == [["refs/heads/stg", f"refs/tags/{tag}"]]


def test_promotion_runs_no_code_of_the_repository(forge: Forge) -> None:
    """Hooks, filters, merge drivers, fsmonitor and aliases do not run; `hooks = true` opts in."""
    api = forge.add("api", files={"a.txt": "1\n", ".gitattributes": "* filter=x merge=x diff=x\n"})
    api.commit("dev", {"a.txt": "dev\n"})
    ran = forge.root / "ran"
    canary = f'echo "$0 $*" >>"{ran}"'
    names = "pre-push post-merge pre-merge-commit commit-msg post-checkout reference-transaction"
    for name in names.split():
        hook(api.clone / ".git/hooks" / name, canary)
    script = hook(forge.root / "canary", canary)
    for key in (
        "core.fsmonitor", "filter.x.clean", "filter.x.smudge", "filter.x.process",
        "merge.x.driver", "diff.x.command", "diff.x.textconv", "core.pager", "core.editor",
        "gpg.program", "credential.helper",
    ):  # fmt: skip
        api.git("config", key, str(script))
    for alias in ("fetch", "push", "merge-tree", "commit-tree"):
        api.git("config", f"alias.{alias}", f"!{script}")
    forge.write_config()
    forge.json("status", check=DONE)
    forge.json("promote", "dev", "stg", "--yes", check=DONE)
    assert not ran.exists(), ran.read_text()

    api.commit("dev", {"a.txt": "again\n"})
    forge.write_config(
        forge.write_config().read_text().replace('path = "api"', 'path = "api"\nhooks = true')
    )
    forge.json("promote", "dev", "stg", "--yes", check=DONE)
    assert "hooks/pre-push" in ran.read_text()


@pytest.mark.parametrize("variable", ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"])
def test_calling_hook_does_not_lead_astray(variable: str, forge: Forge) -> None:
    """Variables that a git hook sets for its own repository do not reach multigit's git."""
    api, outer = forge.add("api"), forge.add("outer")
    api.commit("dev", {"a.txt": "1\n"})
    stand_in = {"GIT_DIR": ".git", "GIT_INDEX_FILE": ".git/index", "GIT_WORK_TREE": "."}
    env = {variable: str(outer.clone / stand_in[variable]), "GIT_PREFIX": "src/"}
    forge.write_config()
    before = workspace(forge)
    forge.json("status", env=env, check=DONE)
    document = forge.json("promote", "dev", "stg", "--yes", env=env, check=DONE)
    assert states(document) == {"api": "published", "outer": "up_to_date"}
    assert api.remote_git("rev-parse", "stg^2") == api.tip("dev")
    assert workspace(forge) == before
