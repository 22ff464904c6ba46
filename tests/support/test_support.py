"""Facts about the test support itself: a double that lies is worse than none."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import tomllib
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from . import fastimport, histories, oracle
from .forge import COLLEAGUE, Forge, ForgeRepo, remotes_untouched, untouched
from .gitenv import (
    GitFailedError,
    as_bytes,
    as_text,
    base_environment,
    default_environment,
    git,
    init,
)
from .http_git import GitHttpServer
from .refs import read_refs
from .terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SEEDS = range(100)


@pytest.fixture
def forge(tmp_path: Path) -> Forge:
    return Forge(tmp_path)


@pytest.fixture
def api(forge: Forge) -> ForgeRepo:
    return forge.add("api", path="services/api")


# --- The environment


def test_environment_holds_nothing_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A calling hook's GIT_DIR, tokens, proxies and editors stay outside."""
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "MULTIGIT_TOKEN", "GH_TOKEN", "http_proxy", "EDITOR"):
        monkeypatch.setenv(name, "leftover")
    environment = base_environment(tmp_path / "home")
    assert "leftover" not in environment.values()
    assert environment["PATH"] == os.environ["PATH"]
    assert git(tmp_path, "var", "GIT_AUTHOR_IDENT", env=environment).startswith(
        "Ada Lovelace <ada@example.org>"
    )


def test_git_failure_tells_what_git_said(tmp_path: Path) -> None:
    with pytest.raises(GitFailedError, match="not a git repository"):
        git(tmp_path, "status")
    assert git(tmp_path, "status", check=False) == ""


def test_git_output_keeps_bytes_that_are_no_utf8(tmp_path: Path) -> None:
    init(tmp_path)
    sha = git(tmp_path, "hash-object", "-w", "--stdin", input=b"\xff\n\n")
    assert as_bytes(git(tmp_path, "cat-file", "blob", sha)) == b"\xff\n"


@pytest.mark.parametrize("bare", [True, False])
def test_repository_without_a_process_is_one_for_git(tmp_path: Path, *, bare: bool) -> None:
    init(tmp_path / "ours", bare=bare)
    git(tmp_path, "init", "--quiet", *(("--bare",) if bare else ()), "theirs")
    for command in (("rev-parse", "--is-bare-repository"), ("config", "--local", "--list")):
        assert git(tmp_path / "ours", *command) == git(tmp_path / "theirs", *command)
    git(tmp_path / "ours", "fsck", "--strict")


# --- The forge


def test_clone_is_what_git_clone_makes(forge: Forge, api: ForgeRepo, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--branch", "dev", api.url, "real", env=forge.env)
    real = tmp_path / "real"
    for command in (
        ("config", "--local", "--list"),
        ("for-each-ref", "--format=%(refname) %(objectname) %(symref)"),
        ("status", "--porcelain=v2", "--branch"),
        ("symbolic-ref", "HEAD"),
        ("ls-files", "--stage"),
    ):
        assert sorted(api.git(*command).split("\n")) == sorted(git(real, *command).split("\n"))
    api.git("fsck", "--strict")
    assert (api.clone / "README.md").read_text() == "# api\n"


def test_stages_start_at_one_commit(forge: Forge) -> None:
    repo = forge.add("web", stages=("develop", "main"), files={"a/b.txt": "x"}, checkout="main")
    assert set(repo.remote_refs()) == {"refs/heads/develop", "refs/heads/main"}
    assert len(set(repo.remote_refs().values())) == 1
    assert repo.tree("develop") == {"a/b.txt": "x"}
    assert repo.git("branch", "--show-current") == "main"


def test_repository_without_stages_is_unborn(forge: Forge) -> None:
    repo = forge.add("new", stages=())
    assert repo.remote_refs() == {}
    assert "No commits yet" in repo.git("status")


def test_workspace_folder_may_be_a_repository(forge: Forge, api: ForgeRepo) -> None:
    root = forge.add("shop", path=".", files={"compose.yml": "services:\n"})
    assert root.clone == forge.shop
    assert root.git("status", "--porcelain") == "?? services/"
    assert api.git("rev-parse", "HEAD") != root.git("rev-parse", "HEAD")


def test_colleague_commits_on_the_remote_alone(forge: Forge, api: ForgeRepo) -> None:
    before, clone = api.tip("dev"), api.local_refs()
    first = api.commit("dev", {"a.txt": "one\n", "deep/ü b.txt": b"\xff\0"}, message="feat: ü")
    second = api.commit(
        "dev", {"README.md": None, "a.txt": "two\n"}, author="Bob <bob@example.org>"
    )
    assert api.remote_git("rev-list", "--parents", "-1", second) == f"{second} {first}"
    assert api.remote_git("rev-parse", f"{first}^") == before
    assert api.remote_git("log", "-1", "--format=%an <%ae>|%s", first) == f"{COLLEAGUE}|feat: ü"
    assert api.remote_git("log", "-1", "--format=%an", second) == "Bob"
    assert api.tree("dev") == {"a.txt": "two\n", "deep/ü b.txt": "\udcff\0"}
    assert api.tree(first)["README.md"] == "# api\n"
    assert api.tip("dev") == second
    assert api.tip("main") == before
    assert api.local_refs() == clone
    api.git("fetch", "--quiet")
    assert api.local_refs()["refs/remotes/origin/dev"] == second
    assert forge.tick() > int(api.remote_git("log", "-1", "--format=%ct", second))


def test_commit_begins_a_new_branch_only_when_told_where(api: ForgeRepo) -> None:
    with pytest.raises(KeyError):
        api.commit("release/1", {"a": "1"})
    sha = api.commit("release/1", {"a": "1"}, start="main")
    assert api.remote_git("rev-parse", f"{sha}^") == api.tip("main")


def test_commits_have_the_same_sha_in_every_run(tmp_path: Path) -> None:
    shas = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        repo = Forge(tmp_path / name).add("api")
        shas.append((repo.commit("dev", {"a": "1"}), repo.local_commit({"b": "2"}, "local")))
    assert shas[0] == shas[1]


def test_local_commit_stays_in_the_clone(api: ForgeRepo) -> None:
    before = api.remote_refs()
    sha = api.local_commit({"odd [x]*.txt": "1\n", "README.md": None}, "fix: it")
    assert api.local_refs()["refs/heads/dev"] == sha
    assert api.git("ls-files") == "odd [x]*.txt"
    assert api.git("status", "--porcelain") == ""
    assert api.remote_refs() == before


def test_merge_by_git_is_a_merge_commit_or_the_conflicted_paths(
    forge: Forge, api: ForgeRepo
) -> None:
    api.commit("dev", {"a.txt": "dev\n"})
    clean = api.commit("stg", {"b.txt": "stg\n"})
    with untouched(forge):
        tree, conflicts = api.merge_by_git("stg", "dev")
    assert tree is not None
    assert api.merge_by_git("stg", "stg") == (
        api.remote_git("rev-parse", f"{clean}^{{tree}}"),
        conflicts,
    )
    api.commit("stg", {"a.txt": "stg\n"})
    assert api.merge_by_git("stg", "dev") == (None, frozenset({"a.txt"}))
    assert list((forge.root / "merges").iterdir()) == []


def test_update_hook_rejects_matching_refs(api: ForgeRepo) -> None:
    api.reject_pushes("refs/heads/main", "GH006: Protected branch update failed, it's so")
    api.reject_pushes("refs/tags/*", "no tags")
    sha = api.local_commit({"a": "1"})
    with pytest.raises(GitFailedError, match=r"remote: GH006: .* it's so"):
        api.git("push", "origin", f"{sha}:refs/heads/main")
    with pytest.raises(GitFailedError, match="no tags"):
        api.git("push", "origin", f"{sha}:refs/tags/a/b")
    api.git("push", "--quiet", "origin", f"{sha}:refs/heads/stg")
    api.allow_pushes()
    api.git("push", "--quiet", "origin", f"{sha}:refs/heads/main", f"{sha}:refs/tags/a/b")
    assert set(api.remote_refs().values()) >= {sha}
    assert api.tip("main") == sha


def test_config_names_the_stages_and_every_repository(forge: Forge, api: ForgeRepo) -> None:
    forge.add("shop", path=".")
    config = tomllib.loads(forge.write_config().read_text())
    assert list(config["stages"]) == ["dev", "stg", "main"]
    assert config["repos"]["api"] == {"path": "services/api", "url": api.url}
    assert config["repos"]["shop"]["path"] == "."
    assert api.url.startswith("file:///")
    assert forge.write_config("x = 1\n").read_text() == "x = 1\n"


def _pretend(forge: Forge, program: str) -> dict[str, str]:
    """Let `python -m multigit` be `program`."""
    package = forge.root / "fake/multigit"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(program)
    return {"PYTHONPATH": str(package.parent)}


def test_run_has_no_terminal_and_checks_the_exit_code(forge: Forge) -> None:
    program = """\
import os, sys
print(os.getcwd(), sys.argv[1:], sys.stdin.read(), os.environ["HOME"])
try:
    open("/dev/tty")
except OSError:
    sys.exit(3)
"""
    env = _pretend(forge, program)
    done = forge.run("status", "x", input="yes", env=env, check=3)
    assert done.stdout == f"{forge.shop} ['status', 'x'] yes {forge.root / 'home'}\n"
    with pytest.raises(AssertionError, match="exit code 3 instead of 0"):
        forge.run(env=env, check=0)


def test_json_is_exactly_one_document(forge: Forge) -> None:
    env = _pretend(forge, "import json, sys; print(json.dumps({'args': sys.argv[1:]}))")
    assert forge.json("status", env=env) == {"args": ["status", "--json"]}
    (forge.root / "fake/multigit/__main__.py").write_text("print('{}'); print('{}')")
    with pytest.raises(AssertionError, match="no single JSON document"):
        forge.json("status", env=env)


# --- Refs and snapshots


def test_refs_are_those_of_for_each_ref(api: ForgeRepo) -> None:
    """Loose before packed; a ref that was packed, then moved; a ref that was packed, then gone."""

    def listed() -> dict[str, str]:
        rows = api.remote_git("for-each-ref", "--format=%(refname) %(objectname)").split("\n")
        return dict(row.split(" ", 1) for row in rows)

    api.remote_git("tag", "--annotate", "--message", "m", "v1", "main")
    api.remote_git("branch", "old", "main")
    assert read_refs(api.bare) == listed()
    api.remote_git("pack-refs", "--all")
    api.commit("dev", {"a": "1"})
    api.remote_git("branch", "--delete", "--force", "old")
    assert read_refs(api.bare) == listed()
    assert "refs/heads/old" not in read_refs(api.bare)


def _chmod(repo: ForgeRepo) -> None:
    (repo.clone / "README.md").chmod(0o755)


def _touch(repo: ForgeRepo) -> None:
    os.utime(repo.clone / "README.md", (1, 1))


def _touch_index(repo: ForgeRepo) -> None:
    os.utime(repo.clone / ".git/index", (1, 1))


def _relink(repo: ForgeRepo) -> None:
    (repo.clone / "link").unlink()
    (repo.clone / "link").symlink_to("there")


def _there_and_back(repo: ForgeRepo) -> None:
    repo.git("checkout", "--quiet", "--detach")
    repo.git("checkout", "--quiet", "dev")


def _merge_begun(repo: ForgeRepo) -> None:
    repo.git("merge", "--no-ff", "--no-commit", "side")


def _rebase_begun(repo: ForgeRepo) -> None:
    with pytest.raises(GitFailedError):
        repo.git("rebase", "--exec", "false", "HEAD~1")


def _worktree_file(repo: ForgeRepo) -> None:
    (repo.clone.parent.parent.parent / "linked/README.md").write_text("changed")


CHANGES: dict[str, tuple[Callable[[ForgeRepo], object], str]] = {
    "content": (lambda repo: repo.write({"README.md": "x"}), r"README.md: content: .* → b'x'"),
    "new file": (lambda repo: repo.write({"n/x": ""}), r"n/x: content: \(absent\) → b''"),
    "removed file": (lambda repo: repo.write({"README.md": None}), r"README.md: .* → \(gone\)"),
    "empty folder": (lambda repo: (repo.clone / "e").mkdir(), "services/api/e: mode"),
    "mode": (_chmod, "README.md: mode: 0o100644 → 0o100755"),
    "mtime": (_touch, "README.md: mtime"),
    "symlink": (_relink, "link: content: symlink to here → symlink to there"),
    "staged": (lambda repo: repo.git("rm", "--cached", "README.md"), r"\.git/index: "),
    "index time": (_touch_index, r"\.git/index: mtime"),
    "checkout": (
        lambda repo: repo.git("checkout", "--detach"),
        r"\.git/HEAD: b'ref: refs/heads/dev",
    ),
    "there and back": (_there_and_back, r"\.git/logs/HEAD"),
    "branch": (lambda repo: repo.git("branch", "x"), r"refs/heads/x: \(absent\)"),
    "tag": (lambda repo: repo.git("tag", "v1"), "refs/tags/v1"),
    "configuration": (lambda repo: repo.git("config", "a.b", "c"), r"\.git/config"),
    "hook": (lambda repo: (repo.clone / ".git/hooks/pre-push").touch(), "hooks/pre-push"),
    "fetch": (lambda repo: repo.git("fetch"), "FETCH_HEAD"),
    "merge": (_merge_begun, "MERGE_HEAD"),
    "rebase": (_rebase_begun, "rebase-merge/"),
    "bisect": (lambda repo: repo.git("bisect", "start"), "BISECT_LOG"),
    "linked worktree": (_worktree_file, "linked/README.md: content"),
    "other file": (lambda repo: (repo.clone.parent / "other").touch(), "shop/services/other"),
    "remote branch": (
        lambda repo: repo.commit("main", {"a": "1"}),
        "remote api: refs/heads/main: ",
    ),
    "remote tag": (lambda repo: repo.remote_git("tag", "v1", "main"), "remote api: refs/tags/v1"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_untouched_catches(change: str, forge: Forge, api: ForgeRepo) -> None:
    api.local_commit({"a.txt": "1\n"})
    api.git("branch", "side", "HEAD~1")
    api.git("worktree", "add", "--quiet", str(forge.root / "linked"), "side")
    git(
        forge.root / "linked", "commit", "--quiet", "--allow-empty", "--message", "m", env=forge.env
    )
    (api.clone / "link").symlink_to("here")
    act, expected = CHANGES[change]
    with pytest.raises(AssertionError, match=expected), untouched(forge):
        act(api)


def test_untouched_allows_looking_and_records(forge: Forge, api: ForgeRepo) -> None:
    """A fetch without FETCH_HEAD, our own refs, packed refs, `.multigit/` and the log."""
    api.commit("main", {"a": "1"})
    with untouched(forge):
        api.git("fetch", "--quiet", "--no-write-fetch-head", "--no-tags")
        api.git("update-ref", "refs/multigit/x", "HEAD")
        api.git("pack-refs", "--all")
        api.git("--no-optional-locks", "status")
        (forge.shop / ".multigit/operations").mkdir(parents=True)
        (forge.shop / ".multigit/lock").touch()
        (forge.shop / "deployment.log").touch()
    with pytest.raises(AssertionError, match=r"api/\.multigit"), untouched(forge):
        (api.clone / ".multigit").mkdir()


def test_untouched_looks_also_after_an_error(forge: Forge, api: ForgeRepo) -> None:
    def fail(repo: ForgeRepo, act: Callable[[ForgeRepo], None]) -> None:
        act(repo)
        raise KeyError

    with pytest.raises(AssertionError, match="1 facts changed"), untouched(forge):
        fail(api, _touch)
    with pytest.raises(KeyError), untouched(forge):
        fail(api, lambda _: None)


def test_untouched_survives_names_that_are_no_text(forge: Forge, api: ForgeRepo) -> None:
    name = as_text(b"raw-\xff.txt" if sys.platform != "darwin" else "raw-ü.txt".encode())
    with pytest.raises(AssertionError, match="raw-") as caught, untouched(forge):
        api.write({name: "x"})
    str(caught.value).encode("utf-8")


def test_submodule_is_watched(forge: Forge, api: ForgeRepo) -> None:
    web = forge.add("web")
    web.git("submodule", "--quiet", "add", api.url, "lib")
    with (
        pytest.raises(AssertionError, match=r"web/\.git/modules/lib: refs/tags/v1"),
        untouched(forge),
    ):
        git(web.clone / "lib", "tag", "v1")
    with untouched(forge):
        git(web.clone / "lib", "fetch", "--quiet", "--no-write-fetch-head")


def test_remotes_untouched_looks_at_remotes_alone(forge: Forge, api: ForgeRepo) -> None:
    with remotes_untouched(forge):
        api.local_commit({"a": "1"})
    with pytest.raises(AssertionError, match="refs/heads/dev"), remotes_untouched(forge):
        api.git("push", "--quiet")


# --- The HTTP server


@pytest.fixture
def server(forge: Forge, api: ForgeRepo) -> Iterator[GitHttpServer]:
    assert api.bare.parent == forge.remotes
    with GitHttpServer(forge.remotes, "ada", "sesame & co") as running:
        yield running


def _login(user: str, password: str) -> str:
    code = base64.b64encode(f"{user}:{password}".encode()).decode()
    return f"http.extraHeader=Authorization: Basic {code}"


LOGIN = _login("ada", "sesame & co")


def test_server_demands_the_password(server: GitHttpServer, tmp_path: Path) -> None:
    for options in ((), ("-c", _login("ada", "wrong"))):
        with pytest.raises(
            GitFailedError, match=r"(could not read Username|Authentication failed)"
        ):
            git(tmp_path, *options, "ls-remote", server.url("api"))
    assert {request.status for request in server.requests} == {401}
    assert "refs/heads/main" in git(tmp_path, "-c", LOGIN, "ls-remote", server.url("api"))
    assert git(tmp_path, "ls-remote", server.url("api", with_password=True), "main")


def _through(repo: ForgeRepo, server: GitHttpServer) -> ForgeRepo:
    repo.use_url(server.url(repo.name))
    assert repo.git("remote", "get-url", "origin").startswith("http://127.0.0.1:")
    return repo


def test_server_clones_fetches_and_pushes(
    server: GitHttpServer, api: ForgeRepo, tmp_path: Path
) -> None:
    """A push of more than http.postBuffer comes in chunks, a long negotiation gzipped."""
    git(tmp_path, "-c", LOGIN, "clone", "--quiet", "--branch", "dev", server.url("api"), "copy")
    clone = _through(api, server)
    for number in range(30):
        clone.git("commit", "--quiet", "--allow-empty", "--message", f"{number}")
    seen = api.commit("stg", {"a": "1"})
    clone.git("-c", LOGIN, "fetch", "--quiet")
    assert clone.local_refs()["refs/remotes/origin/stg"] == seen
    sha = clone.local_commit({"big.bin": os.urandom(2_000_000)})
    clone.git("-c", LOGIN, "push", "--quiet", "origin", f"{sha}:refs/heads/dev")
    assert api.tip("dev") == sha
    assert server.count("api", "upload-pack") >= 4
    assert server.connections("api", "receive-pack") == 1
    assert {request.method for request in server.requests} == {"GET", "POST"}
    assert server.count("web") == 0
    assert server.count() == len(server.requests)


def test_server_tells_hooks_the_user(server: GitHttpServer, api: ForgeRepo) -> None:
    hook = api.bare / "hooks/update"
    hook.write_text('#!/bin/sh\necho "hello $REMOTE_USER" >&2; exit 1\n')
    hook.chmod(0o755)
    sha = api.local_commit({"a": "1"})
    with pytest.raises(GitFailedError, match="remote: hello ada"):
        api.git("-c", LOGIN, "push", server.url("api"), f"{sha}:refs/heads/dev")


def test_server_passes_the_protocol_version_on(server: GitHttpServer) -> None:
    url = server.url("api") + "/info/refs?service=git-upload-pack"
    code = LOGIN.rpartition(" ")[2]
    headers = {"Git-Protocol": "version=2", "Authorization": f"Basic {code}"}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        assert b"version 2" in answer.read()


def test_server_answers_many_at_once(server: GitHttpServer, tmp_path: Path) -> None:
    def list_remote(_: int) -> str:
        return git(tmp_path, "-c", LOGIN, "ls-remote", server.url("api"))

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(list_remote, range(16)))) == 1
    assert server.connections("api") == 16


def test_server_answers_404_for_an_unknown_repository(
    server: GitHttpServer, tmp_path: Path
) -> None:
    with pytest.raises(GitFailedError, match="not found"):
        git(tmp_path, "-c", LOGIN, "ls-remote", server.url("nothing"))
    assert server.requests[-1] == replace(server.requests[-1], repo="nothing", status=404)


# --- The terminal


def _terminal(tmp_path: Path, program: str, cols: int = 80) -> Terminal:
    argv = [sys.executable, "-c", program]
    return Terminal(argv, tmp_path, default_environment(), cols=cols)


def test_terminal_answers_a_prompt(tmp_path: Path) -> None:
    program = """\
import os, sys
print("\\033[1;31mred\\033[0m \\033]0;title\\007plain")
print(sys.stdin.isatty(), os.get_terminal_size().columns, os.environ["COLUMNS"])
sys.exit(7 if input("Type \\033[1mmain\\033[0m: ") == "main" else 1)
"""
    with _terminal(tmp_path, program, cols=100) as terminal:
        terminal.expect("True 100 100")
        terminal.expect("Type main: ")
        terminal.send_line("main")
        assert terminal.finish() == 7
    assert terminal.text.startswith("red plain\nTrue")
    assert terminal.raw.startswith("\x1b[1;31mred\x1b[0m \x1b]0;title\x07plain\r\n")
    assert (terminal.screen.raw, terminal.screen.text) == (terminal.raw, terminal.text)


def test_terminal_interrupts(tmp_path: Path) -> None:
    program = (
        "import time\ntry:\n  print('ready')\n  time.sleep(60)\nexcept KeyboardInterrupt: exit(130)"
    )
    with _terminal(tmp_path, program) as terminal:
        terminal.expect("ready")
        terminal.press_ctrl_c()
        assert terminal.finish() == 130


def test_terminal_reports_a_death_by_signal(tmp_path: Path) -> None:
    with _terminal(tmp_path, "import os; os.kill(os.getpid(), 9)") as terminal:
        assert terminal.finish() == -9


def test_terminal_serves_programs_that_read_keys(tmp_path: Path) -> None:
    """Questionary asks where the cursor is, and wants an answer."""
    program = """\
import questionary
print(questionary.select("Which?", choices=["one", "two"]).ask())
print(questionary.confirm("Sure?", default=False).ask())
"""
    with _terminal(tmp_path, program) as terminal:
        terminal.expect("Which?")
        terminal.send_key("down")
        terminal.send_key("enter")
        terminal.expect("two\n")
        terminal.expect("Sure?")
        terminal.send_key("y")
        terminal.expect("True\n")
        assert terminal.finish() == 0
    assert "CPR" not in terminal.text


def test_terminal_says_what_it_saw_when_a_text_does_not_come(tmp_path: Path) -> None:
    with (
        Terminal(
            [sys.executable, "-c", "print('hello')"], tmp_path, default_environment()
        ) as terminal,
        pytest.raises(AssertionError, match=r"'bye' did not appear; the screen:\nhello"),
    ):
        terminal.expect("bye")


def test_terminal_kills_what_still_runs(tmp_path: Path) -> None:
    program = "import os, time; print('pid', os.getpid(), '.'); time.sleep(60)"
    with _terminal(tmp_path, program) as terminal:
        terminal.expect(" .")
    with pytest.raises(ProcessLookupError):
        os.kill(int(terminal.text.split()[1]), 0)


# --- Histories and the oracle


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return init(tmp_path_factory.mktemp("histories") / "store.git", bare=True)


@pytest.fixture(scope="module")
def merged(store: Path) -> list[tuple[histories.History, oracle.Outcome]]:
    made = histories.build_many(SEEDS, store)
    scratch = store.parent / "merges"
    return [
        (history, oracle.oracle(store, history.target_sha, history.source_sha, scratch))
        for history in made
    ]


def test_history_is_the_same_for_a_seed(
    merged: list[tuple[histories.History, oracle.Outcome]], tmp_path: Path
) -> None:
    """Also alone, in another repository, and in a process with other hashes."""
    bare = init(tmp_path / "other.git", bare=True)
    assert histories.build(41, bare) == merged[41][0]
    program = (
        f"import sys; from {histories.__name__} import random_history\n"
        "sys.stdout.buffer.write(random_history(41))"
    )
    folder = Path(histories.__file__).parents[histories.__name__.count(".")]
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={**default_environment(), "PYTHONHASHSEED": "1"},
        capture_output=True,
        check=True,
    )
    assert done.stdout == histories.random_history(41)
    assert histories.random_history(41) != histories.random_history(42)


def test_histories_have_every_feature(
    merged: list[tuple[histories.History, oracle.Outcome]],
) -> None:
    assert frozenset().union(*(history.features for history, _ in merged)) == histories.FEATURES


def test_histories_merge_cleanly_and_conflict(
    merged: list[tuple[histories.History, oracle.Outcome]],
) -> None:
    conflicting = [outcome for _, outcome in merged if not outcome.clean]
    assert 30 <= len(conflicting) <= 50
    assert all(outcome.conflicts == outcome.reported for outcome in conflicting)
    assert all(outcome.conflicts == frozenset() for _, outcome in merged if outcome.clean)
    assert any(outcome.already_merged for _, outcome in merged)


def test_history_shapes_are_what_they_say(
    store: Path, merged: list[tuple[histories.History, oracle.Outcome]]
) -> None:
    for history, outcome in merged:
        bases = git(store, "merge-base", "--all", history.target_sha, history.source_sha).split()
        assert ("already merged" in history.features) == outcome.already_merged
        assert outcome.already_merged == (bases == [history.source_sha])
        assert ("ahead" in history.features) == (bases == [history.target_sha])
        assert ("criss-cross" in history.features) == (len(bases) > 1)


def test_every_history_is_sound(store: Path, merged: object) -> None:
    assert merged
    assert git(store, "fsck", "--strict", "--no-dangling") == ""


def test_histories_hold_odd_paths_and_kinds(
    store: Path, merged: list[tuple[histories.History, oracle.Outcome]]
) -> None:
    listing = "".join(git(store, "ls-tree", "-r", "-z", item.source_sha) for item, _ in merged)
    for part in ("\t--output=f\0", "new\nline", "日本", "120000 ", "100755 ", "160000 "):
        assert part in listing
    assert "/.gitattributes\0" in listing
    assert "\udcff" in listing or sys.platform == "darwin"


def test_oracle_agrees_with_itself(
    store: Path, merged: list[tuple[histories.History, oracle.Outcome]]
) -> None:
    scratch = store.parent / "again"
    for history, outcome in merged[::5]:
        assert oracle.oracle(store, history.target_sha, history.source_sha, scratch) == outcome
    assert list(scratch.iterdir()) == []


def test_oracle_raises_when_git_fails_for_another_reason(store: Path, merged: object) -> None:
    assert merged
    entry = {b"a": fastimport.text_file("1")}
    stamp = fastimport.Stamp(COLLEAGUE, 0)
    stream = b"".join(
        fastimport.commit(
            f"refs/heads/{name}", mark, stamp=stamp, message=name, parents=[], changes=entry
        )
        for mark, name in enumerate(("one", "two"), 1)
    )
    one, two = fastimport.run(store, stream, [1, 2])
    with pytest.raises(GitFailedError, match="unrelated histories"):
        oracle.oracle(store, one, two, store.parent / "unrelated")


def test_clash_of_file_and_folder_compares_without_labels() -> None:
    sha = "0123456789abcdef0123456789abcdef01234567"
    paths = {"a~HEAD", f"b~{sha}", f"c~{sha}_0", "d~other"}
    assert oracle.unlabelled(paths) == {"a", "b", "c", "d~other"}
