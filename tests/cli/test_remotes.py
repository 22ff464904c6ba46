"""Remotes over http with a password: what works, what is refused, and what is never shown."""

from __future__ import annotations

import shutil
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.answers import (
    DONE,
    FAILED,
    QUESTION,
    REFUSED,
    answered,
    asked_for_json,
    at_terminal,
    codes,
    hook,
    merge_facts,
    rows,
    states,
    told,
)
from tests.support.forge import Forge, ForgeRepo, untouched
from tests.support.http_git import GitHttpServer

PASSWORD = "s3same-canary"  # the server's
PROMOTE = ("promote", "dev", "stg", "--yes")


@pytest.fixture
def server(forge: Forge) -> Iterator[GitHttpServer]:
    """Serve the forge's remotes with a password, with two repositories that have work on dev."""
    with GitHttpServer(forge.remotes, "ada", PASSWORD) as running:
        for name in ("database", "api"):
            repo = forge.add(name)
            repo.commit("dev", {"a.txt": "1\n"})
            repo.use_url(running.url(name, with_password=True))
        forge.write_config()
        yield running


def without_password(repo: ForgeRepo, server: GitHttpServer, helper: str = "") -> None:
    """Use a URL without a password, with a credential helper if one is given."""
    repo.use_url(server.url(repo.name))
    if helper:
        repo.git("config", "credential.helper", f"!f() {{ {helper}; }}; f")


def traces(forge: Forge) -> str:
    """Return everything that multigit has written in the workspace."""
    written = [forge.shop / "deployment.log", *(forge.shop / ".multigit").rglob("*")]
    return "".join(path.read_text() for path in written if path.is_file())


def test_password_in_the_url_works_and_is_never_shown(forge: Forge, server: GitHttpServer) -> None:
    """Fetch, push and clone use it, with two connections per repository; it is always masked."""
    document = forge.json(*PROMOTE, check=DONE)
    assert states(document) == {"database": "published", "api": "published"}
    for repo in forge.repos.values():
        assert len(merge_facts(repo, "stg")[0]) == 2
        assert server.connections(repo.name, "upload-pack") == 1
        assert server.connections(repo.name, "receive-pack") == 1

    api = forge.repos["api"]
    shutil.rmtree(api.clone)
    assert states(forge.json("pull", "dev", "-r", "api", check=DONE)) == {"api": "updated"}
    api.write({"b.txt": "1\n"})
    shown = forge.run("push", "dev", "--yes", check=DONE)
    api.reject_pushes("refs/heads/*", f"no: {server.url('api', with_password=True)}")
    api.write({"b.txt": "2\n"})
    refused = forge.run("push", "dev", "--yes", check=FAILED)
    api.use_url(server.url("nothing", with_password=True))
    lost = forge.run(*PROMOTE, check=REFUSED)
    everything = "".join(done.stdout + done.stderr for done in (shown, refused, lost))
    assert "not found" in everything
    assert PASSWORD not in everything + str(document)
    assert PASSWORD not in traces(forge)
    assert "***@127.0.0.1" in traces(forge)


def test_secrets_are_in_no_process_list(forge: Forge) -> None:
    """A token appears in no process's arguments, a URL's password only in those of git itself."""
    password, token = f"url-canary-{forge.root.name}", f"environment-canary-{forge.root.name}"
    seen = forge.root / "processes"
    look = f"grep -aH . /proc/[0-9]*/cmdline >>'{seen}' 2>/dev/null; true"
    hook(forge.root / "bin/git", f'{look}; exec "{shutil.which("git")}" "$@"')
    env = {"PATH": f"{forge.root}/bin:{forge.env['PATH']}"}
    env |= dict.fromkeys(("GITHUB_TOKEN", "GH_TOKEN", "MULTIGIT_TOKEN"), token)
    with GitHttpServer(forge.remotes, "ada", password) as server:
        api = forge.add("api")
        api.commit("dev", {"a.txt": "1\n"})
        api.use_url(server.url("api", with_password=True))
        hook(api.bare / "hooks/pre-receive", look)
        forge.write_config()
        done = forge.run(*PROMOTE, env=env, check=DONE, anew=True)  # a fork has no arguments there
        undone = forge.run("undo", "--yes", env=env, check=DONE, anew=True)
        looked = forge.run("doctor", env=env, anew=True)
    everything = traces(forge) + "".join(d.stdout + d.stderr for d in (done, undone, looked))
    assert token not in everything
    assert password not in everything
    processes = seen.read_bytes().decode("utf-8", "replace").splitlines()
    assert not any(token in line for line in processes)
    ours = [line for line in processes if "multigit" in line or "git\0-C\0" in line]
    assert any("promote" in line for line in ours)
    assert any("--atomic" in line for line in ours)
    assert not any(password in line for line in ours)


def test_credential_helper_of_the_user_is_asked(forge: Forge, server: GitHttpServer) -> None:
    """With a URL without a password, the user's credential helper supplies it."""
    for repo in forge.repos.values():
        without_password(repo, server, f"echo username=ada; echo password={PASSWORD}")
    assert set(states(forge.json(*PROMOTE, check=DONE)).values()) == {"published"}


def test_token_of_a_job_is_taken_from_files_and_helpers(
    forge: Forge, server: GitHttpServer
) -> None:
    """The settings of GIT_CONFIG_COUNT are ignored: a calling hook could have set them.

    The file named by GIT_CONFIG_GLOBAL may contain a header, or a helper that reads a variable. The
    token is never shown.
    """
    for repo in forge.repos.values():
        without_password(repo, server)
    token = b64encode(f"ada:{PASSWORD}".encode()).decode()
    setting = ("http.extraHeader", f"Authorization: Basic {token}")
    counted = dict(zip(("GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0"), setting, strict=True))
    env = {"GIT_CONFIG_COUNT": "1", **counted}
    with untouched(forge):
        document = forge.json(*PROMOTE, env=env, check=REFUSED)
    assert codes(rows(document)["api"]) == ["authentication"]
    own = forge.root / "ci.gitconfig"
    api = forge.repos["api"]
    env = {"GIT_CONFIG_GLOBAL": str(own), "TOKEN": PASSWORD}
    own.write_bytes(Path(forge.env["GIT_CONFIG_GLOBAL"]).read_bytes())
    api.git("config", "--file", str(own), *setting)
    shown = [forge.run(*PROMOTE, "-r", "api", env=env, check=DONE)]
    own.write_bytes(Path(forge.env["GIT_CONFIG_GLOBAL"]).read_bytes())
    helper = '!f() { echo username=ada; echo "password=$TOKEN"; }; f'
    host = server.url("api").rpartition("/")[0]
    api.git("config", "--file", str(own), f"credential.{host}.helper", helper)
    shown.append(forge.run(*PROMOTE, "-r", "database", env=env, check=DONE))
    everything = "".join(done.stdout + done.stderr for done in shown) + traces(forge)
    assert PASSWORD not in everything
    assert token not in everything


def test_wrong_password_blocks_without_a_question(forge: Forge, server: GitHttpServer) -> None:
    """A wrong password blocks everything at once; --skip-blocked publishes the others.

    No password prompt is shown or waited for.
    """
    api, web = forge.repos["api"], forge.add("web")
    web.commit("dev", {"a.txt": "1\n"})
    without_password(api, server, "echo username=ada; echo password=wrong-canary")
    without_password(web, server)
    forge.write_config()
    asked = forge.root / "asked"
    askpass = str(hook(forge.root / "askpass", f'touch "{asked}"; sleep 30'))
    env = {"GIT_TERMINAL_PROMPT": "1", "GIT_ASKPASS": askpass, "SSH_ASKPASS": askpass}
    with untouched(forge):
        document = forge.json(*PROMOTE, env=env, check=REFUSED)
        with at_terminal(forge, *PROMOTE, env=env) as terminal:
            assert terminal.finish() == REFUSED
    assert not asked.exists()
    assert {name: codes(row) for name, row in rows(document).items()} == {
        "database": [], "api": ["authentication"], "web": ["authentication"],
    }  # fmt: skip
    assert "wrong-canary" not in terminal.text + str(document)
    assert "Password" not in terminal.text
    assert all(p["hint"] for row in document["repos"] for p in row["problems"])
    document = forge.json(*PROMOTE, "--skip-blocked", check=DONE)
    assert states(document) == {"database": "published", "api": "skipped", "web": "skipped"}


def test_server_that_is_gone_blocks_and_status_shows_the_last_fetch(
    forge: Forge, server: GitHttpServer
) -> None:
    """Every affected repository says so, nothing is touched, and --no-fetch still works."""
    forge.add("local").commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    forge.json("status", check=DONE)
    server.__exit__(None, None, None)
    with untouched(forge):
        document = forge.json(*PROMOTE, check=REFUSED)
        status = forge.json("status", check=FAILED)
        offline = forge.json("status", "--no-fetch", check=DONE)
    assert {name: codes(row) for name, row in rows(document).items()} == {
        "database": ["unreachable"], "api": ["unreachable"], "local": [],
    }  # fmt: skip
    assert rows(status)["api"]["pairs"] == rows(offline)["api"]["pairs"]
    assert rows(offline)["api"]["pairs"][0]["commits"] == 1
    assert PASSWORD not in told(document) + told(status)


def test_server_that_goes_away_at_the_question_gets_nothing(
    forge: Forge, server: GitHttpServer
) -> None:
    """The connection fails, so nothing was sent; the other repository is published."""
    forge.add("local").commit("dev", {"a.txt": "1\n"})
    forge.write_config()
    with asked_for_json(forge, "promote", "dev", "stg") as terminal:
        terminal.expect(QUESTION)
        server.__exit__(None, None, None)
        terminal.send_line("y")
        assert terminal.finish() == FAILED
    document = answered(forge)
    assert states(document) == {"database": "failed", "api": "failed", "local": "published"}
    assert codes(rows(document)["api"]) == ["unreachable"]
    assert PASSWORD not in terminal.text + str(document) + traces(forge)
    with GitHttpServer(forge.remotes, "ada", PASSWORD) as again:
        for name in ("database", "api"):
            forge.repos[name].use_url(again.url(name, with_password=True))
        forge.json("continue", check=DONE)
    for repo in forge.repos.values():
        tag = f"{document['release']}^{{commit}}"
        assert repo.remote_git("rev-parse", tag) == repo.tip("stg")
        assert len(merge_facts(repo, "stg")[0]) == 2
