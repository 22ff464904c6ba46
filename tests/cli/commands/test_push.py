"""Push: the work on a stage's branch is committed and pushed, and nothing else."""

from __future__ import annotations

import subprocess

import pytest

from tests.cli.answers import (
    DONE,
    FAILED,
    QUESTION,
    REFUSED,
    USAGE,
    Document,
    at_terminal,
    codes,
    count_pushes,
    hook,
    is_clean,
    merge_facts,
    rows,
    states,
    subject,
    told,
)
from tests.support.forge import Forge, remotes_untouched, untouched
from tests.support.gitenv import git

# --- What blocks


def test_secrets_and_large_files_block_with_their_names(forge: Forge) -> None:
    """Each suspicious file is named and nothing is pushed; --allow accepts one file."""
    api, web = forge.add("api", files={"old.pem": "x", "a.txt": "1\n"}), forge.add("web")
    secrets = (".env", "config/.env.production", "deploy key/server.pem", "id_ed25519", ".npmrc")
    api.write(dict.fromkeys(secrets, "secret\n") | {"old.pem": None, ".env.example": "A=\n"})
    api.write({"big.bin": b"\0" * 2_500_000, "small.bin": b"\0" * 1000})
    api.git("add", ".env")
    web.write({"a.txt": "1\n"})
    text = forge.write_config().read_text()
    forge.write_config(text + '\n[push]\nmax_file_size = "2MB"\n')
    with untouched(forge):
        document = forge.json("push", "dev", "--yes", check=REFUSED)
        shown = forge.run("push", "dev", "--yes", check=REFUSED).stdout
    problems = rows(document)["api"]["problems"]
    assert {p["code"] for p in problems} == {"secret_file", "large_file"}
    assert {f for p in problems if p["code"] == "secret_file" for f in p["files"]} == set(secrets)
    assert [p["files"] for p in problems if p["code"] == "large_file"] == [["big.bin"]]
    assert states(document) == {"api": "blocked", "web": "planned"}
    assert "--allow" in shown
    assert all(name.split()[-1] in shown for name in (*secrets, "big.bin"))

    allowed = [part for name in (*secrets[:-1], "big.bin") for part in ("--allow", name)]
    document = forge.json("push", "dev", "--yes", *allowed, check=REFUSED)
    assert [p["files"] for p in rows(document)["api"]["problems"]] == [[secrets[-1]]]

    document = forge.json("push", "dev", "--yes", "--skip-blocked", check=DONE)
    assert states(document) == {"api": "skipped", "web": "published"}
    forge.json("push", "dev", "--yes", *allowed, "--allow", secrets[-1], check=DONE)
    assert set(api.tree("dev")) == {"a.txt", ".env.example", "small.bin", "big.bin", *secrets}


def test_a_secret_that_is_in_the_branch_already_is_pushed_with_a_warning(forge: Forge) -> None:
    """Only a new secret blocks, such as a renamed file; a changed one is a warning."""
    files = {".npmrc": "registry=x\n", "config/.env.production": "A=1\n", "plain.txt": "1\n"}
    api, web = forge.add("api", files=files), forge.add("web", files=files)
    changed = {".npmrc": "registry=y\n", "config/.env.production": "A=2\n"}
    for repo in (api, web):
        repo.write(changed)
    web.git("mv", "plain.txt", "server.pem")
    forge.write_config()
    with untouched(forge):
        document = forge.json("push", "dev", "--yes", check=REFUSED)
    found = {
        (name, problem["files"][0]): problem["severity"]
        for name, row in rows(document).items()
        for problem in row["problems"]
    }
    assert found == {
        ("api", ".npmrc"): "warn",
        ("api", "config/.env.production"): "warn",
        ("web", ".npmrc"): "warn",
        ("web", "config/.env.production"): "warn",
        ("web", "server.pem"): "block",
    }
    document = forge.json("push", "dev", "-r", "api", "--yes", check=DONE)
    assert api.tree("dev") == files | changed


def found_in(document: Document, repo: str = "api") -> dict[str, tuple[str, str]]:
    """Return code and severity of each problem by file."""
    problems = rows(document)[repo]["problems"]
    return {p["files"][0]: (p["code"], p["severity"]) for p in problems}


SECRET = ("secret_file", "block")


def test_what_only_unpushed_commits_have_is_not_on_the_remote(forge: Forge) -> None:
    """Secrets and large files in local commits block, even if they were changed since."""
    api = forge.add("api")
    api.local_commit({".env": "A=1\n", "big.bin": b"\0" * 2_000_001, "a.txt": "1\n"})
    text = forge.write_config().read_text()
    forge.write_config(text + '\n[push]\nmax_file_size = "2MB"\n')
    blocked = {".env": SECRET, "big.bin": ("large_file", "block")}
    with untouched(forge):
        assert found_in(forge.json("push", "dev", "--yes", check=REFUSED)) == blocked
    api.write({".env": "A=2\n"})
    assert found_in(forge.json("push", "dev", "--yes", check=REFUSED)) == blocked
    forge.json("push", "dev", "--yes", "--allow", ".env", "--allow", "big.bin", check=DONE)
    assert api.tree("dev")[".env"] == "A=2\n"


@pytest.mark.parametrize("elsewhere", [False, True])
def test_what_a_later_commit_deletes_is_published_all_the_same(
    forge: Forge, *, elsewhere: bool
) -> None:
    """It is in the history, whatever is checked out, even if it came with a merge."""
    api = forge.add("api")
    api.git("checkout", "--quiet", "-b", "side")
    api.local_commit({"side.pem": "1\n"})
    api.git("checkout", "--quiet", "dev")
    api.local_commit({".env": "A=1\n"})
    api.local_commit({".env": None})
    api.git("merge", "--quiet", "--no-commit", "side")
    api.local_commit({"merge.key": "1\n"})
    if elsewhere:
        api.git("checkout", "--quiet", "-b", "feature/x", "origin/dev")
    forge.write_config()
    with untouched(forge):
        document = forge.json("push", "dev", "--yes", check=REFUSED)
    assert found_in(document) == dict.fromkeys((".env", "side.pem", "merge.key"), SECRET)
    assert not any("reset" in p["hint"] for p in rows(document)["api"]["problems"])


def test_what_any_branch_of_the_remote_has_is_published_already(forge: Forge) -> None:
    """Files from another branch of the remote are already published; new ones block."""
    api = forge.add("api", files={".npmrc": "1\n"})
    api.commit("feature", {"server.pem": "1\n"}, start="dev")
    new = forge.add("new", stages=("stg", "main"), files={".npmrc": "1\n"})
    bare = forge.add("bare", stages=())
    api.git("fetch", "--quiet")
    api.git("merge", "--quiet", "--no-ff", "--no-edit", "origin/feature")
    api.local_commit({".npmrc": "2\n"})
    new.git("checkout", "--quiet", "-b", "dev")
    new.write({".npmrc": "2\n"})
    bare.git("checkout", "--quiet", "--orphan", "dev")
    bare.local_commit({".env": "1\n"})
    forge.write_config()
    document = forge.json("push", "dev", "--yes", check=REFUSED)
    assert found_in(document) == {".npmrc": ("secret_file", "warn")}
    assert found_in(document, "new") == {".npmrc": ("secret_file", "warn")}
    assert found_in(document, "bare") == {".env": SECRET}
    new.local_commit({".npmrc": "2\n", ".env": "1\n"})
    found = found_in(forge.json("push", "dev", "--yes", "-r", "new", check=REFUSED), "new")
    assert found == {".npmrc": ("secret_file", "warn"), ".env": SECRET}


def test_diverged_branch_blocks_with_the_command_that_mends_it(forge: Forge) -> None:
    """After the command in the hint the push succeeds, and the colleague's work is kept."""
    api, web = forge.add("api"), forge.add("web")
    theirs = api.commit("dev", {"theirs.txt": "1\n"})
    api.local_commit({"mine.txt": "1\n"})
    api.write({"README.md": "dirty\n"})
    web.commit("dev", {"theirs.txt": "1\n"})
    web.write({"mine.txt": "1\n"})
    forge.write_config()
    with untouched(forge):
        document = forge.json("push", "dev", "--yes", check=REFUSED)
    assert {name: codes(row) for name, row in rows(document).items()} == {
        "api": ["diverged"],
        "web": ["diverged"],
    }
    for row in document["repos"]:
        command = row["problems"][0]["hint"].removeprefix("Run: ").split()
        subprocess.run(command, cwd=forge.shop, env=forge.env, check=True, capture_output=True)
    forge.json("push", "dev", "--yes", check=DONE)
    assert api.remote_git("merge-base", "--is-ancestor", theirs, "dev") == ""
    for repo in (api, web):
        assert is_clean(repo)
        assert repo.tree("dev").keys() >= {"theirs.txt", "mine.txt"}


def test_behind_without_work_is_nothing_to_push(forge: Forge) -> None:
    """A clone that is only behind has nothing to push."""
    forge.add("api").commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    with untouched(forge):
        assert forge.json("push", "dev", check=DONE)["result"] == "nothing"


def test_unfinished_work_blocks(forge: Forge) -> None:
    """A merge in progress, unmerged files, an unborn branch, no identity, two push URLs."""
    names = ("merging", "unmerged", "unborn", "nobody", "two-urls", "fine")
    for name in names:
        forge.add(name)
    repos = forge.repos
    for name in ("merging", "unmerged"):
        repo = repos[name]
        repo.git("checkout", "--quiet", "-b", "side")
        repo.local_commit({"README.md": "side\n"})
        repo.git("checkout", "--quiet", "dev")
    repos["merging"].git("merge", "--quiet", "--no-ff", "--no-commit", "side")
    repos["unmerged"].local_commit({"README.md": "dev\n"})
    repos["unmerged"].git("push", "--quiet")
    repos["unmerged"].git("merge", "--quiet", "side", check=False)
    (repos["unmerged"].clone / ".git/MERGE_HEAD").unlink()
    repos["unborn"].git("checkout", "--quiet", "--orphan", "fresh")
    repos["unborn"].git("branch", "--quiet", "-D", "dev")
    repos["unborn"].git("branch", "--quiet", "--move", "dev", check=False)
    repos["unborn"].git("symbolic-ref", "HEAD", "refs/heads/dev")
    repos["nobody"].git("config", "user.name", "")
    repos["two-urls"].git("remote", "set-url", "--add", "--push", "origin", repos["fine"].url)
    repos["two-urls"].git("remote", "set-url", "--add", "--push", "origin", repos["nobody"].url)
    for name in ("merging", "nobody", "two-urls", "fine"):
        repos[name].write({"a.txt": "1\n"})
    forge.write_config()
    with untouched(forge):
        document = forge.json("push", "dev", "--yes", check=REFUSED)
    found = {name: codes(row) for name, row in rows(document).items()}
    assert found["merging"] == ["operation_in_progress"]
    assert "unmerged_files" in found["unmerged"]
    assert "unborn" in found["unborn"]
    assert found["nobody"] == ["no_identity"]
    assert found["two-urls"] == ["several_push_urls"]
    assert states(document)["fine"] == "planned"


def test_main_wants_a_message(forge: Forge) -> None:
    """If the stage requires a message, a push without -m is a usage error."""
    api = forge.add("api", checkout="main")
    api.write({"fix.txt": "1\n"})
    text = forge.write_config().read_text()
    forge.write_config(text.replace('confirm = "name"', 'confirm = "name"\nrequire_message = true'))
    with untouched(forge):
        document = forge.json("push", "main", "--confirm", "main", check=USAGE)
    assert (document["result"], codes(document)) == ("error", ["message_required"])
    forge.json("push", "main", "--confirm", "main", "-m", "hotfix: time-out", check=DONE)
    assert subject(api, "main") == "hotfix: time-out"


# --- Hooks


def test_commit_hooks_run_as_with_git_commit(forge: Forge) -> None:
    """A hook may change the message; --no-verify skips pre-commit and commit-msg."""
    api = forge.add("api")
    api.write({"a.txt": "1\n"})
    hooks = api.clone / ".git/hooks"
    ran = forge.root / "ran"
    hook(hooks / "pre-commit", f'git diff --cached --name-only >>"{ran}"')
    hook(hooks / "commit-msg", 'echo "Ticket: 42" >>"$1"')
    forge.write_config()
    document = forge.json("push", "dev", "--yes", "-m", "feat: a", check=DONE)
    assert ran.read_text().split() == ["a.txt"]
    assert api.remote_git("log", "-1", "--format=%B", "dev").split("\n")[:2] == [
        "feat: a", "Ticket: 42",
    ]  # fmt: skip
    assert rows(document)["api"]["after"] == api.tip("dev") == api.git("rev-parse", "dev")

    api.write({"b.txt": "1\n"})
    forge.json("push", "dev", "--yes", "--no-verify", check=DONE)
    assert ran.read_text().split() == ["a.txt"]
    assert "Ticket" not in api.remote_git("log", "-1", "--format=%B", "dev")


def test_failing_commit_hook_keeps_every_remote_as_it_is(forge: Forge) -> None:
    """If one pre-commit hook fails, nothing is pushed anywhere, and its output is shown."""
    database, api, web = (forge.add(name) for name in ("database", "api", "web"))
    for repo in (database, api, web):
        repo.write({"a.txt": "1\n"})
    hook(api.clone / ".git/hooks/pre-commit", "echo 'lint: a.txt is ugly' >&2; exit 1")
    forge.write_config()
    head = api.git("rev-parse", "HEAD")
    with remotes_untouched(forge):
        document = forge.json("push", "dev", "--promote", "stg", "--yes", check=FAILED)
    assert document["result"] == "failed"
    assert states(document) == {
        "database": "not_published",
        "api": "failed",
        "web": "not_published",
    }
    assert "lint: a.txt is ugly" in told(document)
    assert api.git("rev-parse", "HEAD") == head
    assert (api.clone / "a.txt").read_text() == "1\n"

    hook(api.clone / ".git/hooks/pre-commit", "exit 0")
    document = forge.json("push", "dev", "--promote", "stg", "--yes", check=DONE)
    assert set(states(document).values()) == {"published"}
    for repo in (database, api, web):
        assert is_clean(repo)
        assert repo.tree("stg")["a.txt"] == "1\n"
        assert repo.remote_git("rev-list", "--count", "--no-merges", "stg") == "2"


def test_all_words_of_a_failing_commit_hook_are_shown(forge: Forge) -> None:
    """All lines are shown, because a linter reports the errors before its last line."""
    api, web = forge.add("api"), forge.add("web")
    api.write({"a.txt": "1\n"})
    web.write({"a.txt": "1\n"})
    hook(api.clone / ".git/hooks/pre-commit", "printf 'a.txt:1: ugly\\nFound 1 error.\\n'; exit 1")
    forge.write_config()
    shown = forge.run("push", "dev", "--yes", check=FAILED).stdout
    assert "a.txt:1: ugly" in shown
    assert web.git("rev-parse", "--short=7", "dev") in shown  # it was committed, and not pushed


def test_commit_that_cannot_be_made_leaves_the_index_as_it_was(forge: Forge) -> None:
    """If a hook rejects the commit, files that were not staged before are not staged afterwards."""
    api = forge.add("api")
    api.write({"a.txt": "1\n"})
    hook(api.clone / ".git/hooks/pre-commit", "exit 1")
    forge.write_config()
    forge.json("push", "dev", "--yes", check=FAILED)
    assert api.git("status", "--porcelain") == "?? a.txt"


# --- Promoting to the next stage


def test_promotion_follows_in_one_operation_with_one_question_and_one_push(forge: Forge) -> None:
    """Commit, merge and tag are pushed together, in one push per repository."""
    committed, ahead, waiting, idle = (
        forge.add(name) for name in ("committed", "ahead", "waiting", "idle")
    )
    committed.write({"a.txt": "1\n"})
    hook(committed.clone / ".git/hooks/commit-msg", 'echo "Ticket: 42" >>"$1"')
    mine = ahead.local_commit({"a.txt": "1\n"})
    theirs = waiting.commit("dev", {"a.txt": "1\n"})
    stg = {repo.name: repo.tip("stg") for repo in forge.repos.values()}
    forge.write_config()
    pushes = {name: count_pushes(repo) for name, repo in forge.repos.items() if name != "idle"}
    with at_terminal(forge, "push", "dev", "--promote", "stg", "-m", "feat: a") as terminal:
        terminal.expect(QUESTION)
        terminal.send_line("y")
        assert terminal.finish() == DONE
    assert "a.txt" in terminal.text
    (tag,) = (ref for ref in ahead.remote_refs() if ref.startswith("refs/tags/"))
    assert tag.startswith("refs/tags/stg-deploy-")
    refs = sorted(["refs/heads/dev", "refs/heads/stg", tag])
    assert {name: pushed() for name, pushed in pushes.items()} == {
        "committed": [refs],
        "ahead": [refs],
        "waiting": [[ref for ref in refs if ref != "refs/heads/dev"]],
    }
    sources = {"committed": committed.tip("dev"), "ahead": mine, "waiting": theirs}
    for name, source in sources.items():
        repo = forge.repos[name]
        assert merge_facts(repo, "stg")[0] == [stg[name], source]
        assert repo.remote_git("rev-parse", f"{tag}^{{commit}}") == repo.tip("stg")
    assert "Ticket: 42" in committed.remote_git("log", "-1", "--format=%B", "dev")
    assert idle.tip("stg") == stg["idle"]
    assert is_clean(committed)
    assert len((forge.shop / "deployment.log").read_text().splitlines()) == 1


def test_conflict_on_the_next_stage_blocks_the_push_too(forge: Forge) -> None:
    """Nothing is committed if it could not be promoted, and the plan names the file."""
    api, web = forge.add("api"), forge.add("web")
    api.write({"README.md": "mine\n"})
    api.commit("stg", {"README.md": "theirs\n"})
    web.write({"a.txt": "1\n"})
    forge.write_config()
    with untouched(forge):
        document = forge.json("push", "dev", "--promote", "stg", "--yes", check=REFUSED)
    (problem,) = rows(document)["api"]["problems"]
    assert (problem["code"], problem["files"]) == ("conflict", ["README.md"])


def test_promotion_to_a_stage_that_is_no_neighbor_is_a_usage_error(forge: Forge) -> None:
    """Dev cannot be promoted to main."""
    forge.add("api").write({"a.txt": "1\n"})
    forge.write_config()
    with untouched(forge):
        document = forge.json("push", "dev", "--promote", "main", "--yes", check=USAGE)
    assert codes(document) == ["not_neighbours"]


# --- Between the question and the push


def test_only_what_was_shown_is_committed(forge: Forge) -> None:
    """A file that appears while the question is open is left for the next push."""
    api = forge.add("api")
    api.write({"shown.txt": "1\n"})
    forge.write_config()
    with at_terminal(forge, "push", "dev") as terminal:
        terminal.expect(QUESTION)
        api.write({"later.txt": "1\n"})
        terminal.send_line("y")
        assert terminal.finish() == DONE
    assert api.tree("dev").keys() == {"README.md", "shown.txt"}
    assert api.git("status", "--porcelain") == "?? later.txt"


def test_what_is_staged_at_the_question_is_not_slipped_into_the_commit(forge: Forge) -> None:
    """A file that is staged while the question is open stops the push, which names it."""
    api = forge.add("api")
    api.write({"shown.txt": "1\n"})
    forge.write_config()
    with remotes_untouched(forge), at_terminal(forge, "push", "dev") as terminal:
        terminal.expect(QUESTION)
        api.write({"staged.txt": "1\n"})
        api.git("add", "staged.txt")
        terminal.send_line("y")
        assert terminal.finish() == FAILED
    assert "staged.txt" in terminal.text
    assert "staged.txt" not in api.git("ls-tree", "--name-only", "dev")


def test_colleague_who_pushes_at_the_question_keeps_their_commit(forge: Forge) -> None:
    """Dev moved meanwhile and is not overwritten; our commit stays local, with both SHAs named."""
    api = forge.add("api")
    api.write({"mine.txt": "1\n"})
    planned = api.tip("dev")
    forge.write_config()
    with at_terminal(forge, "push", "dev") as terminal:
        terminal.expect(QUESTION)
        theirs = api.commit("dev", {"theirs.txt": "1\n"})
        terminal.send_line("y")
        assert terminal.finish() == FAILED
    assert api.tip("dev") == theirs
    assert planned[:7] in terminal.text
    assert theirs[:7] in terminal.text
    assert api.git("show", "dev:mine.txt") == "1"


def test_branch_that_moved_at_the_question_is_not_committed_to(forge: Forge) -> None:
    """If the user switches branches before answering, nothing is committed or pushed."""
    api = forge.add("api")
    api.write({"a.txt": "1\n"})
    forge.write_config()
    with remotes_untouched(forge), at_terminal(forge, "push", "dev") as terminal:
        terminal.expect(QUESTION)
        api.git("checkout", "--quiet", "-b", "feature/x")
        terminal.send_line("y")
        assert terminal.finish() == FAILED
    assert api.git("status", "--porcelain") == "?? a.txt"
    assert api.git("rev-parse", "feature/x") == api.git("rev-parse", "dev")


@pytest.mark.parametrize("variable", ["GIT_DIR", "GIT_INDEX_FILE"])
def test_calling_hook_does_not_lead_the_commit_astray(variable: str, forge: Forge) -> None:
    """Variables that another repository's hook has set do not affect the commit."""
    api, outer = forge.add("api"), forge.add("outer")
    api.write({"a.txt": "1\n"})
    value = {"GIT_DIR": ".git", "GIT_INDEX_FILE": ".git/index"}[variable]
    forge.write_config()
    index = (outer.clone / ".git/index").read_bytes()
    document = forge.json(
        "push", "dev", "--yes", env={variable: str(outer.clone / value)}, check=DONE
    )
    assert states(document) == {"api": "published", "outer": "up_to_date"}
    assert is_clean(api)
    assert (outer.clone / ".git/index").read_bytes() == index
    assert git(api.clone, "ls-files", env=forge.env).split() == ["README.md", "a.txt"]
