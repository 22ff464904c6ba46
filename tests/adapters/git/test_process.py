"""Running git: how it is started, how long it may take, and what its failures mean."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from multigit.adapters.git.process import SSH_OPTIONS, require_git, ssh_command
from multigit.core.values.git_answers import Publication
from multigit.errors import GitError, RefusedError
from tests.adapters.git.clones import STAGES, open_clone, open_door
from tests.support.forge import Forge, ForgeRepo, untouched
from tests.support.gitenv import init
from tests.support.http_git import GitHttpServer
from tests.support.programs import program

# --- Starting git


def test_bytes_come_back_as_they_are(tmp_path: Path) -> None:
    """Input and output are bytes; output as text can be turned back into the same bytes."""
    init(tmp_path)
    door = open_door(tmp_path)
    sha = door.run("hash-object", "-w", "--stdin", input=b"\xff\n\0").text.strip()
    done = door.run("cat-file", "blob", sha)
    assert (done.stdout, done.text, done.status) == (b"\xff\n\0", "\udcff\n\0", 0)
    assert done.fields() == ["\udcff\n"]


def test_a_status_may_be_accepted(tmp_path: Path) -> None:
    """Any other status is an error with git's message."""
    init(tmp_path)
    door = open_door(tmp_path)
    assert door.run("rev-parse", "--quiet", "--verify", "x", accept=(0, 1)).status == 1
    with pytest.raises(GitError) as caught:
        door.run("rev-parse", "--verify", "x")
    assert caught.value.message == "git rev-parse failed: Needed a single revision"
    assert caught.value.output == "fatal: Needed a single revision\n"


def test_git_speaks_english_and_asks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user's language, editor, pager and prompts have no effect."""
    for name in ("GIT_EDITOR", "GIT_ASKPASS", "GIT_PAGER", "LC_ALL", "LANGUAGE"):
        monkeypatch.setenv(name, "/nowhere")
    init(tmp_path)
    shown = open_door(tmp_path).run("-c", "alias.e=!env", "e").text.splitlines()
    found = dict(line.split("=", 1) for line in shown if "=" in line)
    assert found["GIT_EDITOR"] == "false"
    assert found["GIT_TERMINAL_PROMPT"] == "0"
    assert found["GIT_ASKPASS"] == "true"
    assert (found["LC_ALL"], found["LANGUAGE"]) == ("C", "C")


def test_a_secret_in_an_error_is_masked(tmp_path: Path) -> None:
    """Git often prints whole URLs in its errors."""
    init(tmp_path)
    url = "http://ada:sesame@127.0.0.1:1/x"
    with pytest.raises(GitError) as caught:
        open_door(tmp_path).run("-c", "alias.e=!f() { echo $1 >&2; exit 1; }; f", "e", url)
    error = caught.value
    assert "sesame" not in f"{error.message}{error.hint}{error.output}"
    assert "http://***@127.0.0.1:1/x" in error.output


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("echo git version 2.37.9", "git_too_old"),
        ("echo git version 1.9", "git_too_old"),
        ("exit 1", "git_missing"),
    ],
)
def test_an_unfit_git_is_refused(
    answer: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused before anything is read, whether it is too old or does not run."""
    program(tmp_path / "git", answer)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    require_git.cache_clear()
    with pytest.raises(RefusedError) as caught:
        require_git()
    assert caught.value.code == code
    require_git.cache_clear()


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        ("git version 2.38.0", (2, 38, 0)),
        ("git version 2.50.1 (Apple Git-155)", (2, 50, 1)),
        ("git version 2.39.5.windows.1", (2, 39, 5)),
        ("git version 3.0", (3, 0)),
    ],
)
def test_a_fit_git_tells_its_version(
    answer: str, version: tuple[int, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The version is read in every form in which distributions print it."""
    program(tmp_path / "git", f"echo '{answer}'")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    require_git.cache_clear()
    assert require_git() == version
    require_git.cache_clear()


def test_a_missing_git_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This also holds if git disappears between two commands."""
    init(tmp_path)
    door = open_door(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    require_git.cache_clear()
    with pytest.raises(RefusedError, match="git was not found"):
        require_git()
    with pytest.raises(RefusedError, match="git was not found"):
        door.run("status")
    require_git.cache_clear()


# --- Time


def alive(pid: int) -> bool:
    """Return whether a process is running; a zombie is not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def gone(pid: int) -> bool:
    """Wait up to two seconds for a process to end, and return whether it did."""
    for _ in range(100):
        if not alive(pid):
            return True
        time.sleep(0.02)
    return False


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Assert that the block takes less time than this."""
    begin = time.monotonic()
    yield
    assert time.monotonic() - begin < seconds


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="looks processes up in /proc")  # noqa: PTH112
def test_a_server_that_never_answers_is_left_with_all_helpers(forge: Forge, api: ForgeRepo) -> None:
    """Git and all processes that it started are ended."""
    pids = forge.root / "pids"
    sleeper = program(forge.root / "upload-pack", f"sleep 60 & echo $$ $! > {pids}; wait")
    api.git("config", "--global", "remote.origin.uploadpack", str(sleeper))
    repository = open_clone(forge, api, timeout=1)
    with untouched(forge), at_most(5), pytest.raises(GitError) as caught:
        repository.fetch(STAGES)
    assert caught.value.code == "timeout"
    assert caught.value.message == "git fetch did not end within 1 seconds."
    for pid in pids.read_text().split():
        assert gone(int(pid))


def test_a_server_that_drips_is_left_too(forge: Forge, api: ForgeRepo) -> None:
    """The time limit holds even if the server keeps sending data."""
    dripping = program(
        forge.root / "upload-pack", "printf fff0; while sleep 0.1; do printf x; done"
    )
    api.git("config", "--global", "remote.origin.uploadpack", str(dripping))
    with at_most(5), pytest.raises(GitError) as caught:
        open_clone(forge, api, timeout=1).remote_refs(["refs/heads/main"])
    assert caught.value.code == "timeout"


def test_a_helper_that_ignores_term_is_killed(forge: Forge, api: ForgeRepo) -> None:
    """Git itself ends at once, and the rest of its process group is killed."""
    pid = forge.root / "pid"
    helper = program(
        forge.root / "upload-pack", f"trap '' TERM; echo $$ > {pid}; sleep 20; sleep 20"
    )
    api.git("config", "--global", "remote.origin.uploadpack", str(helper))
    with pytest.raises(GitError):
        open_clone(forge, api, timeout=1).fetch(STAGES)
    assert gone(int(pid.read_text()))


def test_a_push_that_takes_too_long_is_an_error(forge: Forge, api: ForgeRepo) -> None:
    """It is reported as a timeout, so the executor asks the remote for the result."""
    program(api.bare / "hooks/pre-receive", "sleep 60")
    commit = api.local_commit({"a": "1\n"})
    push = [Publication("refs/heads/dev", api.tip("dev"), commit)]
    with at_most(5), pytest.raises(GitError) as caught:
        open_clone(forge, api, timeout=1).push(push)
    assert caught.value.code == "timeout"


def test_a_prompt_is_answered_with_nothing(forge: Forge, api: ForgeRepo) -> None:
    """No one can type a password, so the authentication fails at once."""
    with GitHttpServer(forge.remotes) as server, at_most(10):
        api.use_url(server.url("api"))
        with pytest.raises(GitError) as caught:
            open_clone(forge, api).fetch(STAGES)
    assert caught.value.code == "authentication"


# --- ssh


@pytest.mark.parametrize(
    ("environment", "configured", "expected"),
    [
        ({}, "", f"ssh {SSH_OPTIONS}"),
        ({}, "ssh -i 'my key'", f"ssh -i 'my key' {SSH_OPTIONS}"),
        ({"GIT_SSH_COMMAND": "/usr/bin/ssh -v"}, "ssh -i key", f"/usr/bin/ssh -v {SSH_OPTIONS}"),
        ({"GIT_SSH": "plink"}, "", ""),
        ({"GIT_SSH": "plink"}, "ssh -i key", f"ssh -i key {SSH_OPTIONS}"),
        ({"GIT_SSH_COMMAND": "plink -batch"}, "", ""),
        ({"GIT_SSH_COMMAND": "./my-script"}, "", ""),
        (
            {"GIT_SSH_COMMAND": "./my-script", "GIT_SSH_VARIANT": "ssh"},
            "",
            f"./my-script {SSH_OPTIONS}",
        ),
        ({"GIT_SSH_COMMAND": "ssh", "GIT_SSH_VARIANT": "simple"}, "", ""),
        ({"GIT_SSH_COMMAND": "ssh 'unclosed"}, "", ""),
        ({"GIT_SSH_COMMAND": " "}, "", ""),
    ],
)
def test_ssh_keeps_the_users_command_and_gets_time_outs(
    environment: dict[str, str], configured: str, expected: str
) -> None:
    """Only OpenSSH gets the options, and git's order of precedence is kept."""
    assert ssh_command(environment, configured) == expected


def test_ssh_is_started_with_them(
    forge: Forge, api: ForgeRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They follow the configured ssh command, and forbid prompts."""
    said = forge.root / "said"
    folder = forge.root / "bin"
    folder.mkdir()
    program(folder / "ssh", f'echo "$@" > {said}; exit 255')
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    api.git("config", "core.sshCommand", "ssh -i key")
    api.use_url("ssh://git@example.org/api.git")
    with pytest.raises(GitError):
        open_clone(forge, api).fetch(STAGES)
    assert shlex.split(said.read_text())[:4] == ["-i", "key", "-o", "BatchMode=yes"]
