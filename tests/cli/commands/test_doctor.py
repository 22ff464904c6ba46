"""Doctor: problems are found before they stop an operation, and the check changes nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from multigit.hints import Hint
from tests.cli.answers import DONE, FAILED, REFUSED, Document, at_terminal, hook, in_shell
from tests.hints.typing import follow
from tests.support.forge import Forge, ForgeRepo, untouched
from tests.support.gitenv import git
from tests.support.http_git import GitHttpServer

PASSWORD = "s3same-canary"
FUTURE = 4_070_908_800  # 2099, the last year that git takes


@pytest.fixture
def api(forge: Forge) -> ForgeRepo:
    """Return api, one of two healthy repositories."""
    forge.add("database")
    repo = forge.add("api", path="services/api")
    forge.write_config()
    return repo


@pytest.fixture
def server(forge: Forge, api: ForgeRepo) -> Iterator[GitHttpServer]:
    """Serve the remotes over http; api uses it, with the password from a credential helper."""
    with GitHttpServer(forge.remotes, "ada", PASSWORD) as running:
        answer = f"!f() {{ echo username=ada; echo password={PASSWORD}; }}; f"
        api.git("config", "credential.helper", answer)
        api.use_url(running.url("api"))
        forge.write_config()
        yield running


def examine(
    forge: Forge, *names: str, check: int = DONE, env: Mapping[str, str] | None = None
) -> Document:
    """Run doctor, and assert that nothing is touched."""
    with untouched(forge):
        document = forge.json("doctor", *names, check=check, env=env)
    assert (document["command"], document["exit_code"]) == ("doctor", check)
    return document


def bad(document: Document) -> dict[tuple[str | None, str], Document]:
    """Return the findings that are not ok by repository and code; each must have a hint."""
    found = [each for each in document["findings"] if each["state"] != "ok"]
    assert all(each["hint"] for each in found)
    return {(each["repo"], each["code"]): each for each in found}


def the_only_one(document: Document) -> Document:
    """Return the only finding that is not ok."""
    (found,) = bad(document).values()
    return found


def fine(document: Document) -> set[tuple[str | None, str]]:
    """Return the repository and code of each finding that is ok."""
    return {(e["repo"], e["code"]) for e in document["findings"] if e["state"] == "ok"}


def with_locks(forge: Forge, repo: str = "api") -> None:
    """Configure a repository for the locks."""
    config = forge.write_config()
    config.write_text(f'{config.read_text()}\n[lock]\nrepo = "{repo}"\n')


# --- Healthy


def test_a_healthy_workspace_is_told_so(forge: Forge, api: ForgeRepo) -> None:
    """Exit 0; each repository can be read and pushed to; the table merges equal rows."""
    document = examine(forge)
    assert bad(document) == {}
    assert fine(document) == {
        (None, "git_version"), (None, "log"), (None, "clock"),
        ("database", "remote"), (api.name, "remote"),
    }  # fmt: skip
    assert document["message"] == "Checked 2 repositories: no problems found."
    with untouched(forge):
        done = forge.run("doctor", check=DONE)
    assert "database, api" in done.stdout
    assert "<ada@example.org>" in done.stdout
    assert "no problems found" in done.stdout
    assert done.stderr == ""
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_only_the_named_repositories_are_examined(forge: Forge, api: ForgeRepo) -> None:
    """Problems in other repositories are ignored; unknown names are usage errors."""
    api.use_url("file:///nothing.git")
    assert bad(examine(forge, "database")) == {}
    assert bad(examine(forge, "-x", "api")) == {}
    assert forge.json("doctor", "databse", check=2)["problems"][0]["code"] == "unknown_repository"


def test_two_connections_for_each_repository(forge: Forge, server: GitHttpServer) -> None:
    """One to read and one to check the push, which sends no refs."""
    assert bad(examine(forge)) == {}
    assert server.connections("api", "upload-pack") == 1
    assert server.connections("api", "receive-pack") == 1
    pushed = [each for each in server.requests if each.service == "receive-pack"]
    assert {each.method for each in pushed} == {"GET"}


def test_no_hook_runs_for_a_rehearsal(forge: Forge, api: ForgeRepo) -> None:
    """Neither the clone's hooks, although `hooks = true` allows them, nor the server's."""
    canary = forge.root / "canary"
    for name in ("pre-push", "reference-transaction", "post-index-change"):
        hook(api.clone / ".git/hooks" / name, f'echo {name} >>"{canary}"')
    for name in ("pre-receive", "update", "post-receive", "reference-transaction"):
        hook(api.bare / "hooks" / name, f'echo {name} >>"{canary}"')
    config = forge.write_config()
    config.write_text(config.read_text() + "hooks = true\n")  # of api, the last table
    examine(forge)
    assert not canary.exists()
    api.commit("dev", {"a": "1\n"})
    forge.run("promote", "dev", "stg", "--yes", check=DONE)
    assert {"pre-push", "update"} <= set(canary.read_text().split())


# --- Clones


def test_a_clone_that_is_not_there_or_none(forge: Forge, api: ForgeRepo) -> None:
    """A missing clone and a folder that is not a repository are reported."""
    web = forge.add("web")
    forge.write_config()
    shutil.rmtree(api.clone)
    shutil.rmtree(web.clone / ".git")
    document = examine(forge, check=REFUSED)
    assert set(bad(document)) == {("api", "missing"), ("web", "not_a_repository")}
    assert ("database", "remote") in fine(document)
    assert document["result"] == "blocked"
    assert document["message"] == "Checked 3 repositories: 2 problems."


def test_shallow_clone(forge: Forge, api: ForgeRepo) -> None:
    """A problem with the command that fixes it; the push is checked anyway."""
    api.commit("dev", {"a": "1\n"})
    api.git("fetch", "--quiet", "--depth=1", "origin")
    found = the_only_one(examine(forge, check=REFUSED))
    assert (found["repo"], found["code"], found["state"]) == ("api", "shallow", "problem")
    assert "git -C services/api fetch --unshallow" in found["hint"]


def test_two_push_urls(forge: Forge, api: ForgeRepo) -> None:
    """It is a problem, and no push to either of them is checked."""
    for url in (api.url, "file:///nothing.git"):
        api.git("remote", "set-url", "--add", "--push", "origin", url)
    found = the_only_one(examine(forge, check=REFUSED))
    assert (found["code"], found["state"]) == ("several_push_urls", "problem")


def test_no_identity(forge: Forge, api: ForgeRepo) -> None:
    """A problem in every repository, which the table shows once."""
    config = forge.root / "home/.gitconfig"
    config.write_text(config.read_text().partition("[init]")[2].join(["[init]", ""]))
    assert set(bad(examine(forge, check=REFUSED))) == {
        ("database", "no_identity"), (api.name, "no_identity"),
    }  # fmt: skip
    with untouched(forge):
        text = forge.run("doctor", check=REFUSED).stdout
    assert text.count("git config --global user.name") == 1
    assert "database, api" in text


@pytest.mark.parametrize("where", ["clone", "home"])
def test_follow_tags_is_overridden(forge: Forge, api: ForgeRepo, where: str) -> None:
    """Reported as ok wherever it is set; multigit's own setting is not mistaken for the user's."""
    config = Path(".git/config") if where == "clone" else forge.root / "home/.gitconfig"
    api.git("config", "--file", str(config), "push.followTags", "true")
    document = examine(forge)
    assert ("api", "follow_tags") in fine(document)
    assert (("database", "follow_tags") in fine(document)) is (where == "home")
    assert "overrides" in str(document)


def test_the_workspace_folder_as_a_repository(forge: Forge, api: ForgeRepo) -> None:
    """Git would commit the other repositories and the log until .gitignore names them."""
    root = forge.add("shop", path=".")
    forge.write_config()
    api.commit("dev", {"a": "1\n"})
    forge.run("promote", "dev", "stg", "--yes", check=DONE)
    found = the_only_one(examine(forge))
    assert (found["repo"], found["code"], found["state"]) == ("shop", "exposed_files", "warning")
    root.git("add", "--force", "deployment.log")
    document = examine(forge)
    command = the_only_one(document)["hint"].partition("too: ")[2]
    follow(forge, document, Hint.EXPOSED, command)
    lines = (forge.shop / ".gitignore").read_text().split()
    assert sorted(lines) == ["/database/", "/deployment.log", "/services/api/"]
    assert bad(examine(forge)) == {}
    (forge.shop / ".multigit/.gitignore").unlink()
    assert ".multigit/" in the_only_one(examine(forge))["message"]


# --- Remotes


def test_a_remote_that_is_gone(forge: Forge, api: ForgeRepo) -> None:
    """Only that repository has a problem; without a server it is unreachable."""
    api.use_url("file:///nothing.git")
    found = the_only_one(examine(forge, check=REFUSED))
    assert (found["repo"], found["code"]) == ("api", "remote_missing")
    api.use_url("http://127.0.0.1:9/api.git")
    assert the_only_one(examine(forge, check=REFUSED))["code"] == "unreachable"


def test_no_remote_at_all(forge: Forge, api: ForgeRepo) -> None:
    """The hint for a clone without the configured remote adds it."""
    api.git("remote", "remove", "origin")
    found = the_only_one(examine(forge, check=REFUSED))
    assert found["code"] == "no_remote"
    assert "remote add origin" in found["hint"]


def test_wrong_password(forge: Forge, api: ForgeRepo, server: GitHttpServer) -> None:
    """The credentials are refused when reading, and no prompt appears."""
    helper = api.git("config", "credential.helper")
    api.git("config", "credential.helper", "!f() { echo username=ada; echo password=no; }; f")
    document = examine(forge, check=REFUSED)
    assert the_only_one(document)["code"] == "authentication"
    assert server.count("api", "receive-pack") == 0
    api.git("config", "credential.helper", helper)
    follow(forge, document, Hint.SIGN_IN, "git -C services/api ls-remote origin")


def test_a_server_that_lets_nobody_push(
    forge: Forge, api: ForgeRepo, server: GitHttpServer
) -> None:
    """Reading works, and a refused push (403) is found without sending one."""
    api.remote_git("config", "http.receivepack", "false")
    document = examine(forge, check=REFUSED)
    found = the_only_one(document)
    assert (found["repo"], found["code"], found["state"]) == ("api", "not_pushable", "problem")
    assert "can be read" in found["message"]
    assert {each.status for each in server.requests if each.service == "receive-pack"} == {401, 403}
    command = found["hint"].rpartition(": ")[2]
    assert command.startswith("git -C services/api push --dry-run origin ")
    follow(forge, document, Hint.TRY_PUSH, command, check=128)
    api.remote_git("config", "http.receivepack", "true")
    follow(forge, document, Hint.TRY_PUSH, command)


def test_an_ssh_key_that_may_only_read(forge: Forge, api: ForgeRepo) -> None:
    """GitHub's answer to a read-only deploy key is reported as a missing permission."""
    words = "ERROR: The key you are authenticating with has been marked as read only."
    ssh = forge.root / "ssh-stand-in"
    ssh.write_text(
        f'#!/bin/sh\ncase "$*" in *receive-pack*) echo "{words}" >&2; exit 1;; esac\n'
        'for last; do :; done; exec sh -c "$last"\n'
    )
    ssh.chmod(0o755)
    api.use_url(f"ssh://host{api.bare}")
    env = {"GIT_SSH_COMMAND": str(ssh), "GIT_SSH_VARIANT": "simple"}
    found = the_only_one(examine(forge, check=REFUSED, env=env))
    assert found["code"] == "not_pushable"
    assert "not have permission to push" in found["message"]


@pytest.mark.parametrize("way", ["file", "http"])
def test_a_remote_without_atomic_pushes(forge: Forge, api: ForgeRepo, way: str) -> None:
    """Found over file and http, and not retried as if the connection had failed."""
    api.remote_git("config", "receive.advertiseAtomic", "false")
    with GitHttpServer(forge.remotes, "ada", PASSWORD) as server:
        if way == "http":
            answer = f"!f() {{ echo username=ada; echo password={PASSWORD}; }}; f"
            api.git("config", "credential.helper", answer)
            api.use_url(server.url("api"))
        found = the_only_one(examine(forge, check=REFUSED))
        assert server.connections("api", "receive-pack") == (way == "http")
    assert (found["repo"], found["code"], found["state"]) == ("api", "no_atomic", "problem")
    assert "receive.advertiseAtomic" in found["hint"]


@pytest.mark.parametrize("place", ["url", "pushurl", "insteadOf"])
def test_a_token_in_a_url_is_a_warning_and_shown_nowhere(
    forge: Forge, api: ForgeRepo, server: GitHttpServer, place: str
) -> None:
    """It may be in the URL, the push URL or a rewritten URL; it is masked even if a check fails."""
    secret = server.url("api", with_password=True)
    assert PASSWORD in secret
    if place == "insteadOf":
        api.git("config", f"url.{secret}.insteadOf", "shop:api")
    key = "pushurl" if place == "pushurl" else "url"
    api.git("config", f"remote.origin.{key}", "shop:api" if place == "insteadOf" else secret)
    document = examine(forge)
    found = the_only_one(document)
    assert (found["code"], found["state"]) == ("credentials_in_url", "warning")
    if place == "url":
        command = f"git -C services/api remote set-url origin {server.url('api')}"
        follow(forge, document, Hint.CLEAN_URL, command)
        assert bad(examine(forge)) == {}
        api.git("config", "remote.origin.url", secret)
    api.git("config", "--unset", "credential.helper")
    api.remote_git("config", "http.receivepack", "false")
    with_locks(forge)
    with untouched(forge):
        runs = [forge.run("doctor", *more, check=REFUSED) for more in ((), ("--json",))]
        with at_terminal(forge, "doctor") as terminal:
            assert terminal.finish() == REFUSED
    everything = terminal.text + "".join(done.stdout + done.stderr for done in runs)
    assert "credential helper" in everything
    assert PASSWORD not in everything
    written = [path for path in (forge.shop / ".multigit").rglob("*") if path.is_file()]
    assert PASSWORD not in "".join(path.read_text() for path in written)


def test_stage_branches_that_are_missing(forge: Forge, api: ForgeRepo) -> None:
    """The hint for each of them is the command that creates it."""
    api.remote_git("branch", "--quiet", "-D", "stg")
    empty = forge.add("empty", stages=())
    forge.write_config()
    found = bad(examine(forge, check=REFUSED))
    assert set(found) == {("api", "branch_missing"), (empty.name, "branch_missing")}
    assert "refs/heads/stg" in found["api", "branch_missing"]["hint"]


def test_a_commit_from_the_future(forge: Forge, api: ForgeRepo) -> None:
    """It is a warning, because either clock may be wrong; this machine's is not reported as ok."""
    tree, parent = api.remote_git("rev-parse", "main^{tree}", "main").split()
    env = {**forge.env, "GIT_COMMITTER_DATE": f"{FUTURE} +0000"}
    sha = git(api.bare, "commit-tree", tree, "-p", parent, "-m", "Tomorrow", env=env)
    api.remote_git("update-ref", "refs/heads/main", sha)
    document = examine(forge)
    found = the_only_one(document)
    assert (found["repo"], found["code"], found["state"]) == ("api", "clock", "warning")
    assert "days in the future" in found["message"]
    assert "this machine's clock" in found["message"]
    assert re.match(r"Here it is \d{4}-\d\d-\d\dT.*Z\. ", found["hint"])
    assert (None, "clock") not in fine(document)


# --- Locks


def test_lock_refs_are_tried_in_earnest_and_gone_afterwards(
    forge: Forge, server: GitHttpServer
) -> None:
    """Three connections: read, set, delete; none of it if api is not selected."""
    with_locks(forge)
    assert ("api", "lock_refs") in fine(examine(forge))
    assert server.connections("api", "upload-pack") == 1
    assert server.connections("api", "receive-pack") == 2
    assert "lock_refs" not in str(examine(forge, "database"))


def test_lock_refs_that_a_hook_refuses(forge: Forge, api: ForgeRepo, server: GitHttpServer) -> None:
    """The hook's message is shown, and it is not reported as a remote without push access."""
    api.reject_pushes("refs/multigit/*", "GH013: only branches and tags here")
    with_locks(forge)
    found = the_only_one(examine(forge, check=REFUSED))
    assert (found["repo"], found["code"], found["state"]) == ("api", "lock_refused", "problem")
    assert "GH013: only branches and tags here" in found["message"]
    assert "[lock]" in found["hint"]
    assert server.connections("api") == 3


def test_lock_refs_that_are_not_given_back(forge: Forge, api: ForgeRepo) -> None:
    """Every operation would leave its lock behind; the hint names the ref of the check."""
    hook(api.bare / "hooks/update", 'case "$3" in *[1-9a-f]*);; *) echo kept >&2; exit 1;; esac')
    with_locks(forge)
    found = the_only_one(forge.json("doctor", check=REFUSED))
    assert (found["code"], found["state"]) == ("lock_stays", "problem")
    (left,) = (ref for ref in api.remote_refs() if ref.startswith("refs/multigit/"))
    assert left in found["hint"]
    assert "kept" in found["message"]


def test_locks_say_nothing_where_no_push_is_possible(
    forge: Forge, api: ForgeRepo, server: GitHttpServer
) -> None:
    """Only the missing push access is reported."""
    api.remote_git("config", "http.receivepack", "false")
    with_locks(forge)
    assert the_only_one(examine(forge, check=REFUSED))["code"] == "not_pushable"
    assert server.connections("api") == 3


def test_a_lock_whose_answer_was_lost_is_deleted_all_the_same(forge: Forge, api: ForgeRepo) -> None:
    """The server set the ref and dropped the connection; doctor still finds and deletes it."""
    once = api.bare / "once"
    script = f'[ -e "{once}" ] || {{ touch "{once}"; kill -9 $PPID; }}'
    hook(api.bare / "hooks/post-receive", script)
    with_locks(forge)
    document = examine(forge)
    assert once.exists()
    assert ("api", "lock_refs") in fine(document)


# --- The workspace


@pytest.fixture
def recorded(forge: Forge, api: ForgeRepo) -> Path:
    """Return the log after two promotions."""
    for number in ("1", "2"):
        api.commit("dev", {number: "\n"})
        forge.run("promote", "dev", "stg", "--yes", check=DONE)
    return forge.shop / "deployment.log"


def test_a_log_that_was_edited(forge: Forge, recorded: Path) -> None:
    """The problem names the line; a sound log is ok, with its number of records."""
    assert "2 records" in str(examine(forge))
    text = recorded.read_text()
    recorded.write_text(text.replace('"published"', '"forgotten"', 1))
    found = the_only_one(examine(forge, check=REFUSED))
    assert (found["repo"], found["code"]) == (None, "log_edited")
    assert "line 1" in found["message"]


def test_a_log_that_was_cut_is_found_against_the_tags(forge: Forge, recorded: Path) -> None:
    """The rest of the log is sound, but the deploy tags on the remotes show what is missing."""
    recorded.write_text(recorded.read_text().splitlines(keepends=True)[0])
    found = the_only_one(examine(forge, check=REFUSED))
    assert found["code"] == "log_cut"
    assert "stg-deploy-" in found["message"]


def test_a_torn_log_and_one_that_is_no_file(forge: Forge, recorded: Path) -> None:
    """A torn end is only a warning, because the next operation moves it aside."""
    with recorded.open("a") as stream:
        stream.write('{"at":')
    assert the_only_one(examine(forge))["code"] == "log_torn"
    forge.repos["api"].commit("dev", {"torn.txt": "1\n"})
    aside = recorded.with_name("deployment.log.torn")
    aside.mkdir()
    assert set(bad(examine(forge, check=REFUSED))) == {
        (None, "log_torn"),
        (None, "log_not_writable"),
    }
    with untouched(forge):
        refused = forge.json("promote", "dev", "stg", "--yes", check=REFUSED)
    assert "deployment.log.torn" in refused["message"]
    aside.rmdir()
    (moved,) = forge.json("promote", "dev", "stg", "--yes", check=DONE)["problems"]
    assert (moved["code"], moved["severity"]) == ("log_torn", "warn")
    assert "deployment.log.torn" in moved["message"]
    assert bad(examine(forge)) == {}
    recorded.unlink()
    recorded.mkdir()
    assert the_only_one(examine(forge, check=REFUSED))["code"] == "log_unreadable"


def test_an_unfinished_operation(forge: Forge, api: ForgeRepo) -> None:
    """The problem names the operation; after abandon it is gone."""
    database = forge.repos["database"]
    for repo in (api, database):
        repo.commit("dev", {"a": "1\n"})
    database.reject_pushes("refs/heads/stg")
    operation = forge.json("promote", "dev", "stg", "--yes", check=FAILED)["operation"]
    found = the_only_one(examine(forge, check=REFUSED))
    assert (found["repo"], found["code"]) == (None, "unfinished_operation")
    assert operation in found["message"]
    forge.run("abandon", check=DONE)
    assert bad(examine(forge)) == {}


def test_too_few_open_files(forge: Forge, api: ForgeRepo) -> None:
    """The warning names the limit that --jobs requires; fewer jobs require less."""
    assert api.name in forge.repos
    with untouched(forge):
        few = in_shell(forge, "ulimit -n 80; $MULTIGIT doctor --json", anew=True)
        enough = in_shell(forge, "ulimit -n 80; $MULTIGIT doctor --json --jobs 4", anew=True)
    found = the_only_one(json.loads(few.stdout))
    assert (found["repo"], found["code"], found["state"]) == (None, "open_files", "warning")
    assert "4 repositories at a time, not 8" in found["message"]
    assert "ulimit -n 96" in found["hint"]
    assert bad(json.loads(enough.stdout)) == {}
    assert (few.returncode, enough.returncode) == (DONE, DONE)


def test_no_git(forge: Forge, api: ForgeRepo) -> None:
    """Without git nothing can be checked: an error, a hint, exit 3."""
    assert api.name in forge.repos
    with untouched(forge):
        document = forge.json("doctor", env={"PATH": "/nowhere"}, check=REFUSED)
    assert document["problems"][0]["code"] == "git_missing"
    assert "Install git" in document["hint"]


def test_the_table_tells_the_worst_last(forge: Forge, api: ForgeRepo) -> None:
    """Ok, warnings, problems, each with its hint, and then the summary, in 80 columns."""
    api.use_url("file:///nothing.git")
    database = forge.repos["database"]
    database.git("config", "remote.origin.pushurl", f"file://ada:canary@{database.bare}")
    with untouched(forge):
        text = forge.run("doctor", check=REFUSED).stdout
    lines = text.splitlines()
    marks = [line.split()[1] for line in lines if line.lstrip()[:1] in {"✓", "!", "✗"}]
    assert marks == sorted(marks, key=["ok", "warning", "problem"].index)
    assert set(marks) == {"ok", "warning", "problem"}
    assert text.count("Hint:") == marks.count("warning") + marks.count("problem") + 1
    assert "Checked 2 repositories:" in lines[-2]
    assert "canary" not in text
    assert max(len(line) for line in lines if not line.startswith("    git -C ")) <= 80


@pytest.mark.parametrize("in_the_way", [".multigit", ".multigit/operations", "deployment.log"])
def test_what_could_not_be_recorded_is_found(in_the_way: str, api: ForgeRepo, forge: Forge) -> None:
    """Something else is where a folder or the log should be, so operations are refused."""
    place = forge.shop / in_the_way
    place.parent.mkdir(exist_ok=True)
    if in_the_way == "deployment.log":
        place.mkdir()
    else:
        place.write_text("mine\n")
    found = [code for _, code in bad(examine(forge, check=REFUSED))]
    assert {"workspace_not_writable", "log_not_writable", "log_unreadable"} & set(found)
    api.commit("dev", {"a.txt": "1\n"})
    with untouched(forge):
        forge.json("promote", "dev", "stg", "--yes", check=REFUSED)


@pytest.mark.usefixtures("api")
def test_a_disk_without_room_is_found(forge: Forge) -> None:
    """A file can be created there but not written to."""
    done = in_shell(forge, "ulimit -f 0; exec $MULTIGIT doctor --json", anew=True)
    found = bad(json.loads(done.stdout))
    assert (None, "workspace_not_writable") in found
    assert done.returncode == REFUSED


def own_files(forge: Forge) -> list[Path]:
    """Return the workspace's own files."""
    return sorted([*forge.shop.glob("*"), *(forge.shop / ".multigit").rglob("*")])


@pytest.mark.parametrize("place", [".", ".multigit", ".multigit/operations", "deployment.log"])
def test_a_workspace_that_may_only_be_read_is_found(
    place: str, api: ForgeRepo, forge: Forge
) -> None:
    """Any part of it may be read-only; the check leaves nothing behind in a writable one."""
    api.commit("dev", {"a.txt": "1\n"})
    forge.json("promote", "dev", "stg", "--yes", check=DONE)
    before = own_files(forge)
    assert bad(examine(forge)) == {}
    assert own_files(forge) == before
    if os.geteuid() == 0:
        pytest.skip("whoever is root may write everywhere")
    path = forge.shop / place
    mode = path.stat().st_mode
    path.chmod(mode & ~0o222)
    try:
        found = bad(examine(forge, check=REFUSED))
    finally:
        path.chmod(mode)
    assert {code for _, code in found} <= {"workspace_not_writable", "log_not_writable"}
