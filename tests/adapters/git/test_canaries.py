"""Reading and publishing run no code from a repository; committing runs its commit hooks.

A canary is a program that records its name when it runs. There is one for each way to run code,
and a plain git command that shows that the canary works.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from multigit.adapters.git.repository import GitRepository
from multigit.core.values.git_answers import Publication
from multigit.errors import GitError
from tests.adapters.git.clones import SIGNATURE, STAGES, open_clone, sides
from tests.support.forge import Forge
from tests.support.http_git import GitHttpServer

HOOKS = (
    *("applypatch-msg", "pre-applypatch", "post-applypatch", "pre-commit", "pre-merge-commit"),
    *("prepare-commit-msg", "commit-msg", "post-commit", "pre-rebase", "post-checkout"),
    *("post-merge", "pre-push", "pre-receive", "update", "proc-receive", "post-receive"),
    *("post-update", "reference-transaction", "push-to-checkout", "pre-auto-gc", "post-rewrite"),
    *("sendemail-validate", "fsmonitor-watchman", "post-index-change"),
)
ATTRIBUTES = "* filter=canary diff=canary merge=canary\n"


class Aviary:
    """A clone in which every file has the attribute `canary`; dev and main changed one file."""

    def __init__(self, forge: Forge) -> None:
        files = {"README.md": "1\n2\n3\n", ".gitattributes": ATTRIBUTES}
        self.repo = forge.add("api", files=files)
        self.repository = open_clone(forge, self.repo)
        self.trusting = open_clone(forge, self.repo, hooks=True)
        self.git_dir = self.repo.clone / ".git"
        self._env = forge.env
        self._songs = forge.root / "songs"
        self._programs = forge.root / "programs"
        self.repo.commit("dev", {"README.md": "dev\n2\n3\n", "new": "1\n"})
        self.repo.commit("main", {"README.md": "1\n2\nmain\n"})
        self.repo.git("fetch", "--quiet")

    def canary(self, name: str, folder: Path | None = None, *, then: str = "cat") -> str:
        """Write a canary into a folder, and return its path."""
        program = (folder or self._programs) / name
        program.parent.mkdir(parents=True, exist_ok=True)
        note = f"echo {name} >> {shlex.quote(str(self._songs))}"
        program.write_text(f"#!/bin/sh\n{note}\n{then}\n", encoding="utf-8")
        program.chmod(0o755)
        return str(program)

    def configure(self, key: str, value: str) -> None:
        """Change the repository's own configuration."""
        self.repo.git("config", key, value)

    def songs(self) -> set[str]:
        """Return the canaries that have run since the last call."""
        text = self._songs.read_text() if self._songs.exists() else ""
        self._songs.unlink(missing_ok=True)
        return set(text.split())

    def provoke(self, *arguments: str) -> None:
        """Run git in the clone as a user would, and ignore how it ends."""
        subprocess.run(
            ["git", *arguments],
            cwd=self.repo.clone,
            env=self._env,
            input=b"",
            capture_output=True,
            check=False,
            timeout=60,
        )

    def touch(self) -> None:
        """Make git reread a file that did not change."""
        os.utime(self.repo.clone / "README.md", (1, 1))


Provocation = Sequence[str]
Way = Callable[[Aviary], Provocation]


def hooks(aviary: Aviary) -> Provocation:
    """Put every kind of hook into the usual folder."""
    for name in HOOKS:
        aviary.canary(name, aviary.git_dir / "hooks")
    return ("commit", "--allow-empty", "--message", "m")


def hooks_path(aviary: Aviary) -> Provocation:
    """Put every kind of hook into the folder that `core.hooksPath` names."""
    for name in HOOKS:
        aviary.canary(name, aviary.git_dir / "own-hooks")
    aviary.configure("core.hooksPath", str(aviary.git_dir / "own-hooks"))
    return ("commit", "--allow-empty", "--message", "m")


def clean_filter(aviary: Aviary) -> Provocation:
    """Set a filter for what goes into the repository."""
    aviary.configure("filter.canary.clean", aviary.canary("clean"))
    aviary.configure("filter.canary.required", "true")
    return ("add", "README.md")


def smudge_filter(aviary: Aviary) -> Provocation:
    """Set a filter for what goes into the work tree."""
    aviary.configure("filter.canary.smudge", aviary.canary("smudge"))
    return ("checkout-index", "--force", "--all")


def filter_process(aviary: Aviary) -> Provocation:
    """Set a long-running filter for both directions."""
    aviary.configure("filter.canary.process", aviary.canary("process"))
    return ("add", "README.md")


def merge_driver(aviary: Aviary) -> Provocation:
    """Set a merge driver for files that both sides changed."""
    aviary.configure("merge.canary.driver", f"{aviary.canary('driver')} %O %A %B")
    aviary.provoke("reset", "--quiet", "--hard", "origin/dev")
    return ("merge", "--no-edit", "origin/main")


def fsmonitor(aviary: Aviary) -> Provocation:
    """Set a program that reports which files changed."""
    aviary.configure("core.fsmonitor", aviary.canary("fsmonitor"))
    return ("status",)


def alias(aviary: Aviary) -> Provocation:
    """Set aliases, including some with the names of git's own commands."""
    for command in ("fetch", "status", "merge-tree", "commit-tree", "push", "sing"):
        aviary.configure(f"alias.{command}", f"!{aviary.canary('alias')}")
    return ("sing",)


def textconv(aviary: Aviary) -> Provocation:
    """Set a program that converts files before they are compared."""
    aviary.configure("diff.canary.textconv", aviary.canary("textconv"))
    return ("diff", "origin/dev", "origin/main")


def diff_command(aviary: Aviary) -> Provocation:
    """Set a diff program for files with the attribute."""
    aviary.configure("diff.canary.command", aviary.canary("diff-command"))
    return ("diff", "origin/dev", "origin/main")


def external_diff(aviary: Aviary) -> Provocation:
    """Set a diff program for all files."""
    aviary.configure("diff.external", aviary.canary("external-diff"))
    return ("diff", "origin/dev", "origin/main")


def ssh(aviary: Aviary) -> Provocation:
    """Set a program that connects over ssh."""
    aviary.configure("core.sshCommand", aviary.canary("ssh", then="exit 1"))
    return ("ls-remote", "ssh://127.0.0.1/x")


def editor(aviary: Aviary) -> Provocation:
    """Set a program that edits messages."""
    aviary.configure("core.editor", aviary.canary("editor"))
    aviary.configure("sequence.editor", aviary.canary("editor"))
    return ("commit", "--allow-empty")


def signing_program(aviary: Aviary) -> Provocation:
    """Set a program that signs commits, without asking for signatures."""
    aviary.configure("gpg.program", aviary.canary("gpg"))
    aviary.configure("user.signingKey", "nobody")
    return ("commit", "--allow-empty", "--gpg-sign", "--message", "m")


WAYS: dict[str, Way] = {
    way.__name__: way
    for way in (
        *(hooks, hooks_path, clean_filter, smudge_filter, filter_process, merge_driver),
        *(fsmonitor, alias, textconv, diff_command, external_diff, ssh, editor, signing_program),
    )
}


def look_and_publish(repository: GitRepository, aviary: Aviary) -> None:
    """Do everything except committing and checking out."""
    aviary.touch()
    repository.facts()
    ours, theirs = sides(repository)
    repository.refs(STAGES)
    repository.work_tree()
    repository.waiting(ours.sha, theirs.sha)
    repository.divergence(ours.sha, theirs.sha)
    repository.merge(ours, theirs, SIGNATURE)
    stg = repository.refs(STAGES).branch("stg").remote
    assert stg
    merged = repository.merge(stg, theirs, SIGNATURE)
    assert repository.holds([merged.commit])
    tag = repository.tag("deploy-1", merged.commit, SIGNATURE)
    refs = ("refs/heads/stg", "refs/tags/deploy-1")
    push = [Publication(refs[0], stg.sha, merged.commit), Publication(refs[1], "", tag)]
    assert repository.push(push).accepted
    assert set(repository.remote_refs(refs)) == set(refs)
    aviary.provoke("-c", f"core.hooksPath={os.devnull}", "branch", "--no-track", "stg", stg.sha)
    assert repository.fast_forward("stg", merged.commit) == ""
    assert repository.move_back("stg", before=merged.commit, after=stg.sha) == ""


@pytest.mark.parametrize("name", WAYS)
def test_looking_and_publishing_run_nothing(name: str, forge: Forge) -> None:
    """No canary runs, although each one runs for plain git."""
    aviary = Aviary(forge)
    provocation = WAYS[name](aviary)
    aviary.songs()
    look_and_publish(aviary.repository, aviary)
    assert aviary.songs() == set()
    aviary.touch()
    aviary.provoke(*provocation)
    assert aviary.songs()


def test_a_driver_of_its_own_makes_a_conflict(forge: Forge) -> None:
    """A file that only the repository's own merge driver could merge is a conflict."""
    aviary = Aviary(forge)
    merge_driver(aviary)
    ours, theirs = sides(aviary.repository)
    assert aviary.repository.merge(ours, theirs, SIGNATURE).conflicts == ("README.md",)


def test_a_repository_that_is_trusted_runs_its_push_hook(forge: Forge) -> None:
    """The pre-push hook runs if the configuration has `hooks = true`, and no commit hook does."""
    aviary = Aviary(forge)
    hooks(aviary)
    look_and_publish(aviary.trusting, aviary)
    songs = aviary.songs()
    assert "pre-push" in songs
    assert not songs & {"pre-commit", "commit-msg", "post-merge", "post-checkout"}


@pytest.mark.parametrize("verify", [True, False])
def test_committing_runs_commit_hooks(forge: Forge, *, verify: bool) -> None:
    """They run as with `git commit`; without `verify`, those that could refuse are skipped."""
    aviary = Aviary(forge)
    hooks(aviary)
    aviary.repo.write({"README.md": "changed\n"})
    work = aviary.repository.work_tree()
    aviary.repository.commit_preview(work.head, work.changes, SIGNATURE)
    assert aviary.songs() == set()
    aviary.repository.commit(work.changes, SIGNATURE, verify=verify)
    songs = aviary.songs()
    assert ({"pre-commit", "commit-msg"} <= songs) == verify
    assert {"prepare-commit-msg", "post-commit"} <= songs


def test_committing_runs_filters(forge: Forge) -> None:
    """Without them, large files would be committed instead of their pointers."""
    aviary = Aviary(forge)
    aviary.configure("filter.canary.clean", "tr a-z A-Z")
    aviary.repo.write({"README.md": "changed\n"})
    work = aviary.repository.work_tree()
    preview = aviary.repository.commit_preview(work.head, work.changes, SIGNATURE)
    made = aviary.repository.commit(work.changes, SIGNATURE, verify=True)
    assert made.tree == preview.tree
    assert aviary.repo.git("show", "HEAD:README.md") == "CHANGED"


@pytest.mark.parametrize("trusted", [False, True])
def test_checkouts_run_hooks_only_where_they_are_trusted(forge: Forge, *, trusted: bool) -> None:
    """This covers a pull that fast-forwards the work tree, and one that switches branches."""
    aviary = Aviary(forge)
    hooks(aviary)
    repository = aviary.trusting if trusted else aviary.repository
    repository.update_work_tree("dev", sides(repository)[1].sha)
    repository.create_branch("main")
    repository.switch("main")
    assert ({"post-merge", "post-checkout"} <= aviary.songs()) == trusted


# --- Programs that connect to a remote


def upload_pack(aviary: Aviary) -> Provocation:
    """Set the program that serves a fetch from a remote on this machine."""
    program = aviary.canary("uploadpack", then='exec git-upload-pack "$@"')
    aviary.configure("remote.origin.uploadpack", program)
    return ("ls-remote", "origin")


def receive_pack(aviary: Aviary) -> Provocation:
    """Set the program that receives a push."""
    program = aviary.canary("receivepack", then='exec git-receive-pack "$@"')
    aviary.configure("remote.origin.receivepack", program)
    return ("push", "--dry-run", "origin", "HEAD:refs/heads/x")


def own_upload_pack(aviary: Aviary) -> Provocation:
    """Set the program that serves a fetch from the clone itself, used to move local branches."""
    aviary.configure("remote...uploadpack", aviary.canary("own", then='exec git-upload-pack "$@"'))
    return ("fetch", ".", "HEAD")


def git_proxy(aviary: Aviary) -> Provocation:
    """Set the proxy program for git:// URLs."""
    aviary.configure("core.gitProxy", aviary.canary("proxy", then="exit 1"))
    aviary.configure("remote.origin.url", "git://127.0.0.1:1/x.git")
    return ("ls-remote", "origin")


def command_url(aviary: Aviary) -> Provocation:
    """Set a URL that is a command."""
    aviary.configure("protocol.ext.allow", "always")
    aviary.configure("remote.origin.url", f"ext::{aviary.canary('ext', then='exit 1')}")
    return ("ls-remote", "origin")


def rewritten_url(aviary: Aviary) -> Provocation:
    """Rewrite a harmless URL to one that is a command."""
    aviary.configure("protocol.ext.allow", "always")
    base = f"ext::{aviary.canary('insteadof', then='exit 1')} "
    aviary.configure(f"url.{base}.insteadOf", "file:")
    return ("ls-remote", "origin")


def foreign_system(aviary: Aviary) -> Provocation:
    """Set another version control system for the remote, so that a helper program connects."""
    aviary.configure("protocol.ext.allow", "always")
    aviary.configure("remote.origin.vcs", "ext")
    aviary.configure("remote.origin.url", aviary.canary("vcs", then="exit 1"))
    return ("ls-remote", "origin")


REFUSED: dict[Way, str] = {
    upload_pack: "program_in_config",
    receive_pack: "program_in_config",
    own_upload_pack: "program_in_config",
    git_proxy: "program_in_config",
    command_url: "transport_not_allowed",
    rewritten_url: "transport_not_allowed",
    foreign_system: "transport_not_allowed",
}


@pytest.mark.parametrize("way", REFUSED, ids=lambda way: way.__name__)
def test_a_program_that_reaches_a_remote_is_refused(way: Way, forge: Forge) -> None:
    """It is refused with a code before it runs, although plain git would run it."""
    aviary = Aviary(forge)
    provocation = way(aviary)
    repository = open_clone(forge, aviary.repo)
    for look in (lambda: repository.fetch(STAGES), lambda: repository.remote_refs(["HEAD"])):
        with pytest.raises(GitError) as refused:
            look()
        assert refused.value.code == REFUSED[way]
    assert aviary.songs() == set()
    aviary.provoke(*provocation)
    assert aviary.songs()


def test_trusted_programs_reach_the_remote(forge: Forge) -> None:
    """They run if `hooks = true`, or if the user's own configuration sets them."""
    aviary = Aviary(forge)
    upload_pack(aviary)
    aviary.trusting.fetch(STAGES)
    assert aviary.songs() == {"uploadpack"}
    value = aviary.repo.git("config", "remote.origin.uploadpack")
    aviary.repo.git("config", "--unset", "remote.origin.uploadpack")
    aviary.repo.git("config", "--global", "remote.origin.uploadpack", value)
    open_clone(forge, aviary.repo).fetch(STAGES)
    assert aviary.songs() == {"uploadpack"}


def test_a_servers_program_is_the_servers(forge: Forge) -> None:
    """Over ssh it runs on the server, so it is allowed; the user's own ssh command connects."""
    aviary = Aviary(forge)
    aviary.configure("remote.origin.uploadpack", "/opt/git/bin/git-upload-pack")
    aviary.configure("remote.origin.url", "ada@example.org:api.git")
    aviary.configure("core.sshCommand", aviary.canary("ssh", then="exit 1"))
    with pytest.raises(GitError) as failed:
        open_clone(forge, aviary.repo).fetch(STAGES)
    assert failed.value.code != "program_in_config"
    assert aviary.songs() == {"ssh"}


def test_nobody_is_asked_for_a_password(forge: Forge) -> None:
    """The repository's askpass program does not run, but the credential helper does."""
    aviary = Aviary(forge)
    ask, helper = aviary.canary("askpass", then="echo x"), aviary.canary("helper", then="exit 0")
    aviary.configure("core.askPass", ask)
    aviary.configure("credential.helper", helper)
    with GitHttpServer(forge.remotes, "ada", "sesame-canary") as server:
        aviary.configure("remote.origin.url", server.url("api"))
        with pytest.raises(GitError) as failed:
            open_clone(forge, aviary.repo).fetch(STAGES)
        assert failed.value.code == "authentication"
        assert aviary.songs() == {"helper"}
        aviary.provoke("ls-remote", "origin")
        assert aviary.songs() == {"helper", "askpass"}
