"""A forge for tests: bare remotes, a workspace folder of clones, and colleagues who push."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

from . import commits, launch, snapshot
from .fastimport import GITLINK, Stamp
from .gitenv import as_bytes, as_text, base_environment, git, init
from .objects import read_object, read_tree
from .oracle import oracle
from .refs import read_refs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

COLLEAGUE = "Grace Hopper <grace@example.org>"
STAGES = ("dev", "stg", "main")

_FIRST_TIME = 1_736_154_000  # 2025-01-06 09:00 UTC
_STEP = 60
_RUN_TIMEOUT = 120.0
_SAFE_PATTERN = re.compile(r"[\w./*?\[\]!-]+")

_CLONE_CONFIG = """\
[remote "origin"]
\turl = {url}
\tfetch = +refs/heads/*:refs/remotes/origin/*
[branch "{branch}"]
\tremote = origin
\tmerge = refs/heads/{branch}
"""

_CONFIG = """\
[workspace]
name = "shop"
remote = "origin"
timezone = "UTC"
log = "deployment.log"

[stages.dev]
branch = "dev"

[stages.stg]
branch = "stg"
promotes_from = "dev"
tag = "stg-deploy-{timestamp}"
confirm = "yes"

[stages.main]
branch = "main"
promotes_from = "stg"
tag = "deploy-{timestamp}"
confirm = "name"
"""


class ForgeRepo:
    """A bare remote with a clone in the workspace.

    In `files`, str is written as UTF-8 and None deletes. In returned paths and contents, bytes
    that are not UTF-8 become surrogate escapes.
    """

    def __init__(self, forge: Forge, name: str, path: str, object_format: str = "sha1") -> None:
        self.name = name
        self.object_format = object_format
        self.path = path
        self.bare: Path = forge.remotes / f"{name}.git"
        self.clone: Path = forge.shop / path
        self.url = self.bare.as_uri()
        self._forge = forge
        self._rejections: list[tuple[str, str]] = []

    def git(self, *args: str, input: str | bytes | None = None, check: bool = True) -> str:  # noqa: A002
        """Run git in the clone, without hooks."""
        return git(self.clone, *args, input=input, check=check, env=self._forge.env)

    def remote_git(self, *args: str, input: str | bytes | None = None, check: bool = True) -> str:  # noqa: A002
        """Run git in the bare remote, without hooks."""
        return git(self.bare, *args, input=input, check=check, env=self._forge.env)

    def use_url(self, url: str) -> None:
        """Use another URL for the remote, in the clone and in the next `write_config`."""
        self.git("config", "remote.origin.url", url)
        self.url = url

    def commit(
        self,
        branch: str,
        files: Mapping[str, str | bytes | None],
        *,
        message: str = "Change",
        author: str = COLLEAGUE,
        start: str | None = None,
    ) -> str:
        """Commit on the remote's branch, as a colleague's push would, and return the new SHA.

        A branch that does not exist begins at the SHA or branch `start`.
        """
        parent = self._resolved(start) if start else self.tip(branch)
        stamp = Stamp(author, self._forge.tick())
        sha = self.write_commit(files, stamp=stamp, message=message, parents=[parent])
        commits.point(self.bare, f"refs/heads/{branch}", sha, "" if start else parent)
        return sha

    def write_commit(
        self,
        files: Mapping[str, str | bytes | None],
        *,
        stamp: Stamp,
        message: str,
        parents: Sequence[str] = (),
    ) -> str:
        """Write a commit that no ref of the remote points at; the new SHA."""
        changes = {
            as_bytes(path): None if content is None else as_bytes(content)
            for path, content in files.items()
        }
        return commits.commit(
            self.bare,
            changes,
            parents=parents,
            stamp=stamp,
            message=message,
            hashed=self.object_format,
        )

    def write(self, files: Mapping[str, str | bytes | None]) -> None:
        """Change files of the clone, and nothing else."""
        for name, content in files.items():
            path = self.clone / name
            if content is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(as_bytes(content))

    def local_commit(
        self, files: Mapping[str, str | bytes | None], message: str = "Local change"
    ) -> str:
        """Write, stage and commit files on the clone's checked-out branch; return the new SHA."""
        self.write(files)
        self.git("add", "--all", "--force", "--", *(f":(literal){name}" for name in files))
        date = f"{self._forge.tick()} +0000"
        env = self._forge.env | {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        git(self.clone, "commit", "--quiet", "--no-verify", "--message", message, env=env)
        return self.git("rev-parse", "HEAD")

    def remote_refs(self) -> dict[str, str]:
        """Every ref of the remote but HEAD, with its SHA."""
        return read_refs(self.bare)

    def local_refs(self) -> dict[str, str]:
        """Every ref of the clone but HEAD, with its SHA."""
        return read_refs(self.clone / ".git")

    def tip(self, branch: str) -> str:
        """The SHA of the remote's branch."""
        return self.remote_refs()[f"refs/heads/{branch}"]

    def tree(self, ref_or_sha: str) -> dict[str, str]:
        """Path → content of a commit on the remote; a submodule's content is its SHA."""
        return {
            as_text(path): sha if mode == GITLINK else as_text(read_object(self.bare, sha)[1])
            for path, (mode, sha) in read_tree(self.bare, self._resolved(ref_or_sha)).items()
        }

    def merge_by_git(self, target: str, source: str) -> tuple[str | None, frozenset[str]]:
        """The result of `git merge --no-ff` for two branches or SHAs of the remote.

        The tree and no paths, or None and the conflicted paths. Neither the remote nor the
        clone is touched.
        """
        scratch = self._forge.root / "merges"
        outcome = oracle(self.bare, self._resolved(target), self._resolved(source), scratch)
        return outcome.tree, outcome.conflicts

    def reject_pushes(self, ref_pattern: str, message: str = "protected") -> None:
        """Let an `update` hook refuse refs that match a shell pattern such as `refs/tags/*`."""
        if not _SAFE_PATTERN.fullmatch(ref_pattern):
            raise ValueError(ref_pattern)
        self._rejections.append((ref_pattern, message))
        rules = "".join(
            f'case "$1" in {pattern}) printf "%s\\n" {shlex.quote(text)} >&2; exit 1;; esac\n'
            for pattern, text in self._rejections
        )
        self._hook.write_text(f"#!/bin/sh\n{rules}", encoding="utf-8")
        self._hook.chmod(0o755)

    def allow_pushes(self) -> None:
        """Undo every `reject_pushes`."""
        self._rejections.clear()
        self._hook.unlink(missing_ok=True)

    @property
    def _hook(self) -> Path:
        return self.bare / "hooks/update"

    def _resolved(self, name: str) -> str:
        refs = self.remote_refs()
        return refs.get(f"refs/heads/{name}") or refs.get(name) or name


class Forge:
    """The workspace folder `shop`, the bare `remotes` and a HOME, all below `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.shop = self.root / "shop"
        self.remotes = self.root / "remotes"
        self.env = base_environment(self.root / "home")
        self.repos: dict[str, ForgeRepo] = {}
        self._clock = itertools.count(_FIRST_TIME, _STEP)
        self.shop.mkdir()
        self.remotes.mkdir()

    def tick(self) -> int:
        """The time of the next commit, in seconds since 1970; a minute after the one before."""
        return next(self._clock)

    def add(
        self,
        name: str,
        stages: Sequence[str] = STAGES,
        path: str | None = None,
        files: Mapping[str, str | bytes] | None = None,
        *,
        checkout: str | None = None,
        object_format: str = "sha1",
    ) -> ForgeRepo:
        """Add a remote whose stage branches all start at one commit, and its clone.

        The clone is at `path` (default: the name; `.` is the workspace folder itself) with
        `checkout` (default: the first stage) checked out. The remote's default branch is the
        last stage. Without stages both stay empty.
        """
        repo = ForgeRepo(self, name, name if path is None else path, object_format)
        init(repo.bare, bare=True, head=(*STAGES, *stages)[-1], object_format=object_format)
        if stages:
            first = {"README.md": f"# {name}\n"} if files is None else files
            self._first_commit(repo, stages, first)
        self._clone(repo, checkout or (*stages, STAGES[-1])[0])
        self.repos[name] = repo
        return repo

    def write_config(self, text: str | None = None) -> Path:
        """Write `multigit.toml`: `text`, or three stages and the repositories added so far."""
        path = self.shop / "multigit.toml"
        path.write_text(self._config() if text is None else text, encoding="utf-8")
        return path

    def run(
        self,
        *args: str,
        input: str | None = None,  # noqa: A002 - named as in subprocess
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        check: int | None = None,
        anew: bool = False,
    ) -> subprocess.CompletedProcess[str]:
        """Run `multigit` in `cwd`, or in the workspace folder, without a terminal.

        `env` adds to the forge's environment; `check` is the expected exit code; `anew` starts a
        new Python instead of forking one, see `launch.start`.
        """
        ended = launch.run(
            *args,
            cwd=cwd or self.shop,
            env={**self.env, **(env or {})},
            input=as_bytes(input or ""),
            timeout=_RUN_TIMEOUT,
            anew=anew,
        )
        outputs = as_text(ended.stdout), as_text(ended.stderr)
        done = subprocess.CompletedProcess(ended.args, ended.returncode, *outputs)
        if check is not None and done.returncode != check:
            msg = f"exit code {done.returncode} instead of {check}\n{_shown(done)}"
            raise AssertionError(msg)
        return done

    def json(
        self,
        *args: str,
        input: str | None = None,  # noqa: A002 - named as in subprocess
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        check: int | None = None,
    ) -> dict[str, Any]:
        """Run `multigit … --json` and return stdout, which must be exactly one JSON object."""
        flag = () if "--json" in args else ("--json",)
        done = self.run(*args, *flag, input=input, env=env, cwd=cwd, check=check)
        try:
            document = json.loads(done.stdout)
        except ValueError as error:
            msg = f"stdout is no single JSON document: {error}\n{_shown(done)}"
            raise AssertionError(msg) from error
        assert isinstance(document, dict), _shown(done)
        return document

    def remotes_snapshot(self) -> snapshot.Snapshot:
        """HEAD and every ref of every remote."""
        return snapshot.of_remotes({name: repo.bare for name, repo in self.repos.items()})

    def snapshot(self) -> snapshot.Snapshot:
        """The remotes, and everything that belongs to a user: see `snapshot.of_workspace`."""
        clones = [repo.clone for repo in self.repos.values()]
        return self.remotes_snapshot() | snapshot.of_workspace(self.shop, clones)

    def _first_commit(
        self, repo: ForgeRepo, stages: Sequence[str], files: Mapping[str, str | bytes]
    ) -> None:
        stamp = Stamp(COLLEAGUE, self.tick())
        first = repo.write_commit(files, stamp=stamp, message=f"Begin {repo.name}")
        for stage in stages:
            commits.point(repo.bare, f"refs/heads/{stage}", first)

    def _clone(self, repo: ForgeRepo, branch: str) -> None:
        """Make the result of `git clone --branch` with one process instead of six."""
        git_dir = init(repo.clone, head=branch, object_format=repo.object_format)
        with (git_dir / "config").open("a", encoding="utf-8") as config:
            config.write(_CLONE_CONFIG.format(url=repo.url, branch=branch))
        refs = repo.remote_refs()
        if f"refs/heads/{branch}" not in refs:
            return
        shutil.copytree(repo.bare / "objects", git_dir / "objects", dirs_exist_ok=True)
        _write(git_dir / "packed-refs", _packed_refs(refs))
        head = (repo.bare / "HEAD").read_text(encoding="utf-8")
        _write(git_dir / "refs/remotes/origin/HEAD", head.replace("/heads/", "/remotes/origin/"))
        _write(git_dir / "refs/heads" / branch, refs[f"refs/heads/{branch}"] + "\n")
        repo.git("reset", "--quiet", "--hard")

    def _config(self) -> str:
        tables = (
            f"\n[repos.{json.dumps(repo.name)}]\n"
            f"path = {json.dumps(repo.path)}\nurl = {json.dumps(repo.url)}\n"
            for repo in self.repos.values()
        )
        return _CONFIG + "".join(tables)


@contextlib.contextmanager
def untouched(forge: Forge) -> Iterator[None]:
    """Assert that the block changes nothing of `forge.snapshot()`, even if it raises."""
    before = forge.snapshot()
    try:
        yield
    finally:
        _assert_equal(before, forge.snapshot())


@contextlib.contextmanager
def remotes_untouched(forge: Forge) -> Iterator[None]:
    """Assert that the block moves no ref of any remote, even if it raises."""
    before = forge.remotes_snapshot()
    try:
        yield
    finally:
        _assert_equal(before, forge.remotes_snapshot())


def _assert_equal(before: snapshot.Snapshot, after: snapshot.Snapshot) -> None:
    changes = snapshot.differences(before, after)
    if changes:
        listed = "\n  ".join(changes)
        msg = f"{len(changes)} facts changed:\n  {listed}"
        raise AssertionError(msg)


def _packed_refs(refs: Mapping[str, str]) -> str:
    tracked = {ref.replace("/heads/", "/remotes/origin/", 1): sha for ref, sha in refs.items()}
    lines = (f"{sha} {ref}\n" for ref, sha in tracked.items())
    return "# pack-refs with: peeled fully-peeled sorted \n" + "".join(lines)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _shown(done: subprocess.CompletedProcess[str]) -> str:
    return f"stdout: {done.stdout}\nstderr: {done.stderr}"
